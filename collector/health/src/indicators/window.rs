//! Windows over event time, as slots of which the oldest fall out.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::slot::{Single, Slot};

/// The widths that slots have, in seconds. Each divides the next, so that narrow slots add up to
/// wide ones.
const GRAINS: [u32; 7] = [1, 2, 10, 60, 300, 3_600, 21_600];

/// A window has at least this many slots, unless they would be narrower than a second.
const LEAST_SLOTS: u32 = 24;

/// How wide slots are: the place of their width among the widths that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Grain(u8);

impl Grain {
    /// Slots of a second.
    pub(crate) const FINEST: Self = Self(0);

    /// Returns the grain that a window is cut into: as coarse as 24 slots allow.
    pub(crate) fn of(window: Duration) -> Self {
        let fits = |width: &u32| u64::from(*width * LEAST_SLOTS) <= window.as_secs();
        Self(GRAINS.iter().rposition(fits).unwrap_or(0) as u8)
    }

    fn seconds(self) -> u32 {
        GRAINS.get(usize::from(self.0)).copied().unwrap_or(1)
    }

    /// Returns the number of the slot that holds a slot of a grain which divides this one.
    pub(crate) fn slot_of(self, finer: Self, slot: u32) -> u32 {
        slot / (self.seconds() / finer.seconds()).max(1)
    }

    /// Returns when a slot of this grain begins.
    pub(crate) fn begin(self, slot: u32) -> Timestamp {
        Timestamp::from_secs(i64::from(self.seconds()) * i64::from(slot))
    }

    /// Returns when the slot after the one of a time begins.
    pub(crate) fn next_begin(self, time: Timestamp) -> Timestamp {
        self.begin(Slots::at(time).of(self).saturating_add(1))
    }

    /// Returns how many slots a window has, the current one included.
    pub(crate) fn slots_in(self, window: Duration) -> u32 {
        let slots = window.as_secs().div_ceil(u64::from(self.seconds())).max(1);
        u32::try_from(slots).unwrap_or(u32::MAX)
    }
}

/// The slots of every grain into which a point in time falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    second: u32,
    by_grain: [u32; GRAINS.len()],
}

impl Slots {
    pub(crate) fn at(time: Timestamp) -> Self {
        Self::of_second(second(time))
    }

    /// Returns the slots of a second since 1970.
    pub(crate) fn of_second(second: u32) -> Self {
        let mut by_grain = [0; GRAINS.len()];
        // the widths are constants: no division is left of this
        for (slot, width) in by_grain.iter_mut().zip(GRAINS) {
            *slot = second / width;
        }
        Self { second, by_grain }
    }

    /// Returns the second.
    pub(crate) fn second(&self) -> u32 {
        self.second
    }

    /// Returns the number of the slot of a grain.
    #[inline]
    pub(crate) fn of(&self, grain: Grain) -> u32 {
        self.by_grain.get(usize::from(grain.0)).copied().unwrap_or(self.second)
    }
}

/// Returns the second of a time, since 1970.
#[inline]
pub(crate) fn second(time: Timestamp) -> u32 {
    u32::try_from(time.secs().max(0)).unwrap_or(u32::MAX)
}

/// The slots of a ring, the oldest first.
pub(crate) trait Line<S: Slot>: Clone + Default + PartialEq + std::fmt::Debug {
    /// Returns how many there are.
    fn len(&self) -> usize;

    /// Adds an empty one behind the last; there will never be more than `keep`.
    fn push_back(&mut self, keep: u32);

    /// Adds an empty one before the first.
    fn push_front(&mut self, keep: u32);

    /// Lets the first go.
    fn pop_front(&mut self);

    /// Adds to one of them.
    fn add(&mut self, at: usize, what: &S);

    /// Takes some of them together.
    fn total(&self, slots: Range<usize>) -> S::Total;

    /// Finds the first of some of them in which there is anything.
    fn first(&self, slots: Range<usize>) -> Option<usize>;
}

impl<S: Single> Line<S> for VecDeque<S::Kept> {
    fn len(&self) -> usize {
        self.len()
    }

    fn push_back(&mut self, keep: u32) {
        make_room(self, keep);
        self.push_back(S::Kept::default());
    }

    fn push_front(&mut self, keep: u32) {
        make_room(self, keep);
        self.push_front(S::Kept::default());
    }

    fn pop_front(&mut self) {
        self.pop_front();
    }

    fn add(&mut self, at: usize, what: &S) {
        if let Some(kept) = self.get_mut(at) {
            S::keep(kept, what);
        }
    }

    fn total(&self, slots: Range<usize>) -> S::Total {
        S::total(self.range(slots).rev())
    }

    fn first(&self, slots: Range<usize>) -> Option<usize> {
        let empty = S::Kept::default();
        slots.clone().zip(self.range(slots)).find(|it| *it.1 != empty).map(|it| it.0)
    }
}

fn make_room<T>(line: &mut VecDeque<T>, keep: u32) {
    if line.len() == line.capacity() {
        line.reserve_exact(room(line.len(), keep));
    }
}

/// Returns for how many more slots a ring makes room: it grows by half, and never beyond what is
/// kept, because there are many rings.
pub(super) fn room(length: usize, keep: u32) -> usize {
    (length / 2).max(4).min((keep as usize).saturating_sub(length)).max(1)
}

/// The newest slots of one group, one after the other from the first into which something fell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S::Line: Serialize", deserialize = "S::Line: Deserialize<'de>"))]
pub(crate) struct Ring<S: Slot> {
    /// The number of the first slot.
    first: u32,
    slots: S::Line,
}

impl<S: Slot> Default for Ring<S> {
    fn default() -> Self {
        Self { first: 0, slots: S::Line::default() }
    }
}

impl<S: Slot> Ring<S> {
    /// Adds to a slot, and lets those fall out that are not among the last `keep`.
    pub(crate) fn add(&mut self, slot: u32, what: &S, keep: u32) {
        if slot >= self.end() {
            self.expire(slot, keep);
            while self.end() <= slot {
                self.slots.push_back(keep);
            }
        } else if slot < self.first {
            if slot < oldest(self.end() - 1, keep) {
                return;
            }
            while self.first > slot {
                self.slots.push_front(keep);
                self.first -= 1;
            }
        }
        self.slots.add((slot - self.first) as usize, what);
    }

    /// The number of the slot after the last one.
    fn end(&self) -> u32 {
        self.first + self.slots.len() as u32
    }

    /// Lets slots fall out that are not among the last `keep` before and with `newest`.
    pub(crate) fn expire(&mut self, newest: u32, keep: u32) {
        let oldest = oldest(newest, keep);
        while self.first < oldest && self.slots.len() > 0 {
            self.slots.pop_front();
            self.first += 1;
        }
        if self.slots.len() == 0 {
            self.first = newest;
        }
    }

    /// Takes the last `count` slots up to and with `newest` together.
    pub(crate) fn total(&self, newest: u32, count: u32) -> S::Total {
        self.slots.total(self.recent(newest, count))
    }

    /// Returns the slots.
    pub(super) fn slots(&self) -> &S::Line {
        &self.slots
    }

    /// Says whether it is a ring of which `keep` slots are kept.
    pub(super) fn fits(&self, keep: u32) -> bool {
        let length = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        length <= keep && self.first.checked_add(length).is_some()
    }

    /// Returns where the last `count` slots up to and with `newest` are.
    pub(super) fn recent(&self, newest: u32, count: u32) -> Range<usize> {
        let from = oldest(newest, count).clamp(self.first, self.end());
        let until = newest.saturating_add(1).clamp(from, self.end());
        (from - self.first) as usize..(until - self.first) as usize
    }

    /// Returns the slot that has to come until something falls out of the last `count` slots up to
    /// and with `newest`, or comes into them, if nothing is added.
    pub(super) fn turns(&self, newest: u32, count: u32) -> Option<u32> {
        let after = newest.saturating_add(1);
        if self.end() > after {
            return Some(after);
        }
        let oldest = self.slots.first(self.recent(newest, count))?;
        Some(self.first.saturating_add(oldest as u32).saturating_add(count))
    }

    /// Says whether all slots fell out.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }
}

fn oldest(newest: u32, keep: u32) -> u32 {
    newest.saturating_sub(keep.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::slot::Count;
    use super::*;

    const MINUTES: Duration = Duration::from_secs(60);

    fn one() -> Count {
        Count { total: 1, bad: 0 }
    }

    #[test]
    fn windows_are_cut_into_slots_that_add_up() {
        for (window, grain, slots) in [
            (5, 1, 5),
            (30, 1, 30),
            (60, 2, 30),
            (300, 10, 30),
            (1_800, 60, 30),
            (3_600, 60, 60),
            (2 * 3_600, 300, 24),
            (6 * 3_600, 300, 72),
            (86_400, 3_600, 24),
            (3 * 86_400, 3_600, 72),
            (30 * 86_400, 21_600, 120),
        ] {
            let window = Duration::from_secs(window);
            assert_eq!(Grain::of(window).seconds(), grain, "{window:?}");
            assert_eq!(Grain::of(window).slots_in(window), slots, "{window:?}");
        }
        assert!(GRAINS.windows(2).all(|pair| pair[1] % pair[0] == 0));
        let (minute, ten) = (Grain::of(MINUTES * 30), Grain::of(MINUTES * 5));
        assert_eq!(minute.slot_of(ten, 6_005), 1_000);
    }

    #[test]
    fn times_that_are_absurd_have_a_slot() {
        for secs in [i64::MIN, -1, 0] {
            assert_eq!(Slots::at(Timestamp::from_secs(secs)).of(Grain::FINEST), 0);
        }
        let _ = Slots::at(Timestamp::from_nanos(i64::MAX));
        assert_eq!(Slots::at(Timestamp::from_secs(99)).of(Grain::of(MINUTES * 5)), 9);
    }

    #[test]
    fn what_is_late_counts_where_it_belongs_and_what_is_too_late_nowhere() {
        let mut ring: Ring<Count> = Ring::default();
        for slot in [100, 98, 98, 97, 101, 60] {
            ring.add(slot, &one(), 5);
        }
        assert_eq!(ring.total(101, 5).total, 5.0);
        assert_eq!(ring.total(101, 1).total, 1.0);
        assert_eq!(ring.total(100, 5).total, 4.0, "what is to come does not count yet");
        assert_eq!(ring.total(104, 5).total, 2.0);
        ring.expire(106, 5);
        assert!(ring.is_empty());
    }

    #[test]
    fn a_window_turns_when_a_slot_with_something_in_it_falls_out() {
        let mut ring: Ring<Count> = Ring::default();
        assert_eq!(ring.turns(100, 5), None);
        ring.add(100, &one(), 5);
        ring.add(103, &one(), 5);
        assert_eq!(ring.turns(103, 5), Some(105));
        assert_eq!(ring.turns(105, 5), Some(108), "the slots between are empty");
        assert_eq!(ring.turns(108, 5), None);
        assert_eq!(ring.turns(102, 5), Some(103), "what is to come");
    }

    proptest! {
        #[test]
        fn a_window_is_the_sum_of_what_lies_in_it(
            slots in proptest::collection::vec(1_000_u32..1_100, 1..300),
            count in 1_u32..60,
        ) {
            let mut ring: Ring<Count> = Ring::default();
            for slot in &slots {
                ring.add(*slot, &one(), 60);
            }
            let newest = *slots.iter().max().unwrap();
            let wanted = slots.iter().filter(|it| **it + count > newest).count() as f64;
            prop_assert_eq!(ring.total(newest, count).total, wanted);
        }
    }
}

//! Windows over event time, as slots of which the oldest fall out.

use std::collections::VecDeque;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::slot::Slot;

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

    /// Returns when the slot of this grain ends that a time belongs to.
    pub(crate) fn end(self, time: Timestamp) -> Timestamp {
        let width = i64::from(self.seconds());
        Timestamp::from_secs((time.secs().div_euclid(width) + 1) * width)
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

/// The newest slots of one group, one after the other from the first into which something fell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S::Kept: Serialize", deserialize = "S::Kept: Deserialize<'de>"))]
pub(crate) struct Ring<S: Slot> {
    /// The number of the first slot.
    first: u32,
    slots: VecDeque<S::Kept>,
}

impl<S: Slot> Default for Ring<S> {
    fn default() -> Self {
        Self { first: 0, slots: VecDeque::new() }
    }
}

impl<S: Slot> Ring<S> {
    /// Adds to a slot, and lets those fall out that are not among the last `keep`.
    pub(crate) fn add(&mut self, slot: u32, what: &S, keep: u32) {
        if slot >= self.end() {
            self.expire(slot, keep);
            while self.end() <= slot {
                self.make_room(keep);
                self.slots.push_back(S::Kept::default());
            }
        } else if slot < self.first {
            if slot < oldest(self.end() - 1, keep) {
                return;
            }
            while self.first > slot {
                self.make_room(keep);
                self.slots.push_front(S::Kept::default());
                self.first -= 1;
            }
        }
        if let Some(kept) = self.slots.get_mut((slot - self.first) as usize) {
            S::keep(kept, what);
        }
    }

    /// The number of the slot after the last one.
    fn end(&self) -> u32 {
        self.first + self.slots.len() as u32
    }

    /// Grows by half, and never beyond what is kept: there are many rings.
    fn make_room(&mut self, keep: u32) {
        let (length, keep) = (self.slots.len(), keep as usize);
        if length == self.slots.capacity() {
            let more = (length / 2).max(4).min(keep.saturating_sub(length)).max(1);
            self.slots.reserve_exact(more);
        }
    }

    /// Lets slots fall out that are not among the last `keep` before and with `newest`.
    pub(crate) fn expire(&mut self, newest: u32, keep: u32) {
        let oldest = oldest(newest, keep);
        while self.first < oldest && self.slots.pop_front().is_some() {
            self.first += 1;
        }
        if self.slots.is_empty() {
            self.first = newest;
        }
    }

    /// Takes the last `count` slots up to and with `newest` together.
    pub(crate) fn total(&self, newest: u32, count: u32) -> S::Total {
        S::total(self.recent(newest, count).map(|(_, slot)| slot))
    }

    /// Iterates over the last `count` slots up to and with `newest`, newest first.
    pub(crate) fn recent(&self, newest: u32, count: u32) -> impl Iterator<Item = (u32, &S::Kept)> {
        let from = oldest(newest, count).clamp(self.first, self.end());
        let until = newest.saturating_add(1).clamp(from, self.end());
        let range = (from - self.first) as usize..(until - self.first) as usize;
        (from..until).zip(self.slots.range(range)).rev()
    }

    /// Says whether all slots fell out.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
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

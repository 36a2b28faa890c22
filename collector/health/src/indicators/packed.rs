//! Counts by slot, in as few bytes as they take: there are dozens of slots for each of many thousand
//! groups, most of them of a few signals none of which is bad.

use std::fmt;
use std::ops::Range;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::slot::{Count, Tally};
use super::window::{Line, room};
use crate::archive::Bytes;

/// Counts of slots, the oldest first.
#[derive(Clone, Default)]
pub(crate) struct Packed {
    /// The totals of all places, and behind them how much is bad in each.
    bytes: Box<[u8]>,
    /// The place of the oldest slot; after the last place comes the first.
    start: u32,
    length: u32,
    total: Width,
    bad: Width,
}

/// How many bytes a number takes: as many as the greatest of its ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Width {
    /// All of them are zero.
    #[default]
    Zero,
    One,
    Two,
    Four,
}

impl Width {
    fn of(number: u32) -> Self {
        match number {
            0 => Self::Zero,
            1..=0xff => Self::One,
            0x100..=0xffff => Self::Two,
            _ => Self::Four,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Zero => 0,
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    fn read(self, column: &[u8], place: usize) -> u32 {
        let bytes = column.get(place * self.bytes()..).unwrap_or_default();
        let number = match self {
            Self::Zero => None,
            Self::One => bytes.first().map(|it| u32::from(*it)),
            Self::Two => bytes.first_chunk().map(|it| u32::from(u16::from_le_bytes(*it))),
            Self::Four => bytes.first_chunk().map(|it| u32::from_le_bytes(*it)),
        };
        number.unwrap_or_default()
    }

    fn write(self, column: &mut [u8], place: usize, number: u32) {
        let width = self.bytes();
        if let Some(bytes) = column.get_mut(place * width..(place + 1) * width) {
            bytes.iter_mut().zip(number.to_le_bytes()).for_each(|(byte, it)| *byte = it);
        }
    }

    fn sum(self, column: &[u8], places: Range<usize>) -> u64 {
        let width = self.bytes();
        let bytes = column.get(places.start * width..places.end * width).unwrap_or_default();
        match self {
            Self::Zero => 0,
            Self::One => bytes.iter().map(|it| u64::from(*it)).sum(),
            Self::Two => {
                let all = bytes.as_chunks().0.iter();
                all.map(|it| u64::from(u16::from_le_bytes(*it))).sum()
            }
            Self::Four => {
                let all = bytes.as_chunks().0.iter();
                all.map(|it| u64::from(u32::from_le_bytes(*it))).sum()
            }
        }
    }
}

impl Packed {
    /// How many slots there is room for.
    fn places(&self) -> usize {
        self.bytes.len().checked_div(self.total.bytes() + self.bad.bytes()).unwrap_or_default()
    }

    /// Says whether all slots have a place, as those of one that was read back may not.
    fn is_whole(&self) -> bool {
        let places = self.places();
        let bytes = places * (self.total.bytes() + self.bad.bytes());
        bytes == self.bytes.len()
            && self.length as usize <= places
            && (self.start as usize) < places.max(1)
    }

    /// The totals, and what is bad.
    fn columns(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at(self.places() * self.total.bytes())
    }

    fn place(&self, at: usize) -> usize {
        (self.start as usize + at) % self.places().max(1)
    }

    fn get(&self, at: usize) -> Count {
        let (totals, bad) = self.columns();
        let place = self.place(at);
        Count { total: self.total.read(totals, place), bad: self.bad.read(bad, place) }
    }

    fn set(&mut self, at: usize, count: Count) {
        let place = self.place(at);
        let (total, bad) = (self.total, self.bad);
        let (totals, bads) = self.bytes.split_at_mut(self.places() * total.bytes());
        total.write(totals, place, count.total);
        bad.write(bads, place, count.bad);
    }

    fn iter(&self) -> impl Iterator<Item = Count> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// Lays all out anew.
    fn lay(&mut self, places: usize, total: Width, bad: Width) {
        let bytes = vec![0; places * (total.bytes() + bad.bytes())].into();
        let before = std::mem::replace(self, Self { bytes, start: 0, total, bad, ..*self });
        before.iter().enumerate().for_each(|(at, count)| self.set(at, count));
    }

    fn make_room(&mut self, keep: u32) {
        let (length, places) = (self.len(), self.places());
        if length == places {
            let total = self.total.max(Width::One);
            self.lay(places + room(length, keep), total, self.bad);
        }
    }
}

impl Line<Count> for Packed {
    fn len(&self) -> usize {
        self.length as usize
    }

    fn push_back(&mut self, keep: u32) {
        self.make_room(keep);
        self.length += 1;
        self.set(self.len() - 1, Count::default());
    }

    fn push_front(&mut self, keep: u32) {
        self.make_room(keep);
        self.length += 1;
        self.start = self.place(self.places() - 1) as u32;
        self.set(0, Count::default());
    }

    fn pop_front(&mut self) {
        if self.length > 0 {
            self.start = self.place(1) as u32;
            self.length -= 1;
        }
    }

    fn add(&mut self, at: usize, more: &Count) {
        if at >= self.len() {
            return;
        }
        let before = self.get(at);
        let total = before.total.saturating_add(more.total);
        let bad = before.bad.saturating_add(more.bad);
        let widths = (self.total.max(Width::of(total)), self.bad.max(Width::of(bad)));
        if widths != (self.total, self.bad) {
            self.lay(self.places(), widths.0, widths.1);
        }
        self.set(at, Count { total, bad });
    }

    fn total(&self, slots: Range<usize>) -> Tally {
        let (totals, bad) = self.columns();
        let places = self.places();
        let start = self.place(slots.start);
        let end = start + slots.len();
        let (mut sum, mut sum_bad) = (0, 0);
        for part in [start..end.min(places), 0..end.saturating_sub(places)] {
            sum += self.total.sum(totals, part.clone());
            sum_bad += self.bad.sum(bad, part);
        }
        Tally { total: sum as f64, bad: sum_bad as f64 }
    }

    fn first(&self, mut slots: Range<usize>) -> Option<usize> {
        // what is bad counts in the total, too
        let (totals, _) = self.columns();
        slots.find(|at| self.total.read(totals, self.place(*at)) > 0)
    }
}

/// As it lies in memory: a byte for most slots.
impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { bytes, start, length, total, bad } = self;
        (Bytes(bytes), start, length, total, bad).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (Bytes(bytes), start, length, total, bad) = Deserialize::deserialize(from)?;
        let packed = Self { bytes: bytes.into(), start, length, total, bad };
        if packed.is_whole() { Ok(packed) } else { Err(Error::custom("not a ring of counts")) }
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::archive::{self, Reader};

    /// What may happen to a ring.
    #[derive(Clone, Debug)]
    enum Deed {
        Back,
        Front,
        Pop,
        Add(prop::sample::Index, u32, u32),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let some = prop_oneof![Just(0), 1..300_u32, 60_000..70_000_u32, Just(u32::MAX)];
        let add = (any::<prop::sample::Index>(), some.clone(), some);
        prop_oneof![
            3 => Just(Deed::Back),
            1 => Just(Deed::Front),
            2 => Just(Deed::Pop),
            6 => add.prop_map(|(at, total, bad)| Deed::Add(at, total, bad)),
        ]
    }

    proptest! {
        #[test]
        fn it_holds_what_a_list_of_counts_holds(
            deeds in prop::collection::vec(deed(), 0..200),
            range: (prop::sample::Index, prop::sample::Index),
        ) {
            let (mut packed, mut list) = (Packed::default(), VecDeque::<Count>::new());
            for deed in deeds {
                match deed {
                    Deed::Back => {
                        packed.push_back(30);
                        list.push_back(Count::default());
                    }
                    Deed::Front => {
                        packed.push_front(30);
                        list.push_front(Count::default());
                    }
                    Deed::Pop => {
                        packed.pop_front();
                        list.pop_front();
                    }
                    Deed::Add(..) if list.is_empty() => {}
                    Deed::Add(at, total, bad) => {
                        let at = at.index(list.len());
                        packed.add(at, &Count { total, bad });
                        list[at].total = list[at].total.saturating_add(total);
                        list[at].bad = list[at].bad.saturating_add(bad);
                    }
                }
                prop_assert!(packed.iter().eq(list.iter().copied()), "{packed:?} {list:?}");
            }
            let (one, other) = (range.0.index(list.len() + 1), range.1.index(list.len() + 1));
            let range = one.min(other)..one.max(other);
            let wanted = list.range(range.clone());
            let sum = |of: fn(&Count) -> u32| wanted.clone().map(|it| f64::from(of(it))).sum::<f64>();
            let found = packed.total(range);
            prop_assert_eq!((found.total, found.bad), (sum(|it| it.total), sum(|it| it.bad)));
            let mut bytes = Vec::new();
            archive::write(&packed, &mut bytes);
            prop_assert_eq!(Reader::new(&bytes).next::<Packed>().unwrap(), packed);
        }
    }

    #[test]
    fn a_few_signals_a_slot_take_a_byte() {
        let mut packed = Packed::default();
        for at in 0..72 {
            packed.push_back(72);
            packed.add(at, &Count { total: 200, bad: 0 });
        }
        assert_eq!(packed.bytes.len(), 72);
    }
}

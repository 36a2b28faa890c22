//! What signals have in common that look alike, as bytes, and what is remembered by that. Whatever
//! is found is compared whole: that two hashes are the same decides nothing.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Adds an attribute that decides something, by the number of its name.
#[inline(always)]
pub(crate) fn add(likeness: &mut Vec<u8>, number: u16, value: &[u8]) {
    let head = u64::from(number) << 48 | value.len() as u64;
    likeness.extend_from_slice(&head.to_le_bytes());
    likeness.extend_from_slice(value);
}

/// Returns the first and the last eight bytes.
#[inline(always)]
pub(crate) fn ends(bytes: &[u8]) -> Option<[u64; 2]> {
    let (first, last) = (bytes.first_chunk()?, bytes.last_chunk()?);
    Some([u64::from_ne_bytes(*first), u64::from_ne_bytes(*last)])
}

/// Compares bytes, eight at a time: for some dozens of them this beats the call that `==` is.
#[inline(always)]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (Some(ends_of_one), Some(ends_of_other)) = (ends(one), ends(other)) else {
        return one == other;
    };
    let mut differ = 0;
    for (one, other) in one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0) {
        differ |= u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
    }
    ends_of_one == ends_of_other && differ == 0
}

/// Remembers answers by likeness, `MOST` of them: when there are more, all are forgotten.
#[derive(Debug)]
pub(crate) struct Remembered<T, const MOST: usize> {
    table: HashTable<(Box<[u8]>, T)>,
    hasher: DefaultHashBuilder,
}

impl<T, const MOST: usize> Default for Remembered<T, MOST> {
    fn default() -> Self {
        Self { table: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }
}

impl<T: Clone, const MOST: usize> Remembered<T, MOST> {
    #[inline]
    pub(crate) fn find(&self, likeness: &[u8]) -> Option<T> {
        let hash = self.hasher.hash_one(likeness);
        self.table.find(hash, |it| same(&it.0, likeness)).map(|it| it.1.clone())
    }

    /// Keeps an answer; none was kept so far for this likeness.
    pub(crate) fn keep(&mut self, likeness: &[u8], answer: T) {
        if self.table.len() >= MOST {
            self.table.clear();
        }
        let Self { table, hasher } = self;
        let hash = hasher.hash_one(likeness);
        table.insert_unique(hash, (likeness.into(), answer), |it| hasher.hash_one(&*it.0));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_million_answers_take_the_room_of_a_few() {
        let mut remembered = Remembered::<u32, 1_000>::default();
        for n in 0..1_000_000_u32 {
            remembered.keep(&n.to_le_bytes(), n);
            assert!(remembered.len() <= 1_000);
        }
        assert_eq!(remembered.find(&999_999_u32.to_le_bytes()), Some(999_999));
        assert_eq!(remembered.find(&0_u32.to_le_bytes()), None);
    }

    #[test]
    fn attributes_are_told_apart_where_one_ends_and_the_next_begins() {
        let likeness = |all: &[(u16, &[u8])]| {
            let mut likeness = Vec::new();
            all.iter().for_each(|(number, value)| add(&mut likeness, *number, value));
            likeness
        };
        assert_ne!(likeness(&[(1, b"ab"), (2, b"")]), likeness(&[(1, b"a"), (2, b"b")]));
        assert_ne!(likeness(&[(1, b"a")]), likeness(&[(2, b"a")]));
        assert_ne!(likeness(&[(1, b""), (1, b"")]), likeness(&[(1, b"")]));
    }

    proptest! {
        #[test]
        fn bytes_are_the_same_when_all_of_them_are(one: Vec<u8>, at: usize, flip in 1_u8..) {
            prop_assert!(same(&one, &one.clone()));
            let mut other = one.clone();
            if let Some(byte) = one.len().checked_sub(1).and_then(|last| other.get_mut(at % (last + 1))) {
                *byte ^= flip;
                prop_assert!(!same(&one, &other));
            }
            other.push(0);
            prop_assert!(!same(&one, &other));
        }
    }
}

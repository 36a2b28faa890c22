//! Finds the attributes that anybody asks for among all that a signal has.

use std::sync::Arc;

/// The names of attributes that are asked for, by their length: most attributes of a signal have
/// a length that no name has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// A bit for each length that a name has; the highest for all lengths from 63 on.
    lengths: u64,
    by_length: Vec<Vec<Key>>,
    names: Vec<Arc<str>>,
}

#[derive(Clone, Debug)]
struct Key {
    /// The first and the last eight bytes of a name that has as many.
    ends: Option<[u64; 2]>,
    name: Arc<str>,
    number: u16,
    decisive: bool,
}

impl Key {
    /// Says whether a name of the same length is this one.
    #[inline(always)]
    fn is(&self, name: &[u8]) -> bool {
        match (self.ends, ends(name)) {
            (Some(own), Some(ends)) if name.len() <= 16 => own == ends,
            (Some(own), Some(ends)) => own == ends && same(self.name.as_bytes(), name),
            _ => self.name.as_bytes() == name,
        }
    }
}

#[inline(always)]
fn ends(name: &[u8]) -> Option<[u64; 2]> {
    let (first, last) = (name.first_chunk()?, name.last_chunk()?);
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
    let pairs = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let differ =
        |(one, other): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
    ends_of_one == ends_of_other && pairs.map(differ).fold(0, |all, it| all | it) == 0
}

impl Keys {
    /// Adds a name. A decisive one is part of what makes signals look alike.
    pub(crate) fn add(&mut self, name: &str, decisive: bool) {
        if self.by_length.len() <= name.len() {
            self.by_length.resize_with(name.len() + 1, Vec::new);
        }
        let Some(bucket) = self.by_length.get_mut(name.len()) else { return };
        match bucket.binary_search_by(|it| (*it.name).cmp(name)) {
            Ok(at) => {
                if let Some(key) = bucket.get_mut(at) {
                    key.decisive |= decisive;
                }
            }
            Err(at) => {
                // more names than this would be a configuration of megabytes
                let Ok(number) = u16::try_from(self.names.len()) else { return };
                let name: Arc<str> = name.into();
                self.names.push(name.clone());
                let ends = ends(name.as_bytes());
                self.lengths |= bit(name.len());
                bucket.insert(at, Key { ends, name, number, decisive });
            }
        }
    }

    /// Returns the decisive names alone, with numbers of their own.
    pub(crate) fn decisive(&self) -> Self {
        let mut keys = Self::default();
        let decisive = self.by_length.iter().flatten().filter(|it| it.decisive);
        decisive.for_each(|it| keys.add(&it.name, true));
        keys
    }

    /// Finds the number of a name.
    #[inline(always)]
    pub(crate) fn find(&self, name: &[u8]) -> Option<u16> {
        if self.lengths & bit(name.len()) == 0 {
            return None;
        }
        let bucket = self.by_length.get(name.len())?;
        let key = if bucket.len() <= FEW {
            bucket.iter().find(|it| it.is(name))
        } else {
            bucket.get(bucket.binary_search_by(|it| it.name.as_bytes().cmp(name)).ok()?)
        };
        key.map(|it| it.number)
    }

    /// Returns the names by their numbers.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}

/// Names of one length are looked through one by one up to this many.
const FEW: usize = 6;

#[inline(always)]
fn bit(length: usize) -> u64 {
    1 << length.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_others_are_not() {
        let mut keys = Keys::default();
        let names: Vec<String> = (0..200).map(|n| format!("attribute.{n:03}")).collect();
        for name in names.iter().chain(names.iter()) {
            keys.add(name, false);
        }
        keys.add("http.route", true);
        keys.add("http.route", false);
        keys.add("url.path", false);
        assert_eq!(keys.names().len(), 202);
        assert_eq!(keys.find(b"http.route"), Some(200));
        assert_eq!(keys.find(b"url.path"), Some(201));
        assert_eq!(keys.find(b"attribute.117"), Some(117));
        for other in [&b""[..], b"x", b"http.rout3", b"attribute.999", &[b'x'; 500]] {
            assert_eq!(keys.find(other), None);
        }
    }

    #[test]
    fn names_of_any_length_are_told_apart_by_any_byte() {
        for length in 0..130_usize {
            let name: String = ('a'..='z').cycle().take(length).collect();
            let mut keys = Keys::default();
            keys.add(&name, true);
            assert_eq!(keys.find(name.as_bytes()), Some(0), "{length}");
            for at in 0..length {
                let mut other = name.clone().into_bytes();
                other[at] ^= 1;
                assert_eq!(keys.find(&other), None, "byte {at} of {length}");
            }
            assert_eq!(
                keys.find(&name.as_bytes()[..length.saturating_sub(1)]).is_some(),
                length == 0
            );
        }
    }

    #[test]
    fn decisive_names_stand_alone() {
        let mut keys = Keys::default();
        keys.add("http.route", true);
        keys.add("url.path", false);
        keys.add("http.method", true);
        let decisive = keys.decisive();
        assert_eq!(decisive.names().len(), 2);
        assert!(decisive.find(b"http.route").is_some() && decisive.find(b"http.method").is_some());
        assert_eq!(decisive.find(b"url.path"), None);
    }
}

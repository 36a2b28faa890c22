//! Finds the attributes that anybody asks for among all that a signal has.

use std::sync::Arc;

use crate::likeness::{ends, same};

/// The names of attributes that are asked for, by their length: most attributes of a signal have
/// a length that no name has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// A bit for each length that a name has; the highest for all lengths from 63 on.
    lengths: u64,
    /// By length and name.
    sorted: Vec<Key>,
    /// Where those of a length begin, up to one more than the greatest length.
    starts: Vec<u16>,
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

impl Keys {
    /// Adds a name. A decisive one is part of what makes signals look alike.
    pub(crate) fn add(&mut self, name: &str, decisive: bool) {
        let place = |it: &Key| (it.name.len(), &*it.name).cmp(&(name.len(), name));
        match self.sorted.binary_search_by(place) {
            Ok(at) => {
                if let Some(key) = self.sorted.get_mut(at) {
                    key.decisive |= decisive;
                }
            }
            Err(at) => {
                // more names than this would be a configuration of megabytes
                let Ok(number) = u16::try_from(self.names.len()) else { return };
                if number == u16::MAX {
                    return;
                }
                let (name, ends): (Arc<str>, _) = (name.into(), ends(name.as_bytes()));
                self.names.push(name.clone());
                self.lengths |= bit(name.len());
                if self.starts.len() < name.len() + 2 {
                    self.starts.resize(name.len() + 2, number);
                }
                self.starts.iter_mut().skip(name.len() + 1).for_each(|it| *it += 1);
                self.sorted.insert(at, Key { ends, name, number, decisive });
            }
        }
    }

    /// Returns the decisive names alone, with numbers of their own.
    pub(crate) fn decisive(&self) -> Self {
        let mut keys = Self::default();
        let decisive = self.sorted.iter().filter(|it| it.decisive);
        decisive.for_each(|it| keys.add(&it.name, true));
        keys
    }

    /// Finds the number of a name.
    #[inline(always)]
    pub(crate) fn find(&self, name: &[u8]) -> Option<u16> {
        if self.lengths & bit(name.len()) == 0 {
            return None;
        }
        let [start, end] = self.starts.get(name.len()..)?.first_chunk()?;
        let bucket = self.sorted.get(usize::from(*start)..usize::from(*end))?;
        if bucket.len() > FEW {
            let at = bucket.binary_search_by(|it| it.name.as_bytes().cmp(name)).ok()?;
            return bucket.get(at).map(|it| it.number);
        }
        for key in bucket {
            if key.is(name) {
                return Some(key.number);
            }
        }
        None
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

//! Finds the attributes that anybody asks for among all that a signal has.

use std::sync::Arc;

/// The names of attributes that are asked for, by their length: most attributes of a signal have
/// a length that no name has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    by_length: Vec<Vec<Key>>,
    names: Vec<Arc<str>>,
}

#[derive(Clone, Debug)]
struct Key {
    name: Arc<str>,
    number: u16,
    decisive: bool,
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
                bucket.insert(at, Key { name, number, decisive });
            }
        }
    }

    /// Finds the number of a name, and says whether it is decisive.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<(u16, bool)> {
        let bucket = self.by_length.get(name.len())?;
        let key = match bucket.as_slice() {
            [] => None,
            few @ ([_] | [_, _] | [_, _, _]) => few.iter().find(|it| it.name.as_bytes() == name),
            many => {
                let at = many.binary_search_by(|it| it.name.as_bytes().cmp(name)).ok()?;
                many.get(at)
            }
        };
        key.map(|it| (it.number, it.decisive))
    }

    /// Returns the names by their numbers.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }
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
        assert_eq!(keys.find(b"http.route"), Some((200, true)));
        assert_eq!(keys.find(b"url.path"), Some((201, false)));
        assert_eq!(keys.find(b"attribute.117"), Some((117, false)));
        for other in [&b""[..], b"x", b"http.rout3", b"attribute.999", &[b'x'; 500]] {
            assert_eq!(keys.find(other), None);
        }
    }
}

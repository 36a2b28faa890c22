//! Which attributes are removed, and which are hashed.

use std::fmt;
use std::sync::Arc;

use crate::common::AnyValue;

/// Hashes what it is given. The same input has the same digest wherever and whenever it comes, and
/// nobody without the secret that it was made with can find an input by trying.
pub type Digest = Arc<dyn Fn(&[u8]) -> [u8; 16] + Send + Sync>;

/// Removes attributes and hashes values, by key. What is asked for first holds.
#[derive(Clone, Default)]
pub struct Redaction {
    keys: Vec<(Box<str>, Action)>,
}

#[derive(Clone)]
enum Action {
    Delete,
    Hash(Digest),
}

/// What becomes of one attribute.
#[derive(Clone, Copy)]
pub enum Fate<'r> {
    /// It stays as it is.
    Keep,
    /// It is removed.
    Delete,
    /// Its value is hashed.
    Hash(&'r Digest),
}

impl Redaction {
    /// Removes attributes of this key.
    pub fn delete(&mut self, key: &str) {
        self.add(key, Action::Delete);
    }

    /// Replaces values of this key by 32 hex digits.
    pub fn hash(&mut self, key: &str, digest: Digest) {
        self.add(key, Action::Hash(digest));
    }

    fn add(&mut self, key: &str, action: Action) {
        if self.keys.iter().all(|(it, _)| **it != *key) {
            self.keys.push((key.into(), action));
        }
    }

    /// Says whether nothing is removed and nothing hashed.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Says what becomes of attributes of a key.
    pub fn fate(&self, key: &[u8]) -> Fate<'_> {
        match self.keys.iter().find(|(it, _)| it.as_bytes() == key) {
            None => Fate::Keep,
            Some((_, Action::Delete)) => Fate::Delete,
            Some((_, Action::Hash(digest))) => Fate::Hash(digest),
        }
    }
}

/// Returns the digits that stand for a value. A text, a number and a truth value count as they are
/// written, so that 7 and "7" have the same.
pub fn digits(digest: &Digest, value: &AnyValue<'_>) -> [u8; 32] {
    let mut written = Vec::new();
    write(value, &mut written);
    let mut digits = [0; 32];
    for (byte, two) in digest(&written).iter().zip(digits.as_chunks_mut().0) {
        *two = [byte >> 4, byte & 15].map(|it| b"0123456789abcdef"[usize::from(it)]);
    }
    digits
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.keys.iter().map(|(key, action)| match action {
            Action::Delete => (key, "delete"),
            Action::Hash(_) => (key, "hash"),
        });
        f.debug_map().entries(shown).finish()
    }
}

fn write(value: &AnyValue<'_>, out: &mut Vec<u8>) {
    match value {
        AnyValue::Empty => {}
        AnyValue::Str(text) => out.extend_from_slice(text.as_bytes()),
        AnyValue::Bool(truth) => out.extend_from_slice(truth.to_string().as_bytes()),
        AnyValue::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        AnyValue::Double(number) => out.extend_from_slice(number.to_string().as_bytes()),
        AnyValue::Bytes(bytes) => out.extend_from_slice(bytes),
        AnyValue::Array(values) => {
            out.push(b'[');
            for value in values.iter() {
                write(&value, out);
                out.push(b',');
            }
            out.push(b']');
        }
        AnyValue::KvList(pairs) => {
            out.push(b'{');
            for (key, value) in pairs.iter() {
                out.extend_from_slice(key.as_bytes());
                out.push(b':');
                write(&value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
    }
}

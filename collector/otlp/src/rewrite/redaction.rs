//! Which attributes are removed, and which are hashed.

use std::fmt;

use crate::common::AnyValue;

/// Hashes what it is given. The same input has the same digest wherever and whenever it comes, and
/// nobody without the secret that it was made with can find an input by trying.
pub type Digest = Box<dyn Fn(&[u8]) -> [u8; 16] + Send + Sync>;

/// Removes attributes and hashes values, by key.
pub struct Redaction {
    delete: Vec<Box<str>>,
    hash: Vec<Box<str>>,
    digest: Digest,
}

/// What becomes of one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    Delete,
    Hash,
}

impl Redaction {
    /// Removes the attributes of some keys, and replaces the values of others by 32 hex digits.
    /// A key that is in both lists is removed.
    pub fn new(
        delete: impl IntoIterator<Item = String>,
        hash: impl IntoIterator<Item = String>,
        digest: Digest,
    ) -> Self {
        let boxed = |key: String| key.into_boxed_str();
        Self {
            delete: delete.into_iter().map(boxed).collect(),
            hash: hash.into_iter().map(boxed).collect(),
            digest,
        }
    }

    /// Says whether nothing is removed and nothing hashed.
    pub fn is_empty(&self) -> bool {
        self.delete.is_empty() && self.hash.is_empty()
    }

    pub(super) fn fate(&self, key: &[u8]) -> Fate {
        let has = |keys: &[Box<str>]| keys.iter().any(|it| it.as_bytes() == key);
        match () {
            () if has(&self.delete) => Fate::Delete,
            () if has(&self.hash) => Fate::Hash,
            () => Fate::Keep,
        }
    }

    /// Returns the digits that stand for a value. A text, a number and a truth value count as they
    /// are written, so that 7 and "7" have the same.
    pub fn digits(&self, value: &AnyValue<'_>) -> [u8; 32] {
        let mut written = Vec::new();
        write(value, &mut written);
        let mut digits = [0; 32];
        for (byte, two) in (self.digest)(&written).iter().zip(digits.as_chunks_mut().0) {
            *two = [byte >> 4, byte & 15].map(|it| b"0123456789abcdef"[usize::from(it)]);
        }
        digits
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delete, hash, digest: _ } = self;
        let mut shown = f.debug_struct("Redaction");
        shown.field("delete", delete).field("hash", hash).finish_non_exhaustive()
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

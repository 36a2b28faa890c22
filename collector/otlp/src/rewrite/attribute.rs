//! An attribute that is encoded once and set many times.

use crate::common::AnyValue;
use crate::encode;

/// An attribute, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    key: Box<str>,
    value: Scalar,
    /// The length of the `KeyValue`, and the `KeyValue`.
    encoded: Box<[u8]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scalar {
    Str(Box<str>),
    Int(i64),
}

impl Attribute {
    /// Makes an attribute whose value is a string.
    pub fn string(key: &str, value: &str) -> Self {
        let mut any = Vec::with_capacity(value.len() + 6);
        encode::header(&mut any, 1, value.len());
        any.extend_from_slice(value.as_bytes());
        Self::new(key, Scalar::Str(value.into()), &any)
    }

    /// Makes an attribute whose value is an integer.
    pub fn int(key: &str, value: i64) -> Self {
        let mut any = Vec::with_capacity(11);
        encode::key(&mut any, 3, 0);
        encode::varint(&mut any, value.cast_unsigned());
        Self::new(key, Scalar::Int(value), &any)
    }

    fn new(key: &str, value: Scalar, any: &[u8]) -> Self {
        let mut pair = Vec::with_capacity(key.len() + any.len() + 12);
        encode::header(&mut pair, 1, key.len());
        pair.extend_from_slice(key.as_bytes());
        encode::header(&mut pair, 2, any.len());
        pair.extend_from_slice(any);
        let mut encoded = Vec::with_capacity(pair.len() + 5);
        encode::varint(&mut encoded, pair.len() as u64);
        encoded.append(&mut pair);
        Self { key: key.into(), value, encoded: encoded.into() }
    }

    /// Returns the key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Says whether a value is that of the attribute.
    pub(super) fn is(&self, value: &AnyValue<'_>) -> bool {
        match (&self.value, value) {
            (Scalar::Str(ours), AnyValue::Str(theirs)) => **ours == **theirs,
            (Scalar::Int(ours), AnyValue::Int(theirs)) => ours == theirs,
            _ => false,
        }
    }

    /// Returns what follows the key of the field that the attribute is written to.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.encoded
    }
}

/// Attributes that are added together, encoded as fields of what they are added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run(Box<[u8]>);

impl Run {
    /// Encodes attributes of a span.
    pub fn of_span<'t>(attributes: impl IntoIterator<Item = &'t Attribute>) -> Self {
        Self::of(9, attributes)
    }

    /// Encodes attributes of a log record.
    pub fn of_log_record<'t>(attributes: impl IntoIterator<Item = &'t Attribute>) -> Self {
        Self::of(6, attributes)
    }

    fn of<'t>(number: u32, attributes: impl IntoIterator<Item = &'t Attribute>) -> Self {
        let mut fields = Vec::new();
        for attribute in attributes {
            encode::key(&mut fields, number, 2);
            fields.extend_from_slice(attribute.encoded());
        }
        Self(fields.into())
    }

    pub(super) fn fields(&self) -> &[u8] {
        &self.0
    }
}

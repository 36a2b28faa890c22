//! What is wrong with bytes that are not what they claim to be.

use std::fmt;

/// Says that bytes are not the request that they claim to be, where, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// What is wrong.
    pub problem: Problem,
    /// Position of the fault, in bytes from the start of what was read.
    pub offset: usize,
    /// Message or field it lies in, for example `Span.name`; empty when unknown.
    pub place: &'static str,
}

/// Lists what can be wrong with protobuf bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes end inside a field.
    #[error("truncated field")]
    Truncated,
    /// A varint has more than ten bytes or more than 64 bits.
    #[error("varint of more than 64 bits")]
    LongVarint,
    /// A field number is 0 or above 2^29 - 1.
    #[error("impossible field number")]
    FieldNumber,
    /// A wire type is 6 or 7, which protobuf does not define.
    #[error("unknown wire type")]
    UnknownWireType,
    /// A group ends that did not begin, or begins and does not end.
    #[error("unbalanced group")]
    UnbalancedGroup,
    /// A known field has a wire type that its declaration does not allow.
    #[error("wrong wire type")]
    WrongWireType,
    /// A string is not UTF-8.
    #[error("string that is not UTF-8")]
    NotUtf8,
    /// Messages are nested more than [`MAX_DEPTH`](crate::validate::MAX_DEPTH) deep.
    #[error("messages nested too deeply")]
    TooDeep,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.problem, self.offset)?;
        if self.place.is_empty() { Ok(()) } else { write!(f, " in {}", self.place) }
    }
}

impl Malformed {
    pub(crate) fn at(offset: usize, problem: Problem) -> Self {
        Self { problem, offset, place: "" }
    }

    /// Moves the fault from a nested slice that begins at `base` to the slice around it.
    pub(crate) fn within(self, base: usize, place: &'static str) -> Self {
        Self { offset: base.saturating_add(self.offset), place, ..self }
    }
}

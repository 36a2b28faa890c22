//! Protobuf bytes that grow up to a limit.

use std::fmt;

use crate::encode;

/// Names a field: its message and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The message, for example `Span`.
    pub message: &'static str,
    /// The key in JSON, for example `traceId`.
    pub key: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.message, self.key)
    }
}

/// Holds what was written, and where reading failed.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    limit: usize,
    fault: Option<Place>,
}

impl Writer {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, fault: None }
    }

    /// Says whether more was written than allowed.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() > self.limit
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Notes where reading failed; the innermost place, which is told first, stays.
    pub(super) fn fail_in(&mut self, place: Place) {
        self.fault.get_or_insert(place);
    }

    pub(super) fn fault(&self) -> Option<Place> {
        self.fault
    }

    pub(super) fn key(&mut self, number: u32, wire_type: u32) {
        encode::key(&mut self.bytes, number, wire_type);
    }

    pub(super) fn varint(&mut self, value: u64) {
        encode::varint(&mut self.bytes, value);
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes bytes or a string with its length.
    pub(super) fn delimited(&mut self, number: u32, bytes: &[u8]) {
        self.key(number, 2);
        self.varint(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Writes a field whose length is known only once `fill` has written it.
    pub(super) fn nested<T>(&mut self, number: u32, fill: impl FnOnce(&mut Self) -> T) -> T {
        self.key(number, 2);
        self.bytes.push(0);
        let start = self.bytes.len();
        let filled = fill(self);
        let mut length = Vec::with_capacity(1);
        encode::varint(&mut length, (self.bytes.len() - start) as u64);
        // Most lengths take the one byte that was kept for them; others push what follows on.
        drop(self.bytes.splice(start - 1..start, length));
        filled
    }
}

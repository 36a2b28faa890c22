//! Makes requests from random bytes, so that proptest shrinks them by shrinking those.

use crate::validate::MAX_DEPTH;
use crate::validate::schema::{self, Field, Kind, Schema};

/// The three requests.
pub(crate) const REQUESTS: [&Schema; 3] =
    [&schema::TRACE_REQUEST, &schema::METRICS_REQUEST, &schema::LOGS_REQUEST];

/// Decides from given bytes; when they run out everything ends.
pub(crate) struct Entropy<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// Of 256 decisions, how many are ones that no sender should take.
    mischief: u8,
    /// How many more levels of messages may be made.
    levels: u32,
}

impl<'a> Entropy<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), mischief: 0, levels: MAX_DEPTH - 10 }
    }

    /// Bounds how deep messages may lie.
    pub(crate) fn levels(self, levels: u32) -> Self {
        Self { levels, ..self }
    }

    /// Makes a request as a sender may: every field right, though perhaps twice or unknown, and
    /// no more levels than a decoder takes, with room for groups.
    pub(crate) fn well_formed(mut self, schema: &Schema) -> Vec<u8> {
        self.message(schema, 2)
    }

    /// Makes a request in which something may be wrong.
    pub(crate) fn odd(mut self, schema: &Schema) -> Vec<u8> {
        self.levels = u32::MAX;
        self.mischief = [2, 8, 32][usize::from(self.byte() % 3)];
        self.message(schema, 2)
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn mischievous(&mut self) -> bool {
        self.mischief > 0 && self.byte() < self.mischief
    }

    fn message(&mut self, schema: &Schema, at_least: u8) -> Vec<u8> {
        let mut out = Vec::new();
        let mut last: Option<&Field> = None;
        for _ in 0..at_least.max(self.byte() % 7) {
            let pick = usize::from(self.byte());
            // One in four repeats a field: singular messages must merge, scalars be replaced.
            let field = match last {
                Some(field) if pick.is_multiple_of(4) => field,
                _ => &schema.fields[pick % schema.fields.len()],
            };
            last = Some(field);
            match self.byte() {
                0..8 => self.unknown(&mut out, 2_000 + u32::from(self.peek())),
                _ if self.mischievous() => {
                    let number = u32::from(self.byte() % 20);
                    self.unknown(&mut out, number);
                }
                _ => self.known(&mut out, field),
            }
        }
        out
    }

    fn peek(&self) -> u8 {
        self.bytes.as_slice().first().copied().unwrap_or(0)
    }

    fn known(&mut self, out: &mut Vec<u8>, field: &Field) {
        let number = field.number;
        match field.kind {
            Kind::Varint => {
                key(out, number, 0);
                self.varint(out);
            }
            Kind::Fixed32 => {
                key(out, number, 5);
                out.extend([self.byte(); 4]);
            }
            Kind::Fixed64 => {
                key(out, number, 1);
                self.fixed64(out);
            }
            Kind::Bytes => {
                let bytes = vec![self.byte(); usize::from(self.byte() % 20)];
                delimited(out, number, &bytes);
            }
            Kind::String => {
                let text = self.string();
                delimited(out, number, &text);
            }
            Kind::Message(schema) => {
                let mut inner = Vec::new();
                if let Some(below) = self.levels.checked_sub(1) {
                    self.levels = below;
                    inner = self.message(schema, 0);
                    self.levels = below + 1;
                }
                delimited(out, number, &inner);
            }
            Kind::Varints | Kind::Fixed64s => self.repeated(out, field),
        }
    }

    fn repeated(&mut self, out: &mut Vec<u8>, field: &Field) {
        let varints = matches!(field.kind, Kind::Varints);
        if self.byte().is_multiple_of(2) {
            key(out, field.number, if varints { 0 } else { 1 });
            return if varints { self.varint(out) } else { self.fixed64(out) };
        }
        let mut packed = Vec::new();
        for _ in 0..self.byte() % 4 {
            if varints { self.varint(&mut packed) } else { self.fixed64(&mut packed) }
        }
        if self.mischievous() {
            packed.push(self.byte());
        }
        delimited(out, field.number, &packed);
    }

    fn string(&mut self) -> Vec<u8> {
        const WORDS: [&str; 6] = ["", "a", "http.route", "Zebra", "größer", "🦓 stripes"];
        let mut text = WORDS[usize::from(self.byte() % 6)].as_bytes().to_vec();
        if self.mischievous() {
            text.push(self.byte());
        }
        text
    }

    fn varint(&mut self, out: &mut Vec<u8>) {
        match self.byte() % 6 {
            0 => varint(out, u64::MAX),
            1 => varint(out, u64::from(self.byte()) << (self.byte() % 57)),
            // Padded to more bytes than needed, which is legal.
            2 => out.extend([self.byte() | 0x80, 0x80, 0x00]),
            _ => varint(out, u64::from(self.byte() % 8)),
        }
    }

    fn fixed64(&mut self, out: &mut Vec<u8>) {
        let mut bytes = [self.byte(); 8];
        bytes[7] = self.byte();
        out.extend(bytes);
    }

    /// Writes a field of any number with any wire type, groups among them.
    fn unknown(&mut self, out: &mut Vec<u8>, number: u32) {
        let wire_type = self.byte() % if self.mischief > 0 { 8 } else { 6 };
        match wire_type {
            0 => {
                key(out, number, 0);
                self.varint(out);
            }
            1 => {
                key(out, number, 1);
                self.fixed64(out);
            }
            2 => delimited(out, number, &[self.byte(); 3]),
            3 | 4 if !self.mischievous() => {
                key(out, number, 3);
                if let Some(below) = self.levels.checked_sub(1) {
                    self.levels = below;
                    for _ in 0..self.byte() % 3 {
                        let inner = 1 + u32::from(self.byte() % 9);
                        self.unknown(out, inner);
                    }
                    self.levels = below + 1;
                }
                key(out, number, 4);
            }
            5 => {
                key(out, number, 5);
                out.extend([self.byte(); 4]);
            }
            _ => key(out, number, u32::from(wire_type)),
        }
    }
}

pub(super) fn key(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    varint(out, u64::from(number << 3 | wire_type));
}

pub(super) fn delimited(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    key(out, number, 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

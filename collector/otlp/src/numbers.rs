//! Repeated numbers, packed into one field or each in a field of its own.

use crate::message::MessageFields;
use crate::wire::{Value, varint};

/// Iterates over repeated numbers of eight bytes.
#[derive(Clone, Debug)]
pub(crate) struct Fixed64s<'a> {
    pub(crate) fields: MessageFields<'a>,
    pub(crate) number: u32,
    pub(crate) packed: &'a [u8],
}

impl Iterator for Fixed64s<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some((first, rest)) = self.packed.split_first_chunk() {
                self.packed = rest;
                return Some(u64::from_le_bytes(*first));
            }
            let field = self.fields.find(|field| field.number == self.number)?;
            match field.value {
                Value::Fixed64(bits) => return Some(bits),
                Value::Bytes(packed) => self.packed = packed,
                _ => {}
            }
        }
    }
}

/// Iterates over repeated numbers of variable length.
#[derive(Clone, Debug)]
pub(crate) struct Varints<'a> {
    pub(crate) fields: MessageFields<'a>,
    pub(crate) number: u32,
    pub(crate) packed: &'a [u8],
}

impl Iterator for Varints<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            if let Ok((value, end)) = varint(self.packed, 0) {
                self.packed = self.packed.get(end..).unwrap_or_default();
                return Some(value);
            }
            let field = self.fields.find(|field| field.number == self.number)?;
            match field.value {
                Value::Varint(value) => return Some(value),
                Value::Bytes(packed) => self.packed = packed,
                _ => {}
            }
        }
    }
}

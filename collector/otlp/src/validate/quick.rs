//! Sees quickly that a usual request is right.
//!
//! Whatever is unusual is left to the thorough walk, which also finds the words for what is
//! wrong: here `false` only says that nothing is known. So this walk must never accept what that
//! one refuses, and may refuse what it accepts.

use super::schema::{ANY_VALUE, KEY_VALUE, Kind, Schema};
use crate::wire;

/// What comes after a key of one byte, which tells field and wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Step {
    /// Nothing that is usual here.
    Unusual,
    Varint,
    Fixed32,
    Fixed64,
    /// Bytes that may be anything.
    Bytes,
    String,
    Message,
    /// Packed numbers of eight bytes.
    Fixed64s,
}

/// One step for each key of one byte.
pub(crate) type Steps = [Step; 128];

/// Works the steps of a message out from its declaration.
pub(crate) const fn steps(fields: &[super::schema::Field]) -> Steps {
    let mut steps = [Step::Unusual; 128];
    let mut at = 0;
    while at < fields.len() {
        let field = &fields[at];
        let (wire_type, step) = match field.kind {
            Kind::Varint | Kind::Varints => (0, Step::Varint),
            Kind::Fixed64 => (1, Step::Fixed64),
            Kind::Fixed64s => (2, Step::Fixed64s),
            Kind::Bytes => (2, Step::Bytes),
            Kind::String => (2, Step::String),
            Kind::Message(_) => (2, Step::Message),
            Kind::Fixed32 => (5, Step::Fixed32),
        };
        if field.number < 16 {
            steps[(field.number << 3 | wire_type) as usize] = step;
        }
        at += 1;
    }
    steps
}

/// Says that a message, in which `depth` more levels may lie, is right; `false` says nothing.
pub(super) fn message(bytes: &[u8], schema: &Schema, depth: u32) -> bool {
    walk(bytes, schema, depth).is_some()
}

fn walk(bytes: &[u8], schema: &Schema, depth: u32) -> Option<()> {
    let mut rest = bytes;
    while let Some((&key, after)) = rest.split_first() {
        let Some(step) = schema.steps.get(usize::from(key)) else {
            rest = two_byte_key(rest, schema)?;
            continue;
        };
        rest = match step {
            Step::Unusual => return None,
            Step::Varint => varint(after)?,
            Step::Fixed32 => after.get(4..)?,
            Step::Fixed64 => after.get(8..)?,
            Step::Bytes => delimited(after)?.1,
            Step::String => {
                let (text, rest) = delimited(after)?;
                is_text(text).then_some(rest)?
            }
            Step::Message => {
                let (inner, rest) = delimited(after)?;
                let Kind::Message(schema) = schema.field(u32::from(key >> 3))?.kind else {
                    return None;
                };
                let below = depth.checked_sub(1)?;
                // most messages are a key with a value
                if std::ptr::eq(schema, &KEY_VALUE) {
                    attribute(inner, below)?;
                } else {
                    walk(inner, schema, below)?;
                }
                rest
            }
            Step::Fixed64s => {
                let (packed, rest) = delimited(after)?;
                packed.len().is_multiple_of(8).then_some(rest)?
            }
        };
    }
    Some(())
}

/// Takes a key with its value in the shape that every SDK writes.
fn attribute(bytes: &[u8], depth: u32) -> Option<()> {
    const KEY: u8 = 0x0a;
    const VALUE: u8 = 0x12;
    let (key, after) = delimited(bytes.strip_prefix(&[KEY])?)?;
    let (value, end) = delimited(after.strip_prefix(&[VALUE])?)?;
    let depth = depth.checked_sub(1)?;
    end.is_empty().then_some(())?;
    match string(value) {
        // what stands around key and value is ASCII too, so that all is looked at in one go
        Some(text) => (is_ascii(bytes) || is_text(key) && is_text(text)).then_some(()),
        None if is_text(key) => walk(value, &ANY_VALUE, depth),
        None => None,
    }
}

/// Returns what a value holds that is a string and nothing else.
fn string(value: &[u8]) -> Option<&[u8]> {
    const STRING: u8 = 0x0a;
    let (text, end) = delimited(value.strip_prefix(&[STRING])?)?;
    end.is_empty().then_some(text)
}

/// Takes `flags` of spans, the one field of OTLP with a longer key that is usual.
fn two_byte_key<'a>(bytes: &'a [u8], schema: &Schema) -> Option<&'a [u8]> {
    let ([low, high], after) = bytes.split_first_chunk()?;
    if *high >= 0x80 {
        return None;
    }
    let key = u32::from(low & 0x7f) | u32::from(*high) << 7;
    match (schema.field(key >> 3)?.kind, key & 7) {
        (Kind::Fixed32, 5) => after.get(4..),
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<&[u8]> {
    match bytes.split_first()? {
        (0..0x80, rest) => Some(rest),
        _ => bytes.get(wire::varint(bytes, 0).ok()?.1..),
    }
}

fn delimited(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return rest.split_at_checked(usize::from(first));
    }
    let (length, at) = wire::varint(bytes, 0).ok()?;
    bytes.get(at..)?.split_at_checked(usize::try_from(length).ok()?)
}

fn is_text(bytes: &[u8]) -> bool {
    is_ascii(bytes) || std::str::from_utf8(bytes).is_ok()
}

/// Looks at eight bytes at a time, the last ones twice, which for strings as short as keys and
/// values beats the thorough way.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().fold(0, |seen, byte| seen | byte) < 0x80;
    };
    let mut seen = u64::from_ne_bytes(*last);
    for word in bytes.as_chunks::<8>().0 {
        seen |= u64::from_ne_bytes(*word);
    }
    seen & HIGH == 0
}

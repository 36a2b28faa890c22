//! Scans protobuf fields where they lie.

use crate::error::{Malformed, Problem};
use crate::validate::MAX_DEPTH;

/// Holds one field as found, with the positions of its first byte and the byte after its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field number, 1 to 2^29 - 1.
    pub number: u32,
    /// What it carries.
    pub value: Value<'a>,
    /// Position of the field's key in the scanned slice.
    pub start: usize,
    /// Position after the field in the scanned slice.
    pub end: usize,
}

/// Holds what a field carries, by wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: bytes, a string, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// Wire types 3 and 4: a whole group. OTLP has none, so it is always an unknown field.
    Group,
    /// Wire type 5.
    Fixed32(u32),
}

/// Iterates over the fields of one message; ends after the first error.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Fields<'a> {
    /// Scans a message.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::bounded(bytes, MAX_DEPTH)
    }

    /// Scans a message in which groups may nest `depth` deep.
    pub(crate) fn bounded(bytes: &'a [u8], depth: u32) -> Self {
        Self { bytes, at: 0, depth }
    }

    fn read(&mut self) -> Result<Field<'a>, Malformed> {
        let start = self.at;
        let (number, wire_type) = self.key()?;
        let value = match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => Value::Bytes(self.delimited()?),
            3 => self.group(number, self.depth)?,
            4 => return Err(Malformed::at(start, Problem::UnbalancedGroup)),
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed::at(start, Problem::UnknownWireType)),
        };
        Ok(Field { number, value, start, end: self.at })
    }

    fn key(&mut self) -> Result<(u32, u32), Malformed> {
        let start = self.at;
        let key = u32::try_from(self.varint()?);
        match key.map(|key| (key >> 3, key & 7)) {
            Ok((number, wire_type)) if number > 0 => Ok((number, wire_type)),
            _ => Err(Malformed::at(start, Problem::FieldNumber)),
        }
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let (value, end) = varint(self.bytes, self.at)?;
        self.at = end;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let array = rest.first_chunk().ok_or(Malformed::at(self.at, Problem::Truncated))?;
        self.at += N;
        Ok(*array)
    }

    fn delimited(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.at;
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        let end = self.at.saturating_add(length);
        let slice = self.bytes.get(self.at..end);
        self.at = end;
        slice.ok_or(Malformed::at(start, Problem::Truncated))
    }

    /// Skips a group whose start was read. `depth` levels are left, this one included.
    fn group(&mut self, number: u32, depth: u32) -> Result<Value<'a>, Malformed> {
        let Some(below) = depth.checked_sub(1) else {
            return Err(Malformed::at(self.at, Problem::TooDeep));
        };
        loop {
            let start = self.at;
            let (inner, wire_type) = self.key()?;
            match wire_type {
                4 if inner == number => return Ok(Value::Group),
                4 => return Err(Malformed::at(start, Problem::UnbalancedGroup)),
                // Whatever lies in a group lies one level deeper, even a number.
                _ if below == 0 => return Err(Malformed::at(start, Problem::TooDeep)),
                0 => drop(self.varint()?),
                1 => drop(self.array::<8>()?),
                2 => drop(self.delimited()?),
                3 => drop(self.group(inner, below)?),
                5 => drop(self.array::<4>()?),
                _ => return Err(Malformed::at(start, Problem::UnknownWireType)),
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self.short() {
            Some(field) => Some(Ok(field)),
            None => self.any(),
        }
    }
}

impl<'a> Fields<'a> {
    /// Reads a field whose key, and whose length or number, take a byte each. Nearly all do, and so
    /// it costs a few instructions.
    #[inline(always)]
    fn short(&mut self) -> Option<Field<'a>> {
        let start = self.at;
        let (&key, rest) = self.bytes.get(start..)?.split_first()?;
        let number = u32::from(key >> 3);
        if key >= 0x80 || number == 0 {
            return None;
        }
        let (value, size) = match (key & 7, rest) {
            (2, [length @ ..0x80, rest @ ..]) => {
                let length = usize::from(*length);
                (Value::Bytes(rest.get(..length)?), 1 + length)
            }
            (0, [bits @ ..0x80, ..]) => (Value::Varint(u64::from(*bits)), 1),
            (1, rest) => (Value::Fixed64(u64::from_le_bytes(*rest.first_chunk()?)), 8),
            _ => return None,
        };
        self.at = start + 1 + size;
        Some(Field { number, value, start, end: self.at })
    }

    /// Reads any field.
    fn any(&mut self) -> Option<Result<Field<'a>, Malformed>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

/// Reads the varint at `at` and returns it with the position after it.
///
/// # Errors
/// Refuses one that is cut off, has more than ten bytes, or more than 64 bits.
pub fn varint(bytes: &[u8], at: usize) -> Result<(u64, usize), Malformed> {
    let rest = bytes.get(at..).unwrap_or_default();
    if let Some(&byte) = rest.first()
        && byte < 0x80
    {
        return Ok((u64::from(byte), at + 1));
    }
    let mut value = 0;
    for (index, &byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            // Of the tenth byte only the lowest bit has room.
            let fits = index < 9 || byte < 2;
            let problem = Malformed::at(at, Problem::LongVarint);
            return if fits { Ok((value, at + index + 1)) } else { Err(problem) };
        }
    }
    let problem = if rest.len() < 10 { Problem::Truncated } else { Problem::LongVarint };
    Err(Malformed::at(at, problem))
}

#[cfg(test)]
mod tests;

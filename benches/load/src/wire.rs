//! As much of protobuf as load and sink need: writing a message, and finding spans in one.

use std::ops::Range;

/// Writes one message.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Writes a string or bytes.
    pub fn bytes(&mut self, number: u32, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        self.varint(u64::from(number << 3 | 2));
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    /// Writes a message within this one.
    pub fn message(&mut self, number: u32, write: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(number, inner.bytes)
    }

    /// Writes a whole number.
    pub fn number(&mut self, number: u32, value: u64) -> &mut Self {
        self.varint(u64::from(number << 3));
        self.varint(value);
        self
    }

    /// Writes a number of eight bytes.
    pub fn fixed64(&mut self, number: u32, value: u64) -> &mut Self {
        self.varint(u64::from(number << 3 | 1));
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Returns what was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

/// Calls `found` with the place of every span of an `ExportTraceServiceRequest`.
///
/// Returns nothing when the bytes are no such message.
pub fn spans(body: &[u8], mut found: impl FnMut(Range<usize>)) -> Option<()> {
    each(body, 0..body.len(), 1, &mut |resource| {
        each(body, resource, 2, &mut |scope| {
            each(body, scope, 2, &mut |span| {
                found(span);
                Some(())
            })
        })
    })
}

/// Returns where field `number` of the message at `within` has its value.
pub fn field(body: &[u8], within: Range<usize>, number: u32) -> Option<Range<usize>> {
    let mut at = within.start;
    while at < within.end {
        let (found, value, end) = next(body, at)?;
        if found == number {
            return Some(value);
        }
        at = end;
    }
    None
}

/// Returns the whole number at `at`.
pub fn number(body: &[u8], at: usize) -> Option<u64> {
    varint(body, at).map(|(value, _)| value)
}

fn each(
    body: &[u8],
    within: Range<usize>,
    number: u32,
    found: &mut impl FnMut(Range<usize>) -> Option<()>,
) -> Option<()> {
    let mut at = within.start;
    while at < within.end {
        let (field, value, end) = next(body, at)?;
        if field == number {
            found(value)?;
        }
        at = end;
    }
    (at == within.end).then_some(())
}

/// Returns the number of the field at `at`, where its value lies, and where it ends.
fn next(body: &[u8], at: usize) -> Option<(u32, Range<usize>, usize)> {
    let (key, at) = varint(body, at)?;
    let value = match key & 7 {
        0 => at..varint(body, at)?.1,
        1 => at..at + 8,
        2 => {
            let (length, at) = varint(body, at)?;
            at..at.checked_add(usize::try_from(length).ok()?)?
        }
        5 => at..at + 4,
        _ => return None,
    };
    let end = value.end;
    (end <= body.len()).then_some((u32::try_from(key >> 3).ok()?, value, end))
}

fn varint(body: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *body.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

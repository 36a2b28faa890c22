//! Reads spans and attributes as fast as that goes: each in one walk, values left where they lie.
//! What [`Span`](crate::Span) finds in two walks is found here in one.

use crate::common::{AnyValue, Pair};
use crate::message::Message;
use crate::trace::{SpanKind, StatusCode};
use crate::wire::{Fields, Value, varint};

/// Holds what a span says beside its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScannedSpan<'a> {
    /// The trace id as sent.
    pub trace_id: &'a [u8],
    /// The span id as sent.
    pub span_id: &'a [u8],
    /// The parent's span id as sent; empty for a root span.
    pub parent_span_id: &'a [u8],
    /// The name.
    pub name: &'a [u8],
    /// The kind.
    pub kind: SpanKind,
    /// The outcome.
    pub status: StatusCode,
    /// The start in nanoseconds since 1970.
    pub start_time_unix_nano: u64,
    /// The end in nanoseconds since 1970.
    pub end_time_unix_nano: u64,
}

/// Holds the value of an attribute where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawValue<'a> {
    bytes: &'a [u8],
    /// Whether the value lies in several pieces; the bytes are then those of the attribute.
    in_pieces: bool,
}

impl<'a> RawValue<'a> {
    /// Returns bytes that are the same for the same value, and different for different ones: a
    /// value may have several encodings, and then counts as several.
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Reads the value.
    pub fn read(self) -> AnyValue<'a> {
        if self.in_pieces {
            return Pair::read(self.bytes).value();
        }
        AnyValue::read(&Message::of(self.bytes))
    }
}

/// Reads a span, given its bytes as [`ScopeSpans::raw_spans`](crate::ScopeSpans::raw_spans)
/// returns them, and hands each attribute on. Ends at the first fault, which validated bytes do
/// not have.
pub fn span<'a>(
    bytes: &'a [u8],
    mut attribute: impl FnMut(&'a [u8], RawValue<'a>),
) -> ScannedSpan<'a> {
    let mut span = ScannedSpan {
        trace_id: &[],
        span_id: &[],
        parent_span_id: &[],
        name: &[],
        kind: SpanKind::Unspecified,
        status: StatusCode::Unset,
        start_time_unix_nano: 0,
        end_time_unix_nano: 0,
    };
    let mut rest = bytes;
    while let Some((tag, after)) = rest.split_first() {
        let usual = match *tag {
            tag::ATTRIBUTE => delimited(after).map(|(bytes, after)| {
                let (key, value) = pair(bytes);
                attribute(key, value);
                after
            }),
            tag::TRACE_ID => take(delimited(after), &mut span.trace_id),
            tag::SPAN_ID => take(delimited(after), &mut span.span_id),
            tag::PARENT => take(delimited(after), &mut span.parent_span_id),
            tag::NAME => take(delimited(after), &mut span.name),
            tag::START => take(fixed64(after), &mut span.start_time_unix_nano),
            tag::END => take(fixed64(after), &mut span.end_time_unix_nano),
            _ => None,
        };
        if let Some(after) = usual {
            rest = after;
            continue;
        }
        let mut fields = Cursor(rest);
        let Some(field) = fields.next() else { break };
        rest = fields.0;
        match field {
            (9, Value::Bytes(bytes)) => {
                let (key, value) = pair(bytes);
                attribute(key, value);
            }
            (1, Value::Bytes(bytes)) => span.trace_id = bytes,
            (2, Value::Bytes(bytes)) => span.span_id = bytes,
            (4, Value::Bytes(bytes)) => span.parent_span_id = bytes,
            (5, Value::Bytes(bytes)) => span.name = bytes,
            (6, Value::Varint(bits)) => span.kind = SpanKind::of(bits),
            (7, Value::Fixed64(bits)) => span.start_time_unix_nano = bits,
            (8, Value::Fixed64(bits)) => span.end_time_unix_nano = bits,
            // pieces of a status merge: what each of them says stays until another says it
            (15, Value::Bytes(bytes)) => {
                if let Some(code) = status(bytes) {
                    span.status = code;
                }
            }
            _ => {}
        }
    }
    span
}

/// The keys of fields that nearly every span has, as senders write them: number and wire type in
/// one byte.
mod tag {
    pub(super) const TRACE_ID: u8 = 1 << 3 | 2;
    pub(super) const SPAN_ID: u8 = 2 << 3 | 2;
    pub(super) const PARENT: u8 = 4 << 3 | 2;
    pub(super) const NAME: u8 = 5 << 3 | 2;
    pub(super) const START: u8 = 7 << 3 | 1;
    pub(super) const END: u8 = 8 << 3 | 1;
    pub(super) const ATTRIBUTE: u8 = 9 << 3 | 2;
}

/// Puts what was read into its place and returns what follows it.
#[inline(always)]
fn take<'a, T>(read: Option<(T, &'a [u8])>, place: &mut T) -> Option<&'a [u8]> {
    let (value, after) = read?;
    *place = value;
    Some(after)
}

#[inline(always)]
fn fixed64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (eight, after) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*eight), after))
}

/// Reads bytes whose length takes one or two bytes.
#[inline(always)]
fn delimited(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, after) = length(bytes)?;
    after.split_at_checked(length)
}

/// Iterates over the messages of a repeated field, given the bytes of the message that they are in.
pub(crate) fn messages<'a>(
    bytes: &'a [u8],
    number: u32,
) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let mut fields = Cursor(bytes);
    std::iter::from_fn(move || {
        loop {
            match fields.next()? {
                (found, Value::Bytes(bytes)) if found == number => return Some(bytes),
                _ => {}
            }
        }
    })
}

/// Reads the key of an attribute and finds its value, given its bytes.
#[inline(always)]
pub(crate) fn pair(bytes: &[u8]) -> (&[u8], RawValue<'_>) {
    match Pair::plain(bytes) {
        Some((key, bytes)) => (key, RawValue { bytes, in_pieces: false }),
        None => any_pair(bytes),
    }
}

fn any_pair(bytes: &[u8]) -> (&[u8], RawValue<'_>) {
    let mut key: &[u8] = &[];
    let mut value = RawValue { bytes: &[], in_pieces: false };
    let mut pieces = 0;
    let mut fields = Cursor(bytes);
    while let Some((number, found)) = fields.next() {
        match (number, found) {
            (1, Value::Bytes(bytes)) => key = bytes,
            (2, Value::Bytes(bytes)) => {
                value.bytes = bytes;
                pieces += 1;
            }
            _ => {}
        }
    }
    if pieces > 1 {
        value = RawValue { bytes, in_pieces: true };
    }
    (key, value)
}

fn status(bytes: &[u8]) -> Option<StatusCode> {
    let mut code = None;
    let mut fields = Cursor(bytes);
    while let Some(field) = fields.next() {
        if let (3, Value::Varint(bits)) = field {
            code = Some(StatusCode::of(bits));
        }
    }
    code
}

/// Goes through fields like [`Fields`], inlined and without places for errors: fields whose number
/// and length take a byte each, which are nearly all, cost a few instructions.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    #[inline(always)]
    fn next(&mut self) -> Option<(u32, Value<'a>)> {
        let (&key, rest) = self.0.split_first()?;
        let number = u32::from(key >> 3);
        if key < 0x80 && number > 0 {
            match key & 7 {
                2 => {
                    if let Some((bytes, rest)) = delimited(rest) {
                        self.0 = rest;
                        return Some((number, Value::Bytes(bytes)));
                    }
                }
                1 => {
                    if let Some((bits, rest)) = fixed64(rest) {
                        self.0 = rest;
                        return Some((number, Value::Fixed64(bits)));
                    }
                }
                0 => {
                    if let Ok((bits, end)) = varint(rest, 0) {
                        self.0 = rest.get(end..)?;
                        return Some((number, Value::Varint(bits)));
                    }
                }
                _ => {}
            }
        }
        self.slow()
    }

    #[cold]
    fn slow(&mut self) -> Option<(u32, Value<'a>)> {
        let field = Fields::new(self.0).next()?.ok()?;
        self.0 = self.0.get(field.end..)?;
        Some((field.number, field.value))
    }
}

/// Reads a length of one or two bytes; longer ones are read the slow way.
#[inline(always)]
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&low, rest) = bytes.split_first()?;
    if low < 0x80 {
        return Some((usize::from(low), rest));
    }
    let (&high, rest) = rest.split_first()?;
    (high < 0x80).then_some((usize::from(low & 0x7f) | usize::from(high) << 7, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TraceRequest;
    use crate::differential::generate::Entropy;
    use crate::differential::tests::entropy;
    use crate::validate::schema::TRACE_REQUEST;

    fn compare(request: &[u8]) -> Result<(), TestCaseError> {
        let request = TraceRequest::assume_valid(request);
        for scope in request.resource_spans().flat_map(|it| it.scope_spans()) {
            prop_assert_eq!(scope.raw_spans().count(), scope.spans().count());
            for (raw, wanted) in scope.raw_spans().zip(scope.spans()) {
                let mut attributes = Vec::new();
                let found = span(raw, |key, value| attributes.push((key, value)));
                prop_assert_eq!(found.trace_id, wanted.trace_id());
                prop_assert_eq!(found.span_id, wanted.span_id());
                prop_assert_eq!(found.parent_span_id, wanted.parent_span_id());
                prop_assert_eq!(found.name, wanted.name().as_bytes());
                prop_assert_eq!(found.kind, wanted.kind());
                prop_assert_eq!(found.status, wanted.status().code);
                prop_assert_eq!(found.start_time_unix_nano, wanted.start_time_unix_nano());
                prop_assert_eq!(found.end_time_unix_nano, wanted.end_time_unix_nano());
                let found = attributes.iter().map(|(key, value)| (*key, value.read()));
                let wanted = wanted.attributes();
                let wanted = wanted.iter().map(|(key, value)| (key.as_bytes(), value));
                let text = |it: Vec<(&[u8], AnyValue<'_>)>| format!("{it:?}");
                prop_assert_eq!(text(found.collect()), text(wanted.collect()));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn one_walk_finds_what_two_find(bytes in entropy()) {
            compare(&Entropy::new(&bytes).well_formed(&TRACE_REQUEST))?;
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            span(&bytes, |_, value| drop(value.read()));
        }
    }
}

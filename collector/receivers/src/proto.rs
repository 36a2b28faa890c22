//! Writes the few messages that receivers answer with.

use bellwether_core::ingest::Accepted;
use bytes::{BufMut, Bytes, BytesMut};

/// Writes an `Export*ServiceResponse`; the three have the same fields.
///
/// Nothing at all on full success: an empty `partial_success` would claim a partial one.
pub(crate) fn accepted(accepted: &Accepted) -> Bytes {
    let message = accepted.message.as_deref().unwrap_or_default();
    if accepted.rejected == 0 && message.is_empty() {
        return Bytes::new();
    }
    // rejected_*, an int64, and error_message
    let partial = number_and_text(accepted.rejected.min(i64::MAX.unsigned_abs()), message);
    let mut response = BytesMut::new();
    response.put_u8(0x0a); // partial_success
    put_varint(&mut response, partial.len() as u64);
    response.put(partial);
    response.freeze()
}

/// Writes a `google.rpc.Status`.
pub(crate) fn status(code: i32, message: &str) -> Bytes {
    number_and_text(i64::from(code).cast_unsigned(), message).freeze()
}

/// Writes a message with a number as field 1 and a text as field 2.
fn number_and_text(number: u64, text: &str) -> BytesMut {
    let mut out = BytesMut::new();
    if number > 0 {
        out.put_u8(0x08);
        put_varint(&mut out, number);
    }
    if !text.is_empty() {
        out.put_u8(0x12);
        put_varint(&mut out, text.len() as u64);
        out.put_slice(text.as_bytes());
    }
    out
}

fn put_varint(into: &mut BytesMut, mut value: u64) {
    while value >= 0x80 {
        into.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    into.put_u8(value as u8);
}

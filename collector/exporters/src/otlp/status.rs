//! What a gRPC status means for what was sent, by the OTLP specification.

use std::time::Duration;

use bellwether_otlp::wire::{Fields, Value};

use crate::call::Answer;
use crate::verdict::{RetryAfter, Verdict};

/// The names of status codes, by number.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Judges an answer by its status; one without a status did not come from a gRPC server.
pub(super) fn judge(answer: &Answer) -> Verdict {
    let Some(name) = name(answer) else { return of_http(answer) };
    let message = message(answer);
    let why = if message.is_empty() { name.to_owned() } else { format!("{name}: {message}") };
    let after = retry_info(answer).map(RetryAfter::In);
    match name {
        "OK" => Verdict::Accepted,
        // the servers of several languages say it with one of these
        "RESOURCE_EXHAUSTED" | "OUT_OF_RANGE" if says_too_large(&message) => {
            Verdict::TooLarge { why }
        }
        "RESOURCE_EXHAUSTED" if after.is_none() => Verdict::Reject { why },
        "CANCELLED" | "DEADLINE_EXCEEDED" | "ABORTED" | "OUT_OF_RANGE" | "UNAVAILABLE"
        | "DATA_LOSS" | "RESOURCE_EXHAUSTED" => Verdict::Retry { after, why },
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => Verdict::Pause { why },
        _ => Verdict::Reject { why },
    }
}

/// Judges what something before the server answered: as gRPC maps it, and what is no answer at
/// all is tried again, since nobody has looked at the request.
fn of_http(answer: &Answer) -> Verdict {
    let why = format!("{} without a gRPC status", answer.explain());
    match answer.status {
        401 | 403 => Verdict::Pause { why },
        413 => Verdict::TooLarge { why },
        200..=299 | 429 | 502..=504 => Verdict::Retry { after: answer.retry_after(), why },
        _ => Verdict::Reject { why },
    }
}

fn field<'a>(answer: &'a Answer, name: &str) -> Option<&'a [u8]> {
    // a status without a message comes in the headers
    let value = answer.trailers.get(name).or_else(|| answer.headers.get(name))?;
    Some(value.as_bytes())
}

fn name(answer: &Answer) -> Option<&'static str> {
    let code: usize = std::str::from_utf8(field(answer, "grpc-status")?).ok()?.parse().ok()?;
    Some(NAMES.get(code).unwrap_or(&"UNKNOWN"))
}

/// Reads the message, in which other than plain characters are written as `%` and two digits.
fn message(answer: &Answer) -> String {
    let raw = field(answer, "grpc-message").unwrap_or_default();
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, more)) = rest.split_first() {
        let hex = more.first_chunk::<2>().filter(|_| *first == b'%');
        let hex = hex.and_then(|it| std::str::from_utf8(it).ok());
        match hex.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = more.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn says_too_large(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["larger than", "too large", "exceeds maximum", "exceeds the maximum", "exceeds limit"]
        .iter()
        .any(|it| message.contains(it))
}

/// Finds how long the server wants to be left alone: a `google.rpc.RetryInfo` among the details
/// of the status.
fn retry_info(answer: &Answer) -> Option<Duration> {
    let status = from_base64(field(answer, "grpc-status-details-bin")?)?;
    messages(&status, 3).find_map(|any| {
        let kind = messages(any, 1).next()?;
        if !kind.ends_with(b"/google.rpc.RetryInfo") {
            return None;
        }
        let delay = messages(messages(any, 2).next()?, 1).next()?;
        let number = |wanted| {
            let mut fields = Fields::new(delay).map_while(Result::ok);
            fields.find_map(|field| match field.value {
                Value::Varint(value) if field.number == wanted => Some(value),
                _ => None,
            })
        };
        // negative numbers are huge here
        let nanos = u32::try_from(number(2).unwrap_or_default()).unwrap_or_default();
        let seconds = number(1).unwrap_or_default();
        i64::try_from(seconds).ok().map(|_| Duration::new(seconds, nanos.min(999_999_999)))
    })
}

/// Returns the messages or texts of a field.
fn messages(bytes: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Fields::new(bytes).map_while(Result::ok).filter_map(move |field| match field.value {
        Value::Bytes(inner) if field.number == number => Some(inner),
        _ => None,
    })
}

/// Decodes base64, with or without padding.
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len()));
    for byte in text.iter().filter(|it| **it != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

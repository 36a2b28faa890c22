//! Checks a whole request in one walk.
//!
//! What passes is exactly what a protobuf decoder that was generated from the OTLP definitions
//! accepts: known fields have a wire type of their declaration, lengths fit, strings are UTF-8,
//! nesting is bounded, unknown fields (groups too) are skipped but must be whole. Lengths of trace
//! and span ids are no matter of protobuf; see [`ids`](crate::ids).

mod quick;
pub(crate) mod schema;

use crate::error::{Malformed, Problem};
use crate::wire::{Fields, Value, varint};
use schema::{Kind, Schema};

/// How deep messages may lie in the request.
pub const MAX_DEPTH: u32 = 100;

/// Checks an `ExportTraceServiceRequest`.
///
/// # Errors
/// Tells the first fault with its place.
pub fn traces(request: &[u8]) -> Result<(), Malformed> {
    whole(request, &schema::TRACE_REQUEST)
}

/// Checks an `ExportMetricsServiceRequest`.
///
/// # Errors
/// Tells the first fault with its place.
pub fn metrics(request: &[u8]) -> Result<(), Malformed> {
    whole(request, &schema::METRICS_REQUEST)
}

/// Checks an `ExportLogsServiceRequest`.
///
/// # Errors
/// Tells the first fault with its place.
pub fn logs(request: &[u8]) -> Result<(), Malformed> {
    whole(request, &schema::LOGS_REQUEST)
}

fn whole(request: &[u8], schema: &Schema) -> Result<(), Malformed> {
    if quick::message(request, schema, MAX_DEPTH) {
        return Ok(());
    }
    message(request, 0, schema, MAX_DEPTH)
}

/// Holds both walks to each other: what the quick one takes, the thorough one takes. Returns
/// whether the quick one took it.
#[cfg(any(test, fuzzing))]
pub(crate) fn walks_agree(request: &[u8], schema: &Schema) -> Result<bool, String> {
    let quick = quick::message(request, schema, MAX_DEPTH);
    match message(request, 0, schema, MAX_DEPTH) {
        Err(why) if quick => Err(format!("the quick walk accepts, the thorough one: {why}")),
        _ => Ok(quick),
    }
}

/// Checks the message in `bytes`, which begins at byte `base` of the request and in which
/// `depth` more levels may lie.
fn message(bytes: &[u8], base: usize, schema: &Schema, depth: u32) -> Result<(), Malformed> {
    for field in Fields::bounded(bytes, depth) {
        let field = field.map_err(|e| e.within(base, schema.name))?;
        let begin = base + field.start;
        let Some(known) = schema.field(field.number) else {
            // A decoder counts the skipping of an unknown field as a level of its own.
            if depth == 0 {
                return Err(Malformed::at(0, Problem::TooDeep).within(begin, schema.name));
            }
            continue;
        };
        let fail = |problem| Malformed::at(0, problem).within(begin, known.path);
        match (known.kind, field.value) {
            (Kind::Varint | Kind::Varints, Value::Varint(_))
            | (Kind::Fixed32, Value::Fixed32(_))
            | (Kind::Fixed64 | Kind::Fixed64s, Value::Fixed64(_))
            | (Kind::Bytes, Value::Bytes(_)) => {}
            (Kind::String, Value::Bytes(text)) => {
                let from = base + field.end - text.len();
                utf8(text).map_err(|e| e.within(from, known.path))?;
            }
            (Kind::Message(inner), Value::Bytes(bytes)) => {
                let below = depth.checked_sub(1).ok_or(fail(Problem::TooDeep))?;
                message(bytes, base + field.end - bytes.len(), inner, below)?;
            }
            (Kind::Varints, Value::Bytes(packed)) => {
                let from = base + field.end - packed.len();
                varints(packed).map_err(|e| e.within(from, known.path))?;
            }
            (Kind::Fixed64s, Value::Bytes(packed)) if packed.len().is_multiple_of(8) => {}
            (Kind::Fixed64s, Value::Bytes(_)) => return Err(fail(Problem::Truncated)),
            _ => return Err(fail(Problem::WrongWireType)),
        }
    }
    Ok(())
}

fn utf8(text: &[u8]) -> Result<(), Malformed> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(e) => Err(Malformed::at(e.valid_up_to(), Problem::NotUtf8)),
    }
}

fn varints(packed: &[u8]) -> Result<(), Malformed> {
    let mut at = 0;
    while at < packed.len() {
        (_, at) = varint(packed, at)?;
    }
    Ok(())
}

//! Translates OTLP's JSON into protobuf, once, at the edge, so that one form exists inside.
//!
//! OTLP's JSON is protobuf's with three changes: trace and span ids are hex, enumerations are
//! integers only, and keys are lowerCamelCase only. Unknown keys are ignored and `null` is a key
//! left out. We take more than we must where the meaning is plain: numbers as text, and values
//! that other decoders want to be there.
//!
//! The text is read once and written as it is read; nothing is built in between.

mod message;
mod scalar;
mod schema;
mod writer;

use serde::de::DeserializeSeed;

use message::Message;
use schema::Schema;
use writer::{Place, Writer};

/// Says why JSON was not translated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not the request that it claims to be.
    #[error("{what} at byte {offset}{}", .place.map(|it| format!(" in {it}")).unwrap_or_default())]
    Malformed {
        /// What is wrong; never quotes the text.
        what: String,
        /// Position of the fault, or of the byte behind it, in bytes from the start of the text.
        offset: usize,
        /// The field it lies in, for example `Span.traceId`.
        place: Option<Place>,
    },
    /// The request would be larger than allowed once translated.
    #[error("more than {limit} bytes once translated to protobuf")]
    TooLarge {
        /// What is allowed, in bytes.
        limit: usize,
    },
}

/// Translates an `ExportTraceServiceRequest` of at most `limit` bytes of protobuf.
///
/// # Errors
/// Tells the first fault with its place.
pub fn traces(json: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    request(json, &schema::TRACE_REQUEST, limit)
}

/// Translates an `ExportMetricsServiceRequest` of at most `limit` bytes of protobuf.
///
/// # Errors
/// Tells the first fault with its place.
pub fn metrics(json: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    request(json, &schema::METRICS_REQUEST, limit)
}

/// Translates an `ExportLogsServiceRequest` of at most `limit` bytes of protobuf.
///
/// # Errors
/// Tells the first fault with its place.
pub fn logs(json: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    request(json, &schema::LOGS_REQUEST, limit)
}

fn request(json: &[u8], schema: &'static Schema, limit: usize) -> Result<Vec<u8>, Error> {
    let mut out = Writer::new(limit);
    let mut text = serde_json::Deserializer::from_slice(json);
    let read = Message { schema, out: &mut out }.deserialize(&mut text).and_then(|()| text.end());
    match read {
        _ if out.is_full() => Err(Error::TooLarge { limit }),
        Ok(()) => Ok(out.into_bytes()),
        Err(error) => Err(Error::Malformed {
            what: what(&error),
            offset: offset(json, &error),
            place: out.fault(),
        }),
    }
}

/// Returns the message without the line and column that it ends with.
fn what(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let end = told.rfind(" at line ").unwrap_or(told.len());
    told.get(..end).unwrap_or_default().to_owned()
}

/// Finds the byte that a line and a column mean; lines count from 1, columns are bytes.
fn offset(json: &[u8], error: &serde_json::Error) -> usize {
    let lines = json.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let before: usize = lines.map(<[u8]>::len).sum();
    before.saturating_add(error.column().saturating_sub(1)).min(json.len())
}

#[cfg(test)]
mod tests;

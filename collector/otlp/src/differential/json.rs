//! Our translation of JSON, by way of that of `opentelemetry-proto`.
//!
//! Theirs reads less than it should (a value of a wrong form counts as none), so that it is no
//! judge of texts; but what it writes must mean what it wrote.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::compare;
use crate::json;

/// Translates a text as each of the three requests, and what came out once more.
///
/// # Errors
/// Tells what is wrong with a translation, with the text.
pub fn json(text: &[u8]) -> Result<(), String> {
    check::<ExportTraceServiceRequest>(text, json::traces)?;
    check::<ExportMetricsServiceRequest>(text, json::metrics)?;
    check::<ExportLogsServiceRequest>(text, json::logs)
}

fn check<Request>(
    text: &[u8],
    translate: fn(&[u8], usize) -> Result<Vec<u8>, json::Error>,
) -> Result<(), String>
where
    Request: prost::Message + Default + std::fmt::Debug + serde::Serialize,
{
    let Ok(bytes) = translate(text, usize::MAX) else { return Ok(()) };
    let shown = String::from_utf8_lossy(text);
    if bytes.len() > text.len() {
        return Err(format!("{} bytes out of {}: {shown}", bytes.len(), text.len()));
    }
    compare(&bytes)?;
    let read = Request::decode(&*bytes);
    let read = read.map_err(|error| format!("we write what is not sound: {error}: {shown}"))?;
    // by what is printed, so that minus zero is not zero
    let printed = format!("{read:?}");
    // JSON has no such numbers and no such fields, or theirs writes them as nothing
    let lost = ["NaN", "inf", "StringValueStrindex("];
    if lost.iter().any(|it| printed.contains(it)) {
        return Ok(());
    }
    let again = serde_json::to_vec(&read).map_err(|error| error.to_string())?;
    let again = match translate(&again, usize::MAX) {
        Ok(bytes) => Request::decode(&*bytes).map_err(|error| format!("{error}: {shown}"))?,
        // theirs nests a little deeper
        Err(error) if error.to_string().contains("recursion limit") => return Ok(()),
        Err(error) => return Err(format!("we refuse what they write: {error}: {shown}")),
    };
    let again = format!("{again:?}");
    if again == printed {
        Ok(())
    } else {
        Err(format!("we read {printed}, and once more {again}: {shown}"))
    }
}

//! Puts outcomes into gRPC's words.
//!
//! Clients retry UNAVAILABLE and throw away on INVALID_ARGUMENT and on RESOURCE_EXHAUSTED without
//! RetryInfo, so the choice of code decides whether telemetry survives.

use std::time::Duration;

use bellwether_core::ingest::Refusal;
use http::HeaderValue;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Says that a request was not taken.
pub(super) fn refused(refusal: Refusal) -> Status {
    match refusal {
        Refusal::Malformed(why) => malformed(&why),
        Refusal::Overloaded { retry_after } => overloaded(retry_after),
        Refusal::Stopping => Status::unavailable("the collector is stopping; send it again"),
    }
}

/// Says that the body is not what it claims to be.
pub(super) fn malformed(why: &str) -> Status {
    Status::invalid_argument(format!("malformed request, do not send it again: {why}"))
}

/// Says that there is no room now, and when to try again.
pub(super) fn overloaded(retry_after: Duration) -> Status {
    let details = ErrorDetails::with_retry_info(Some(retry_after));
    let message = "no room for this request now; send it again later";
    Status::with_error_details(Code::Unavailable, message, details)
}

/// Corrects tonic's answer to an oversized message: OUT_OF_RANGE makes clients send it again and
/// again, and OTLP wants RESOURCE_EXHAUSTED. Nothing else here answers OUT_OF_RANGE.
pub(super) fn correct_oversize<B>(mut response: http::Response<B>) -> http::Response<B> {
    const OUT_OF_RANGE: &[u8] = b"11";
    const RESOURCE_EXHAUSTED: HeaderValue = HeaderValue::from_static("8");
    if let Some(code) = response.headers_mut().get_mut(Status::GRPC_STATUS)
        && code.as_bytes() == OUT_OF_RANGE
    {
        *code = RESOURCE_EXHAUSTED;
    }
    response
}

//! Puts outcomes into gRPC's words.
//!
//! Clients retry UNAVAILABLE and throw away on INVALID_ARGUMENT and on RESOURCE_EXHAUSTED without
//! RetryInfo, so the choice of code decides whether telemetry survives.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::refused::Refused;

/// Says that a request was not taken.
pub(super) fn refused(why: &Refused) -> Status {
    let message = why.message();
    match why {
        Refused::TooLarge(_) | Refused::TooLargeForAll(_) => Status::resource_exhausted(message),
        Refused::Broken(_) => Status::internal(message),
        Refused::Malformed(_) => Status::invalid_argument(message),
        Refused::Overloaded(wait) => {
            let details = ErrorDetails::with_retry_info(Some(*wait));
            Status::with_error_details(Code::Unavailable, message, details)
        }
        Refused::OutOfTime => Status::deadline_exceeded(message),
        Refused::Stopping => Status::unavailable(message),
    }
}

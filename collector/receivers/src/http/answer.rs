//! Puts outcomes into HTTP's words.
//!
//! Clients retry 429, 502, 503 and 504 and throw away on any other error, so the choice of status
//! decides whether telemetry survives. An error's body is a `google.rpc.Status`.

use bellwether_core::ingest::{Accepted, Signal};
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use tonic::Code;

use crate::proto;
use crate::refused::Refused;
use crate::terms::UNAUTHENTICATED;

/// What goes back.
pub(super) type Answer = Response<Full<Bytes>>;

/// How a request is written, and so its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Protobuf,
    Json,
}

impl Format {
    /// Finds it in the headers of a request; `None` when they name none that is known.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        [Self::Protobuf, Self::Json]
            .into_iter()
            .find(|format| essence.eq_ignore_ascii_case(format.content_type()))
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// Why a request was not taken.
#[derive(Debug)]
pub(super) enum TurnedAway {
    /// The sender has no token that is known; with what is wanted.
    Unauthenticated(HeaderValue),
    /// There is nothing at this path.
    Path,
    /// The path takes `POST` only.
    Method,
    /// The content type is missing or unknown.
    ContentType,
    /// The content encoding is unknown.
    ContentEncoding,
    /// The path is right, and the request is not.
    Refused(Refused),
}

impl<T: Into<Refused>> From<T> for TurnedAway {
    fn from(why: T) -> Self {
        Self::Refused(why.into())
    }
}

impl TurnedAway {
    /// Names it in a word, for counting; nothing for what is no request for us at all.
    pub(super) fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Path | Self::Method => None,
            Self::ContentType | Self::ContentEncoding => Some("unsupported"),
            Self::Unauthenticated(_) => Some("unauthenticated"),
            Self::Refused(why) => Some(why.reason()),
        }
    }

    /// Writes the answer, as JSON when the request does not say what it speaks.
    pub(super) fn answer(self, format: Option<Format>) -> Answer {
        let (status, code, message) = self.words();
        let (code, format) = (i32::from(code), format.unwrap_or(Format::Json));
        let body = match format {
            Format::Protobuf => proto::status(code, &message),
            Format::Json => {
                Bytes::from(serde_json::json!({ "code": code, "message": message }).to_string())
            }
        };
        let mut answer = with(status, format, body);
        if let Some((name, value)) = self.header() {
            answer.headers_mut().insert(name, value);
        }
        answer
    }

    fn words(&self) -> (StatusCode, Code, String) {
        let (status, code, message) = match self {
            Self::Unauthenticated(_) => {
                (StatusCode::UNAUTHORIZED, Code::Unauthenticated, UNAUTHENTICATED)
            }
            Self::Path => (
                StatusCode::NOT_FOUND,
                Code::NotFound,
                "nothing here; there are /v1/traces, /v1/metrics and /v1/logs",
            ),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, "only POST"),
            Self::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::InvalidArgument,
                "the content type must be application/x-protobuf or application/json",
            ),
            Self::ContentEncoding => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Code::InvalidArgument,
                "the content encoding must be gzip, zstd or identity",
            ),
            Self::Refused(why) => {
                let (status, code) = match why {
                    Refused::TooLarge(_) | Refused::TooLargeForAll(_) => {
                        (StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted)
                    }
                    Refused::Broken(_) | Refused::Malformed(_) => {
                        (StatusCode::BAD_REQUEST, Code::InvalidArgument)
                    }
                    Refused::Overloaded(_) | Refused::OutOfTime | Refused::Stopping => {
                        (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable)
                    }
                };
                return (status, code, why.message());
            }
        };
        (status, code, message.to_owned())
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Unauthenticated(challenge) => Some((WWW_AUTHENTICATE, challenge.clone())),
            Self::Method => Some((ALLOW, HeaderValue::from_static("POST"))),
            Self::ContentEncoding => {
                Some((ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd, identity")))
            }
            Self::Refused(Refused::Overloaded(wait)) => {
                // Whole seconds, and never none.
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Some((RETRY_AFTER, seconds.max(1).into()))
            }
            Self::Refused(Refused::OutOfTime | Refused::Stopping) => Some((RETRY_AFTER, 1.into())),
            _ => None,
        }
    }
}

/// Says that a request was taken, and what of it was not.
pub(super) fn accepted(signal: Signal, accepted: &Accepted, format: Format) -> Answer {
    let body = match format {
        Format::Protobuf => proto::accepted(accepted),
        Format::Json => Bytes::from(accepted_json(signal, accepted).to_string()),
    };
    with(StatusCode::OK, format, body)
}

fn accepted_json(signal: Signal, accepted: &Accepted) -> serde_json::Value {
    let message = accepted.message.as_deref().unwrap_or_default();
    if accepted.rejected == 0 && message.is_empty() {
        return serde_json::json!({});
    }
    let count = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Metrics => "rejectedDataPoints",
        Signal::Logs => "rejectedLogRecords",
    };
    let rejected = accepted.rejected.to_string();
    serde_json::json!({ "partialSuccess": { count: rejected, "errorMessage": message } })
}

/// Makes an answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

fn with(status: StatusCode, format: Format, body: Bytes) -> Answer {
    let mut answer = empty(status);
    *answer.body_mut() = Full::new(body);
    let content_type = HeaderValue::from_static(format.content_type());
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

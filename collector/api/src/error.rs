//! Errors as the outside sees them: a status, a stable code and a sentence.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bellwether_core::access::Role;
use schemars::JsonSchema;
use serde::Serialize;

use crate::links::Invalid;

/// What is sent is no longer than this, in bytes.
pub(crate) const LARGEST_BODY: usize = 256 * 1_024;

/// An answer that is not the one asked for.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// How long to wait before asking again.
    wait: Option<Duration>,
}

/// What was not done, and why.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem {
    error: Inner,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProblemDetails")]
struct Inner {
    /// A stable word.
    code: &'static str,
    /// What is wrong and what to do, for people.
    message: String,
}

/// Why an answer is not the one asked for, for whoever keeps that.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), wait: None }
    }

    /// The store failed or took too long.
    pub(crate) fn store() -> Self {
        let message = "the history cannot be read or written now: the collector's log says why";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message)
    }

    /// It was not done, or not kept, and may be asked for again.
    pub(crate) fn later(message: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "later", message)
    }

    /// It cannot be done as asked.
    pub(crate) fn refused(message: String) -> Self {
        Self::new(StatusCode::CONFLICT, "refused", message)
    }

    /// There is no such thing.
    pub(crate) fn not_found(message: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The query is wrong.
    pub(crate) fn query(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_query", message)
    }

    /// More was kept of a time than goes into one answer.
    pub(crate) fn too_much(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "too_much", message)
    }

    /// The path holds what no path may.
    pub(crate) fn path(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_path", message)
    }

    /// What was sent is wrong.
    pub(crate) fn body(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", message)
    }

    /// What was sent is not JSON, or not what it should be.
    fn json(error: &JsonRejection) -> Self {
        match error {
            JsonRejection::MissingJsonContentType(_) => {
                let message = "send JSON, and say so: `Content-Type: application/json`";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
            }
            JsonRejection::BytesRejection(_) => Self::too_large(LARGEST_BODY),
            other => Self::body(other.body_text()),
        }
    }

    /// What was sent is too long.
    pub(crate) fn too_large(most: usize) -> Self {
        let message = format!("the body is longer than {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    }

    /// The path takes other methods only.
    pub(crate) fn method() -> Self {
        let message = "this path takes other methods: docs/api.md says which";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// Nobody knows who asks. It says the same whatever was asked for, and whatever was shown.
    pub(crate) fn unauthenticated() -> Self {
        let message = "show a token, made with `bellwether token create`, as `Authorization: \
             Bearer …`; without one only a collector on loopback answers, by a name of loopback";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }

    /// Who asks may not do that.
    pub(crate) fn forbidden(role: Role) -> Self {
        let message = format!("this takes the role {role}: ask with a token that has it");
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// A link is not one of ours, or no longer one.
    pub(crate) fn link(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Foreign => {
                let message = "this link is not one of ours, or was cut on its way: copy it whole \
                     out of the message";
                Self::new(StatusCode::FORBIDDEN, "invalid_link", message)
            }
            Invalid::Expired => {
                let message = "this link has expired: use that of a newer message, or the \
                     collector's page";
                Self::new(StatusCode::GONE, "expired_link", message)
            }
        }
    }

    /// A page of another origin asks.
    pub(crate) fn foreign_page() -> Self {
        let message = "a page of another origin may not do this; if it is your own, behind a \
             proxy, name its origin in `extensions.dashboard.auth.allowed_origins`";
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", message)
    }

    /// The path takes a WebSocket.
    pub(crate) fn no_socket() -> Self {
        let message = "this takes a WebSocket: ask for an upgrade";
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
    }

    /// Nobody else finds room.
    pub(crate) fn too_many_sockets() -> Self {
        let message = "there are as many sockets as there may be: ask again later, or poll";
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_sockets", message);
        Self { wait: Some(Duration::from_secs(5)), ..error }
    }

    /// It took too long to send.
    pub(crate) fn too_slow(most: Duration) -> Self {
        let message = format!("the request was not there and answered within {most:?}");
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message)
    }

    /// That was asked too often.
    pub(crate) fn too_many(wait: Duration) -> Self {
        let message = "too often: ask again after the time that `Retry-After` says";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message);
        Self { wait: Some(wait), ..error }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(error: JsonRejection) -> Self {
        Self::json(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message, wait } = self;
        let refusal = Refusal(format!("{code}: {message}"));
        let mut answer = (status, Json(Problem { error: Inner { code, message } })).into_response();
        answer.extensions_mut().insert(refusal);
        let headers = answer.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if let Some(wait) = wait {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        answer
    }
}

//! Errors as the outside sees them: a status, a stable code and a sentence.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer that is not the one asked for.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Problem {
    error: Inner,
}

#[derive(Serialize)]
struct Inner {
    code: &'static str,
    message: String,
}

impl ApiError {
    /// The store failed or took too long.
    pub(crate) fn store() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "store_unavailable",
            message: "the history cannot be read now: the collector's log says why".to_owned(),
        }
    }

    /// There is no such thing.
    pub(crate) fn not_found(message: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "not_found", message }
    }

    /// The query is wrong.
    pub(crate) fn query(message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "invalid_query", message }
    }

    /// The path takes other methods only.
    pub(crate) fn method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "method_not_allowed",
            message: "this path takes GET and HEAD only".to_owned(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        (status, Json(Problem { error: Inner { code, message } })).into_response()
    }
}

//! What a client is told when something goes wrong.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// Says why a request was not answered as the client hoped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user name and the password do not belong together.
    #[error("wrong user name or password")]
    WrongCredentials,
    /// The request has no valid bearer token.
    #[error("log in first: the request has no valid bearer token")]
    Unauthenticated,
    /// There is no user with that id.
    #[error("there is no such user")]
    UnknownUser,
    /// The database did not answer; clients learn no more than that.
    #[error("the service is not available")]
    Store(#[from] StoreError),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::WrongCredentials | Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::UnknownUser => StatusCode::NOT_FOUND,
            Self::Store(error) => {
                tracing::error!(%error, "the database did not answer");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

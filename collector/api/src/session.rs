//! How a browser shows its token: a cookie that no script can read and no other site can use.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Extension};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bellwether_core::access::Role;
use bellwether_core::settings::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{COOKIE, Door, Who};
use crate::body::{Sent, read};
use crate::error::ApiError;

/// Who asks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Session {
    /// The name of the token, or `loopback`.
    name: String,
    /// What they may do.
    role: Role,
}

impl From<Who> for Session {
    fn from(who: Who) -> Self {
        Self { name: who.name, role: who.role }
    }
}

/// What a browser begins with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The token.
    token: Secret,
}

pub(crate) async fn who(Extension(who): Extension<Who>) -> Json<Session> {
    Json(who.into())
}

pub(crate) async fn begin(
    Extension(door): Extension<Door>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Sent<Login>,
) -> Result<Response, ApiError> {
    let Login { token } = read(body)?;
    let from = from.map(|it| it.0.0.ip().to_canonical());
    let who = door.whose(token.expose().trim(), from)?;
    let cookie = cookie(&headers, token.expose().trim(), "");
    Ok(([(header::SET_COOKIE, cookie)], Json(Session::from(who))).into_response())
}

pub(crate) async fn end(headers: HeaderMap) -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&headers, "", "; Max-Age=0"))])
}

/// Writes the cookie. It lasts as long as the browser runs, and where the page came over TLS it
/// goes over nothing else.
fn cookie(headers: &HeaderMap, value: &str, end: &str) -> HeaderValue {
    let origin = headers.get(header::ORIGIN).map_or(&b""[..], HeaderValue::as_bytes);
    let secure = if origin.starts_with(b"https://") { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}");
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

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

use crate::access::{COOKIE, Door, Proof, Who, cookie, session_cookie};
use crate::body::{Sent, read};
use crate::error::ApiError;

/// Who asks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Session {
    /// The name of the token, what an identity provider calls them, or `loopback`.
    name: String,
    /// What they may do.
    role: Role,
    /// Where to go, once the cookie is taken away, to sign out at the identity provider too.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_out_at: Option<String>,
}

impl Session {
    fn of(who: Who, door: &Door) -> Self {
        let sign_out_at = match &who.proof {
            Proof::Session(key) => door.oidc().and_then(|it| it.leave(key)),
            _ => None,
        };
        Self { name: who.name, role: who.role, sign_out_at }
    }
}

/// What a browser begins with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The token.
    token: Secret,
}

pub(crate) async fn who(
    Extension(door): Extension<Door>,
    Extension(who): Extension<Who>,
) -> Json<Session> {
    Json(Session::of(who, &door))
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
    let cookie = session_cookie(token.expose().trim(), is_secure(&headers), "");
    Ok(([(header::SET_COOKIE, cookie)], Json(Session::of(who, &door))).into_response())
}

pub(crate) async fn end(Extension(door): Extension<Door>, headers: HeaderMap) -> impl IntoResponse {
    if let (Some(oidc), Some(value)) = (door.oidc(), cookie(&headers, COOKIE)) {
        oidc.end(value);
    }
    let gone = session_cookie("", is_secure(&headers), "; Max-Age=0");
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)])
}

/// Says whether the page came over TLS.
fn is_secure(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).map_or(&b""[..], HeaderValue::as_bytes);
    origin.starts_with(b"https://")
}

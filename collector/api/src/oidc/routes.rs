//! What a browser does to be signed in.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Oidc;
use super::attempt::{Attempt, COOKIE, PATH, TIME};
use super::flow::Brought;
use super::refused::Refused;
use crate::access::{self, Door};
use crate::api::Api;
use crate::error::ApiError;
use crate::page;

/// How one can sign in, beside a token.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LoginWays {
    /// By an OpenID Connect provider, where one is configured.
    oidc: Option<OidcWay>,
}

/// An OpenID Connect provider.
#[derive(Debug, Serialize, JsonSchema)]
struct OidcWay {
    /// What people call it.
    name: String,
    /// Where to send the browser; `?to=` names the page to show afterwards.
    path: &'static str,
}

/// Which page to show afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct To {
    to: Option<String>,
}

pub(crate) async fn ways(Extension(door): Extension<Door>) -> Json<LoginWays> {
    let oidc = door.oidc().map(|it| OidcWay { name: it.settings.name().to_owned(), path: PATH });
    Json(LoginWays { oidc })
}

/// Sends a browser to the provider.
pub(crate) async fn begin(
    Extension(door): Extension<Door>,
    query: Result<Query<To>, QueryRejection>,
) -> Result<Response, ApiError> {
    let oidc = door.oidc().ok_or_else(missing)?;
    let Query(To { to }) = query.map_err(|error| ApiError::query(error.body_text()))?;
    let begun = match Attempt::begin(to.as_deref()) {
        Some(attempt) => oidc.lead(&attempt).await.map(|url| (attempt, url)),
        None => Err(Refused::Random),
    };
    let (attempt, url) = match begun {
        Ok(begun) => begun,
        Err(why) => return Ok(refuse(oidc, &why)),
    };
    let time = format!("; Max-Age={}", TIME.as_secs());
    let cookies = [(header::SET_COOKIE, cookie(oidc, &attempt.value(), &time))];
    let location = HeaderValue::from_str(&url);
    let location = location.map_err(|_| ApiError::not_found("no such provider".to_owned()))?;
    Ok((StatusCode::SEE_OTHER, cookies, [(header::LOCATION, location)]).into_response())
}

/// Takes a browser that comes back from the provider.
pub(crate) async fn back(
    State(api): State<Api>,
    Extension(door): Extension<Door>,
    headers: HeaderMap,
    query: Result<Query<Brought>, QueryRejection>,
) -> Result<Response, ApiError> {
    let oidc = door.oidc().ok_or_else(missing)?;
    let attempt = access::cookie(&headers, COOKIE).and_then(Attempt::read);
    let brought = query.map(|it| it.0).unwrap_or_default();
    let entered = match oidc.enter(attempt.as_ref(), &brought, api.now()).await {
        Ok(entered) => entered,
        Err(why) => return Ok(refuse(oidc, &why)),
    };
    let person = &entered.person;
    tracing::info!(name = person.name, subject = person.subject, role = %person.role, "signed in");
    let to = attempt.map_or_else(|| "/".to_owned(), |it| it.to);
    // a page, and not a redirection: a browser that is still on its way from the provider would not
    // show the cookie, which no other site may send
    let page = Html(page::sign_in::done(&person.name, person.role, &to));
    let secure = oidc.settings.is_secure();
    let mut answer = page.into_response();
    let mut add = |cookie| answer.headers_mut().append(header::SET_COOKIE, cookie);
    add(access::session_cookie(&entered.value, secure, ""));
    add(cookie(oidc, "", "; Max-Age=0"));
    Ok(answer)
}

fn missing() -> ApiError {
    let message = "nobody signs in by OpenID Connect here: `extensions.dashboard.auth.oidc` is not \
                   configured";
    ApiError::not_found(message.to_owned())
}

/// Says why somebody is not signed in: to them what helps them, to the log the rest.
fn refuse(oidc: &Oidc, why: &Refused) -> Response {
    let issuer = &oidc.settings.issuer;
    match why {
        // anybody can come by with one, as often as they like
        Refused::Stray => tracing::debug!(issuer, "not signed in: {why}"),
        _ => tracing::warn!(issuer, detail = why.detail(), "not signed in: {why}"),
    }
    let page = Html(page::sign_in::refused(why, PATH));
    let mut answer = (why.status(), page).into_response();
    answer.headers_mut().insert(header::SET_COOKIE, cookie(oidc, "", "; Max-Age=0"));
    answer
}

/// Writes the cookie of a try, which comes along when the provider leads back.
fn cookie(oidc: &Oidc, value: &str, end: &str) -> HeaderValue {
    let secure = if oidc.settings.is_secure() { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path={PATH}; HttpOnly; SameSite=Lax{secure}{end}");
    access::sensitive(&text)
}

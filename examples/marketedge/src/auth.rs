//! Sign-in: a user name and a password for a bearer token.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use bellwether::routing::{Router, get, post};
use serde::{Deserialize, Serialize};

use crate::{App, Error, User};

pub(crate) fn router() -> Router<App> {
    Router::new().route("/login", post(login)).route("/me", get(me))
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
}

async fn login(
    State(app): State<App>,
    Json(credentials): Json<Credentials>,
) -> Result<Json<Token>, Error> {
    let access_token = app
        .store
        .open_session(&credentials.username, &credentials.password)
        .await?
        .ok_or(Error::WrongCredentials)?;
    Ok(Json(Token { access_token, token_type: "Bearer" }))
}

async fn me(user: User) -> Json<User> {
    Json(user)
}

/// The user of a request is whoever its bearer token was given to.
impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let token = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Error::Unauthenticated)?;
        app.store.user_of_session(token).await?.ok_or(Error::Unauthenticated)
    }
}

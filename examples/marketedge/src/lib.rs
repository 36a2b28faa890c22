//! The example service: an API whose admin router can go missing without anybody noticing.
//!
//! Its `admin` router once failed to import. The process started, `/health` said 200, the admin endpoints answered 404, and
//! nobody was told. `--without-admin` reproduces exactly that, and nothing else goes wrong.

mod admin;
mod args;
mod auth;
mod error;
pub mod faults;
mod stop;
mod store;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State;
use bellwether::routing::{Router, get};
use serde_json::{Value, json};

pub use args::Args;
pub use error::Error;
pub use stop::stop_signal;
pub use store::{Store, StoreError, User};

/// Holds what the handlers share.
#[derive(Debug, Clone)]
pub struct App {
    store: Store,
    issuer: String,
}

impl App {
    /// Creates the state of the handlers.
    pub fn new(store: Store, args: &Args) -> Self {
        Self { store, issuer: args.issuer.clone() }
    }
}

/// Mounts the routes; the admin router only unless the failure of the story is asked for.
pub fn router(app: App, args: &Args) -> Router {
    let mut api = Router::new().nest("/auth", auth::router());
    if !args.without_admin {
        api = api.nest("/admin", admin::router());
    }
    Router::new()
        .route("/health", get(health))
        .route("/.well-known/openid-configuration", get(openid_configuration))
        .nest("/api/v1", api)
        .with_state(app)
}

/// Says 200 whatever happens: the health endpoint that most services have, and that noticed nothing.
async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Describes the sign-in to OpenID Connect clients.
async fn openid_configuration(State(app): State<App>) -> Json<Value> {
    let issuer = app.issuer.trim_end_matches('/');
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/api/v1/auth/login"),
        "userinfo_endpoint": format!("{issuer}/api/v1/auth/me"),
        "grant_types_supported": ["password"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["none"],
    }))
}

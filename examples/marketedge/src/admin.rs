//! The admin panel: what Zebra Associates pays for, and what went missing.

use axum::Json;
use axum::extract::{Path, State};
use bellwether::routing::{Router, get};
use serde_json::{Value, json};

use crate::{App, Error, User};

pub(crate) fn router() -> Router<App> {
    Router::new().route("/dashboard", get(dashboard)).route("/users/{id}", get(user))
}

async fn dashboard(user: User) -> Json<Value> {
    Json(json!({
        "tenant": user.tenant,
        "reports": ["cinema analytics", "opening weekends"],
    }))
}

/// Answers a 404 of its own for an id that does not exist in the caller's tenant.
async fn user(
    State(app): State<App>,
    caller: User,
    Path(id): Path<String>,
) -> Result<Json<User>, Error> {
    let user = app.store.user_of_tenant(&id, &caller.tenant).await?;
    user.map(Json).ok_or(Error::UnknownUser)
}

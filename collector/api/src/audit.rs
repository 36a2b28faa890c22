//! Who did what.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use bellwether_core::access::{self, Outcome, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::error::ApiError;
use crate::routes::Page;
use crate::view::Time;

/// What people did.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Audit {
    /// Newest first.
    audit: Vec<Entry>,
}

/// What somebody did.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct Entry {
    /// Tells it from every other.
    id: String,
    /// When it was asked for.
    at: Time,
    /// The name of the token, whom a link was written to, who somebody without either says they
    /// are, or `loopback`.
    by: String,
    /// What they might do.
    role: Role,
    /// The address that it was asked from.
    from: String,
    /// The method and the route.
    act: String,
    /// The path.
    about: String,
    /// What was sent, shortened.
    body: String,
    /// What became of it.
    outcome: Outcome,
    /// Why it was refused.
    why: Option<String>,
}

impl From<access::AuditEntry> for Entry {
    fn from(it: access::AuditEntry) -> Self {
        let access::AuditEntry { id, at, by, role, from, act, about, body, outcome, why } = it;
        Self { id, at: at.into(), by, role, from, act, about, body, outcome, why }
    }
}

pub(crate) async fn newest(
    State(api): State<Api>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Audit>, ApiError> {
    let entries = api.audit(Page::limit(query)?).await?;
    Ok(Json(Audit { audit: entries.into_iter().map(Entry::from).collect() }))
}

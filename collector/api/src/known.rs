//! What the configuration says, and what its rules found.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use bellwether_core::ids::RuleId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::error::ApiError;
use crate::range::{read, within};
use crate::routes::{MOST, USUAL};
use crate::view::{Alert, Catalog, Rule};

pub(crate) async fn catalog(State(api): State<Api>) -> Json<Catalog> {
    Json(Catalog::from(&api.known().catalog))
}

/// The rules that hold.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

pub(crate) async fn rules(State(api): State<Api>) -> Json<Rules> {
    Json(Rules { rules: api.known().rules.clone() })
}

/// Which alerts.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Which {
    rule: Option<RuleId>,
    limit: u32,
}

impl Default for Which {
    fn default() -> Self {
        Self { rule: None, limit: USUAL }
    }
}

/// What rules found last.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Alerts {
    /// By rule and labels.
    alerts: Vec<Alert>,
}

pub(crate) async fn alerts(
    State(api): State<Api>,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Alerts>, ApiError> {
    let Which { rule, limit } = read(query)?;
    let limit = within("limit", limit, 1, MOST)?;
    let alerts = api.ask(|store| store.standing_alerts(rule.as_ref(), limit)).await?;
    Ok(Json(Alerts { alerts: alerts.iter().map(Alert::from).collect() }))
}

//! What people say of routes that are gone.

use axum::Json;
use axum::extract::{Extension, State};
use bellwether_core::act::Refused;
use bellwether_core::facts::Removal;
use bellwether_core::ids::Service;
use bellwether_core::route::{Route, RoutePattern};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{LOOPBACK, Who};
use crate::api::Api;
use crate::body::{Sent, read};
use crate::error::ApiError;

/// Longer texts are not kept.
const LONGEST_NAME: usize = 200;
const LONGEST_WHY: usize = 2_000;

/// More patterns at once are a mistake.
const MOST_PATTERNS: usize = 1_000;

/// Routes that are gone on purpose.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    /// Whose routes.
    #[schemars(with = "String")]
    service: Service,
    /// Which ones, as patterns.
    routes: Vec<RoutePattern>,
    /// Who says so, of whoever shows no token; the name of the token otherwise.
    by: Option<String>,
    /// Why they are gone.
    why: String,
}

impl Accept {
    fn check(self, who: Who) -> Result<Removal, ApiError> {
        let Self { service, routes, by, why } = self;
        let by = by.filter(|_| who.name == LOOPBACK).unwrap_or(who.name);
        text("by", &by, LONGEST_NAME)?;
        text("why", &why, LONGEST_WHY)?;
        if routes.is_empty() || routes.len() > MOST_PATTERNS {
            return Err(ApiError::body(format!("`routes` names 1 to {MOST_PATTERNS} routes")));
        }
        Ok(Removal { service, routes, by, why })
    }
}

fn text(name: &str, text: &str, most: usize) -> Result<(), ApiError> {
    match text.trim().is_empty() {
        true => Err(ApiError::body(format!("`{name}` is empty: history tells it later"))),
        false if text.len() > most => {
            Err(ApiError::body(format!("`{name}` is longer than {most} bytes")))
        }
        false => Ok(()),
    }
}

/// What was accepted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AcceptedRoutes")]
pub(crate) struct Accepted {
    /// The routes that are gone on purpose.
    accepted: Vec<Route>,
}

/// Takes the removal of routes for meant.
pub(crate) async fn accept_routes(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    body: Sent<Accept>,
) -> Result<Json<Accepted>, ApiError> {
    let accept = read(body)?;
    let removal = accept.check(who)?;
    match api.accept(removal).await {
        Ok(routes) => Ok(Json(Accepted { accepted: routes })),
        Err(Refused::Later(_)) => Err(ApiError::store()),
        Err(refused) => Err(refused.into()),
    }
}

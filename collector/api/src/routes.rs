//! The routes, one handler each.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::Who;
use crate::api::Api;
use crate::error::ApiError;
use crate::page;
use crate::parts::Parts;
use crate::view::{Incident, Snapshot, StreamState, Transition};

/// The most records that one answer holds.
const MOST: u32 = 1_000;

/// How many records an answer holds when nobody asks for another number.
const USUAL: u32 = 50;

pub(crate) async fn index(State(api): State<Api>) -> Html<String> {
    Html(page::render(&api.snapshot()))
}

pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE)
}

pub(crate) async fn livez() -> impl IntoResponse {
    Json(json!({ "alive": true }))
}

#[derive(Serialize)]
struct Readiness<'a> {
    ready: bool,
    reasons: Vec<String>,
    warnings: Vec<String>,
    destinations: Vec<DestinationReadiness<'a>>,
}

#[derive(Serialize)]
struct DestinationReadiness<'a> {
    name: &'a str,
    signals: Option<StreamState>,
    notices: Option<StreamState>,
}

/// Ready means that telemetry is taken and judged, and that history can be kept. A vendor
/// that is down does not make the collector unready: what it is owed waits.
/// Whoever may not look learns whether, and not why.
pub(crate) async fn readyz(
    State(api): State<Api>,
    who: Option<Extension<Who>>,
) -> impl IntoResponse {
    let snapshot = api.snapshot();
    let mut reasons = snapshot.collector.problems.clone();
    if !snapshot.collector.ready && reasons.is_empty() {
        reasons.push("the collector is starting: nothing was evaluated yet".to_owned());
    }
    if api.ask(|store| store.incidents(1)).await.is_err() {
        reasons.push("the history cannot be read: the collector's log says why".to_owned());
    }
    let destinations = snapshot.destinations.iter().map(|it| DestinationReadiness {
        name: it.name.as_str(),
        signals: it.signals.as_ref().map(|stream| stream.state),
        notices: it.notices.as_ref().map(|stream| stream.state),
    });
    let warnings = snapshot.collector.warnings.clone();
    let readiness = Readiness {
        ready: reasons.is_empty(),
        reasons,
        warnings,
        destinations: destinations.collect(),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match who {
        Some(_) => (status, Json(json!(readiness))),
        None => (status, Json(json!({ "ready": readiness.ready }))),
    }
}

/// Prometheus's text format.
pub(crate) async fn metrics(State(api): State<Api>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.metrics())
}

/// Tells of every part how it is. The answer's status is that of readiness.
pub(crate) async fn parts(State(api): State<Api>) -> impl IntoResponse {
    let parts = Parts::of(&api.snapshot());
    let ready = if parts.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (ready, Json(parts))
}

pub(crate) async fn status(State(api): State<Api>) -> Json<Snapshot> {
    Json(Snapshot::clone(&api.snapshot()))
}

pub(crate) async fn components(State(api): State<Api>) -> impl IntoResponse {
    Json(json!({ "components": api.snapshot().components }))
}

pub(crate) async fn services(State(api): State<Api>) -> impl IntoResponse {
    Json(json!({ "services": api.snapshot().services }))
}

pub(crate) async fn destinations(State(api): State<Api>) -> impl IntoResponse {
    Json(json!({ "destinations": api.snapshot().destinations }))
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Page {
    limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: USUAL }
    }
}

impl Page {
    pub(crate) fn limit(query: Result<Query<Self>, QueryRejection>) -> Result<u32, ApiError> {
        let Query(page) = query.map_err(|error| ApiError::query(error.body_text()))?;
        if (1..=MOST).contains(&page.limit) {
            Ok(page.limit)
        } else {
            Err(ApiError::query(format!("limit is {}: write 1 to {MOST}", page.limit)))
        }
    }
}

pub(crate) async fn incidents(
    State(api): State<Api>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = Page::limit(query)?;
    let incidents = api.ask(|store| store.incidents(limit)).await?;
    let incidents: Vec<Incident> = incidents.iter().map(Incident::from).collect();
    Ok(Json(json!({ "incidents": incidents })))
}

/// Looks among the open incidents, then among the newest of the store.
pub(crate) async fn incident(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Json<Incident>, ApiError> {
    let snapshot = api.snapshot();
    if let Some(open) = snapshot.incidents.iter().find(|it| it.id.as_str() == id) {
        return Ok(Json(open.clone()));
    }
    let newest = api.ask(|store| store.incidents(MOST)).await?;
    newest
        .iter()
        .find(|it| it.id.as_str() == id)
        .map(|it| Json(Incident::from(it)))
        .ok_or_else(|| ApiError::not_found(format!("no incident `{id}` among the newest {MOST}")))
}

pub(crate) async fn transitions(
    State(api): State<Api>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = Page::limit(query)?;
    let transitions = api.ask(|store| store.transitions(limit)).await?;
    let transitions: Vec<Transition> = transitions.iter().map(Transition::from).collect();
    Ok(Json(json!({ "transitions": transitions })))
}

pub(crate) async fn unknown(uri: Uri) -> ApiError {
    ApiError::not_found(format!("nothing is served under {}", uri.path()))
}

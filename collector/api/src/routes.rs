//! The routes, one handler each.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse};
use bellwether_core::ids;
use bellwether_core::notice::Notice;
use bellwether_core::store::Addressed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Who;
use crate::api::Api;
use crate::dashboard;
use crate::error::ApiError;
use crate::openapi;
use crate::page;
use crate::parts;
use crate::range::{read, within};
use crate::view::{
    Component, Destination, Incident, Notification, Service, Snapshot, StreamState, Transition,
};

/// The most records that one answer holds.
pub(crate) const MOST: u32 = 1_000;

/// How many records an answer holds when nobody asks for another number.
pub(crate) const USUAL: u32 = 50;

pub(crate) async fn plain(State(api): State<Api>) -> Html<String> {
    Html(page::render(&api.snapshot(), dashboard::is_built_in()))
}

pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE)
}

/// That the process answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Alive {
    /// Always.
    alive: bool,
}

pub(crate) async fn livez() -> Json<Alive> {
    Json(Alive { alive: true })
}

/// Whether telemetry is taken, judged and kept.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Readiness {
    /// Whether.
    ready: bool,
    /// For viewers only.
    #[serde(flatten)]
    why: Option<Why>,
}

#[derive(Serialize, JsonSchema)]
struct Why {
    /// Why it is not ready.
    reasons: Vec<String>,
    /// What is wrong besides.
    warnings: Vec<String>,
    /// How destinations are; none of them makes the collector unready.
    destinations: Vec<DestinationReadiness>,
}

#[derive(Serialize, JsonSchema)]
struct DestinationReadiness {
    #[schemars(with = "String")]
    name: ids::Destination,
    signals: Option<StreamState>,
    notices: Option<StreamState>,
    metrics: Option<StreamState>,
}

/// Ready means that telemetry is taken and judged, and that history can be kept. A vendor
/// that is down does not make the collector unready: what it is owed waits.
/// Whoever may not look learns whether, and not why.
pub(crate) async fn readyz(
    State(api): State<Api>,
    who: Option<Extension<Who>>,
) -> (StatusCode, Json<Readiness>) {
    let snapshot = api.snapshot();
    let mut reasons = snapshot.collector.problems.clone();
    if !snapshot.collector.ready && reasons.is_empty() {
        reasons.push("the collector is starting: nothing was evaluated yet".to_owned());
    }
    if api.ask(|store| store.incidents(1)).await.is_err() {
        reasons.push("the history cannot be read: the collector's log says why".to_owned());
    }
    let destinations = snapshot.destinations.iter().map(|it| DestinationReadiness {
        name: it.name.clone(),
        signals: it.signals.as_ref().map(|stream| stream.state),
        notices: it.notices.as_ref().map(|stream| stream.state),
        metrics: it.metrics.as_ref().map(|stream| stream.state),
    });
    let warnings = snapshot.collector.warnings.clone();
    let ready = reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let why = who.map(|_| Why { reasons, warnings, destinations: destinations.collect() });
    (status, Json(Readiness { ready, why }))
}

/// Prometheus's text format.
pub(crate) async fn metrics(State(api): State<Api>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.metrics())
}

/// Tells of every part how it is. The answer's status is that of readiness.
pub(crate) async fn parts(State(api): State<Api>) -> impl IntoResponse {
    let parts = parts::Parts::of(&api.snapshot());
    let ready = if parts.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (ready, Json(parts))
}

pub(crate) async fn status(State(api): State<Api>) -> Json<Snapshot> {
    Json(Snapshot::clone(&api.snapshot()))
}

/// Every component of the catalog.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Components {
    components: Vec<Component>,
}

pub(crate) async fn components(State(api): State<Api>) -> Json<Components> {
    Json(Components { components: api.snapshot().components.clone() })
}

/// Every service that reported.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Services {
    services: Vec<Service>,
}

pub(crate) async fn services(State(api): State<Api>) -> Json<Services> {
    Json(Services { services: api.snapshot().services.clone() })
}

/// Every destination.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Destinations {
    destinations: Vec<Destination>,
}

pub(crate) async fn destinations(State(api): State<Api>) -> Json<Destinations> {
    Json(Destinations { destinations: api.snapshot().destinations.clone() })
}

/// The document, which is the same as long as the program is.
pub(crate) async fn openapi() -> Json<&'static serde_json::Value> {
    static DOCUMENT: LazyLock<serde_json::Value> = LazyLock::new(openapi::document);
    Json(&DOCUMENT)
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
        within("limit", read(query)?.limit, 1, MOST)
    }
}

/// Incidents, newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Incidents {
    incidents: Vec<Incident>,
}

pub(crate) async fn incidents(
    State(api): State<Api>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Incidents>, ApiError> {
    let limit = Page::limit(query)?;
    let incidents = api.ask(|store| store.incidents(limit)).await?;
    let incidents: Vec<Incident> = incidents.iter().map(Incident::from).collect();
    Ok(Json(Incidents { incidents }))
}

/// What a path names.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = id.map_err(|error| ApiError::path(error.body_text()))?;
        // PostgreSQL has no text with it, so that nothing has such an id
        if id.contains('\0') {
            return Err(ApiError::not_found("nothing has such an id".to_owned()));
        }
        Ok(Self(id))
    }
}

/// Looks among the open incidents, whose newest change may not be stored, then in the store.
pub(crate) async fn incident(
    State(api): State<Api>,
    Id(id): Id,
) -> Result<Json<Incident>, ApiError> {
    Ok(Json(find(&api, &id.into()).await?))
}

/// Finds an incident, open or over.
pub(crate) async fn find(api: &Api, id: &ids::IncidentId) -> Result<Incident, ApiError> {
    let snapshot = api.snapshot();
    if let Some(open) = snapshot.incidents.iter().find(|it| it.id == *id) {
        return Ok(open.clone());
    }
    let found = api.ask(|store| store.incident(id)).await?;
    found
        .map(|it| Incident::from(&it))
        .ok_or_else(|| ApiError::not_found(format!("there is no incident `{id}`")))
}

/// Changes of state, newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Transitions {
    transitions: Vec<Transition>,
}

pub(crate) async fn transitions(
    State(api): State<Api>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Transitions>, ApiError> {
    let limit = Page::limit(query)?;
    let transitions = api.ask(|store| store.transitions(limit)).await?;
    let transitions: Vec<Transition> = transitions.iter().map(Transition::from).collect();
    Ok(Json(Transitions { transitions }))
}

/// Messages.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Notifications {
    notifications: Vec<Notification>,
}

/// Which messages.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sought {
    incident: Option<ids::IncidentId>,
    destination: Option<ids::Destination>,
    limit: u32,
}

impl Default for Sought {
    fn default() -> Self {
        Self { incident: None, destination: None, limit: USUAL }
    }
}

pub(crate) async fn notifications(
    State(api): State<Api>,
    query: Result<Query<Sought>, QueryRejection>,
) -> Result<Json<Notifications>, ApiError> {
    let Sought { incident, destination, limit } = read(query)?;
    let limit = within("limit", limit, 1, MOST)?;
    let subject = incident.as_ref().map(Notice::incident_subject);
    let of = Addressed { subject, destination };
    let notifications = api.ask(|store| store.notifications(&of, limit)).await?;
    let notifications: Vec<Notification> = notifications.iter().map(Notification::from).collect();
    Ok(Json(Notifications { notifications }))
}

pub(crate) async fn unknown(uri: Uri) -> ApiError {
    ApiError::not_found(format!("nothing is served under {}", uri.path()))
}

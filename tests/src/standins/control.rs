//! The stand-in's own pages, which no vendor has: `/` and `/_standin/...`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{fault::FaultPlan, html, server::App, vendor::Vendor};

/// How many requests the human page lists.
const LISTED: usize = 20;

/// Shows a person what the vendor has stored and the last requests.
pub(crate) async fn page<V: Vendor>(State(app): State<Arc<App<V>>>) -> Html<String> {
    let requests = html::requests(&app.records.newest(0, LISTED));
    let inside = format!("{}\n<h2>Last requests</h2>{requests}", app.vendor.page());
    Html(html::page(app.vendor.name(), &(app.clock)(), &inside))
}

/// Answers what the vendor has stored.
pub(crate) async fn state<V: Vendor>(State(app): State<Arc<App<V>>>) -> Json<Value> {
    Json(app.vendor.state())
}

/// Selects records.
#[derive(Deserialize)]
pub(crate) struct Selection {
    /// Only those with a higher sequence number.
    #[serde(default)]
    after: u64,
    /// At most this many of the newest.
    #[serde(default = "thousand")]
    limit: usize,
}

fn thousand() -> usize {
    1000
}

/// Answers the request records, oldest first.
pub(crate) async fn records<V: Vendor>(
    State(app): State<Arc<App<V>>>,
    Query(selection): Query<Selection>,
) -> Json<Value> {
    let records = app.records.newest(selection.after, selection.limit);
    Json(json!({ "records": records }))
}

/// Answers the faults that are not used up.
pub(crate) async fn faults<V: Vendor>(State(app): State<Arc<App<V>>>) -> Json<Value> {
    Json(json!({ "faults": app.faults.pending() }))
}

/// Plans a fault from its JSON form.
pub(crate) async fn plan<V: Vendor>(State(app): State<Arc<App<V>>>, body: Bytes) -> Response {
    match serde_json::from_slice::<FaultPlan>(&body) {
        Ok(plan) => {
            let answer = Json(json!({ "planned": plan })).into_response();
            app.plan(plan);
            answer
        }
        Err(error) => {
            let help = format!("not a fault plan: {error}; see docs/stand-ins.md");
            (StatusCode::BAD_REQUEST, Json(json!({ "error": help }))).into_response()
        }
    }
}

/// Forgets all faults and answers what is held.
pub(crate) async fn clear<V: Vendor>(State(app): State<Arc<App<V>>>) -> StatusCode {
    app.faults.clear();
    app.door.admit();
    StatusCode::NO_CONTENT
}

/// Answers what is held.
pub(crate) async fn release<V: Vendor>(State(app): State<Arc<App<V>>>) -> StatusCode {
    app.faults.release();
    StatusCode::NO_CONTENT
}

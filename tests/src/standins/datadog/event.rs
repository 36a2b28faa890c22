//! Datadog's v2 events: the schema of `POST /api/v2/events`.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::standins::{
    body::media_type,
    lock,
    schema::Checker,
    vendor::{Answer, Call},
};

use super::Datadog;

/// Older events are refused.
const OLDEST: SignedDuration = SignedDuration::from_hours(18);

impl Datadog {
    /// Judges an event and applies it to the alerts.
    pub(super) fn create_event(&self, call: &Call) -> Answer {
        if !self.has_api_key(call) || !self.has_application_key(call) {
            let why = "missing or wrong DD-API-KEY or DD-APPLICATION-KEY; both are needed";
            return errors(StatusCode::FORBIDDEN, "Forbidden", &[why.to_owned()]);
        }
        if media_type(&call.headers).as_deref() != Some("application/json") {
            let why = "content-type must be application/json".to_owned();
            return errors(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", &[why]);
        }
        let body: Value = match serde_json::from_slice(&call.body) {
            Ok(body) => body,
            Err(error) => return bad(&[format!("body is not JSON: {error}")]),
        };
        let problems = problems(&body, call.now);
        if !problems.is_empty() {
            return bad(&problems).about_body(&call.body);
        }
        let uid = lock(&self.alerts).apply(&body, call.now);
        let evt = json!({ "attributes": { "evt": { "uid": uid } } });
        let answer = json!({ "data": { "type": "event", "attributes": evt } });
        Answer::json(StatusCode::ACCEPTED, &answer).about_body(&call.body)
    }
}

fn bad(problems: &[String]) -> Answer {
    errors(StatusCode::BAD_REQUEST, "Bad Request", problems)
}

fn errors(status: StatusCode, title: &str, problems: &[String]) -> Answer {
    let errors: Vec<Value> = problems
        .iter()
        .map(|detail| json!({ "status": status.as_u16().to_string(), "title": title, "detail": detail }))
        .collect();
    Answer::json(status, &json!({ "errors": errors })).because(problems.join("; "))
}

/// Lists everything that is wrong with an event.
pub(super) fn problems(body: &Value, now: Timestamp) -> Vec<String> {
    let mut check = Checker::default();
    envelope(&mut check, body, now);
    check.into_problems()
}

fn envelope(check: &mut Checker, body: &Value, now: Timestamp) {
    let Some(root) = check.object("body", body, &["data"], &[]) else { return };
    let Some(data) = root.get("data") else { return };
    let Some(data) = check.object("data", data, &["type", "attributes"], &[]) else { return };
    check.one_of("data.type", data.get("type"), &["event"]);
    let Some(attributes) = data.get("attributes") else { return };
    let required = ["title", "category", "attributes"];
    let optional = ["message", "aggregation_key", "host", "tags", "timestamp", "integration_id"];
    let at = "data.attributes";
    let Some(event) = check.object(at, attributes, &required, &optional) else { return };

    check.text("title", event.get("title"), 1, 500);
    check.text("message", event.get("message"), 1, 4000);
    check.text("aggregation_key", event.get("aggregation_key"), 1, 100);
    check.text("host", event.get("host"), 1, 255);
    check.one_of("integration_id", event.get("integration_id"), &["custom-events"]);
    for tag in check.list("tags", event.get("tags"), 1, 100) {
        check.text("tags[]", Some(tag), 1, 200);
    }
    timestamp(check, event.get("timestamp"), now);
    check.one_of("category", event.get("category"), &["alert", "change"]);
    let Some(inner) = event.get("attributes") else { return };
    match event.get("category").and_then(Value::as_str) {
        Some("alert") => alert(check, inner),
        Some("change") => change(check, inner),
        _ => {}
    }
}

fn timestamp(check: &mut Checker, value: Option<&Value>, now: Timestamp) {
    let Some(value) = value else { return };
    match value.as_str().map(str::parse::<Timestamp>) {
        Some(Ok(at)) if now.duration_since(at) > OLDEST => {
            check.problem("timestamp", "is older than 18 hours");
        }
        Some(Ok(_)) => {}
        _ => check.problem("timestamp", "must be an ISO 8601 time with an offset"),
    }
}

fn alert(check: &mut Checker, value: &Value) {
    let optional = ["priority", "links", "custom"];
    let Some(alert) = check.object("attributes", value, &["status"], &optional) else { return };
    check.one_of("attributes.status", alert.get("status"), &["warn", "error", "ok"]);
    check.one_of("attributes.priority", alert.get("priority"), &["1", "2", "3", "4", "5"]);
    check.free_form("attributes.custom", alert.get("custom"), 100, 10);
    for link in check.list("attributes.links", alert.get("links"), 1, 20) {
        let at = "attributes.links[]";
        let Some(link) = check.object(at, link, &["url", "category"], &["title"]) else { continue };
        check.text("attributes.links[].url", link.get("url"), 1, 2048);
        check.text("attributes.links[].title", link.get("title"), 1, 300);
        let allowed = ["runbook", "documentation", "dashboard", "resource"];
        check.one_of("attributes.links[].category", link.get("category"), &allowed);
    }
}

fn change(check: &mut Checker, value: &Value) {
    let at = "attributes";
    let optional = ["author", "change_metadata", "impacted_resources", "new_value", "prev_value"];
    let Some(change) = check.object(at, value, &["changed_resource"], &optional) else { return };
    if let Some(resource) = change.get("changed_resource") {
        let types = ["feature_flag", "configuration"];
        named(check, "attributes.changed_resource", resource, &types);
        let name = resource.get("name").and_then(Value::as_str);
        if name.is_some_and(|name| name.trim().is_empty()) {
            check.problem("attributes.changed_resource.name", "is blank");
        }
    }
    if let Some(author) = change.get("author") {
        let types = ["user", "system", "api", "automation"];
        named(check, "attributes.author", author, &types);
    }
    for resource in
        check.list("attributes.impacted_resources", change.get("impacted_resources"), 0, 100)
    {
        named(check, "attributes.impacted_resources[]", resource, &["service"]);
    }
    check.free_form("attributes.change_metadata", change.get("change_metadata"), 100, 10);
    for name in ["new_value", "prev_value"] {
        check.free_form(&format!("{at}.{name}"), change.get(name), usize::MAX, usize::MAX);
    }
}

fn named(check: &mut Checker, place: &str, value: &Value, types: &[&str]) {
    let Some(object) = check.object(place, value, &["type", "name"], &[]) else { return };
    check.one_of(&format!("{place}.type"), object.get("type"), types);
    check.text(&format!("{place}.name"), object.get("name"), 1, 128);
}

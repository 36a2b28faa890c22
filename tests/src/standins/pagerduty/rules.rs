//! The schema of an event.

use jiff::Timestamp;
use serde_json::Value;

use crate::standins::schema::Checker;

/// Lists everything that is wrong with an event.
pub(super) fn problems(body: &Value) -> Vec<String> {
    let mut check = Checker::default();
    event(&mut check, body);
    check.into_problems()
}

/// Lists everything that is wrong with a change event.
pub(super) fn problems_of_change(body: &Value) -> Vec<String> {
    let mut check = Checker::default();
    change(&mut check, body);
    check.into_problems()
}

fn change(check: &mut Checker, body: &Value) {
    let required = ["routing_key", "payload"];
    let Some(event) = check.object("event", body, &required, &["links"]) else { return };
    check.text("routing_key", event.get("routing_key"), 32, 32);
    if event.get("routing_key").and_then(Value::as_str).is_some_and(|it| it.starts_with('R')) {
        check.problem("routing_key", "is of an event orchestration, which takes no change events");
    }
    links(check, event.get("links"));
    let payload = event.get("payload").unwrap_or(&Value::Null);
    let optional = ["source", "timestamp", "custom_details"];
    let Some(payload) = check.object("payload", payload, &["summary"], &optional) else { return };
    check.text("payload.summary", payload.get("summary"), 1, 1_024);
    check.text("payload.source", payload.get("source"), 1, usize::MAX);
    details_and_time(check, payload.get("custom_details"), payload.get("timestamp"));
}

fn links(check: &mut Checker, links: Option<&Value>) {
    for link in check.list("links", links, 0, usize::MAX) {
        let Some(link) = check.object("links[]", link, &["href"], &["text"]) else { continue };
        check.text("links[].href", link.get("href"), 1, 2_048);
        check.text("links[].text", link.get("text"), 0, 1_024);
    }
}

fn details_and_time(check: &mut Checker, details: Option<&Value>, at: Option<&Value>) {
    check.free_form("payload.custom_details", details, usize::MAX, usize::MAX);
    if let Some(at) = at
        && at.as_str().is_none_or(|it| it.parse::<Timestamp>().is_err())
    {
        check.problem("payload.timestamp", "must be an ISO 8601 time with an offset");
    }
}

fn event(check: &mut Checker, body: &Value) {
    let optional = ["dedup_key", "payload", "images", "links", "client", "client_url"];
    let required = ["routing_key", "event_action"];
    let Some(event) = check.object("event", body, &required, &optional) else { return };
    check.text("routing_key", event.get("routing_key"), 32, 32);
    let actions = ["trigger", "acknowledge", "resolve"];
    check.one_of("event_action", event.get("event_action"), &actions);
    check.text("dedup_key", event.get("dedup_key"), 1, 255);
    check.text("client", event.get("client"), 0, 1_024);
    check.text("client_url", event.get("client_url"), 0, 2_048);
    let triggers = event.get("event_action").and_then(Value::as_str) == Some("trigger");
    if triggers && !event.contains_key("payload") {
        check.problem("payload", "is required for a trigger");
    }
    if !triggers && !event.contains_key("dedup_key") {
        check.problem("dedup_key", "is required for what is no trigger");
    }
    if let Some(it) = event.get("payload") {
        payload(check, it);
    }
    links(check, event.get("links"));
    for image in check.list("images", event.get("images"), 0, usize::MAX) {
        let optional = ["href", "alt"];
        let Some(image) = check.object("images[]", image, &["src"], &optional) else { continue };
        if !image.get("src").and_then(Value::as_str).is_some_and(|it| it.starts_with("https://")) {
            check.problem("images[].src", "must begin with https://");
        }
    }
}

fn payload(check: &mut Checker, payload: &Value) {
    let required = ["summary", "source", "severity"];
    let optional = ["timestamp", "component", "group", "class", "custom_details"];
    let Some(payload) = check.object("payload", payload, &required, &optional) else { return };
    check.text("payload.summary", payload.get("summary"), 1, 1_024);
    check.text("payload.source", payload.get("source"), 1, usize::MAX);
    let severities = ["critical", "error", "warning", "info"];
    check.one_of("payload.severity", payload.get("severity"), &severities);
    for name in ["component", "group", "class"] {
        check.text(&format!("payload.{name}"), payload.get(name), 0, usize::MAX);
    }
    details_and_time(check, payload.get("custom_details"), payload.get("timestamp"));
}

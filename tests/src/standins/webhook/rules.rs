//! The shape of what is posted.

use jiff::Timestamp;
use serde_json::Value;

use crate::standins::schema::Checker;

/// What stands for the end of an alert that has none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Lists everything that is wrong with a message, or with a CloudEvent that holds one.
pub(super) fn problems(body: &Value, is_event: bool) -> Vec<String> {
    let mut check = Checker::default();
    if is_event {
        event(&mut check, body);
    } else {
        message(&mut check, body);
    }
    check.into_problems()
}

fn event(check: &mut Checker, body: &Value) {
    let required = ["specversion", "id", "source", "type"];
    let optional = ["time", "subject", "datacontenttype", "dataschema", "data"];
    let Some(event) = check.object("event", body, &required, &optional) else { return };
    check.one_of("specversion", event.get("specversion"), &["1.0"]);
    for name in ["id", "source", "type", "subject"] {
        check.text(name, event.get(name), 1, usize::MAX);
    }
    if let Some(at) = event.get("time") {
        time(check, "time", at);
    }
    check.one_of("datacontenttype", event.get("datacontenttype"), &["application/json"]);
    match event.get("data") {
        Some(data) => message(check, data),
        None => check.problem("data", "is missing"),
    }
}

fn message(check: &mut Checker, body: &Value) {
    let required = [
        "version",
        "groupKey",
        "truncatedAlerts",
        "status",
        "receiver",
        "groupLabels",
        "commonLabels",
        "commonAnnotations",
        "externalURL",
        "alerts",
    ];
    let Some(message) = check.object("message", body, &required, &[]) else { return };
    check.one_of("version", message.get("version"), &["4"]);
    check.one_of("status", message.get("status"), &["firing", "resolved"]);
    for name in ["groupKey", "receiver"] {
        check.text(name, message.get(name), 1, usize::MAX);
    }
    check.text("externalURL", message.get("externalURL"), 0, usize::MAX);
    if !message.get("truncatedAlerts").is_some_and(Value::is_u64) {
        check.problem("truncatedAlerts", "must be a number");
    }
    for name in ["groupLabels", "commonLabels"] {
        labels(check, name, message.get(name), true);
    }
    labels(check, "commonAnnotations", message.get("commonAnnotations"), false);
    let firing = message.get("status").and_then(Value::as_str) == Some("firing");
    for it in check.list("alerts", message.get("alerts"), 1, 1_000) {
        alert(check, it, firing);
    }
}

fn alert(check: &mut Checker, it: &Value, firing: bool) {
    let required =
        ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"];
    let Some(alert) = check.object("alerts[]", it, &required, &[]) else { return };
    let status = if firing { "firing" } else { "resolved" };
    check.one_of("alerts[].status", alert.get("status"), &[status]);
    labels(check, "alerts[].labels", alert.get("labels"), true);
    if alert.get("labels").and_then(|it| it.get("alertname")).is_none() {
        check.problem("alerts[].labels", "has no alertname");
    }
    labels(check, "alerts[].annotations", alert.get("annotations"), false);
    for name in ["startsAt", "endsAt"] {
        if let Some(at) = alert.get(name) {
            time(check, name, at);
        }
    }
    if firing != (alert.get("endsAt").and_then(Value::as_str) == Some(NO_TIME)) {
        check.problem("alerts[].endsAt", "is the zero time while firing, and no other time");
    }
    let fingerprint = alert.get("fingerprint").and_then(Value::as_str).unwrap_or_default();
    if fingerprint.len() != 16 || !fingerprint.bytes().all(|it| it.is_ascii_hexdigit()) {
        check.problem("alerts[].fingerprint", "must be 16 hex digits");
    }
}

/// Wants texts by name; names of labels in the letters that Prometheus has always had.
fn labels(check: &mut Checker, place: &str, value: Option<&Value>, strict: bool) {
    let Some(map) = value.and_then(Value::as_object) else {
        return check.problem(place, "must be an object");
    };
    for (name, value) in map {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if strict && (!name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit())) {
            check.problem(place, format!("`{name}` is not the name of a label"));
        }
        check.text(&format!("{place}.{name}"), Some(value), 0, usize::MAX);
    }
}

fn time(check: &mut Checker, place: &str, at: &Value) {
    if !at.as_str().is_some_and(|it| it == NO_TIME || it.parse::<Timestamp>().is_ok()) {
        check.problem(place, "must be an RFC 3339 time");
    }
}

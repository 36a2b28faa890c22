//! An incident as an event.

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use bellwether_core::state::Severity;
use serde_json::{Map, Value, json};

use crate::notices::message;
use crate::text::{cut, double};

const DEDUP_KEY: usize = 255;
pub(super) const SUMMARY: usize = 1_024;
/// Whole bodies may have 512 KB: a cut of what is long stays far below.
pub(super) const DETAILS: usize = 8_000;
pub(super) const LISTED: usize = 100;

/// Renders a change of an incident.
pub(super) fn event(
    change: Change,
    incident: &Incident,
    routing_key: &str,
    external_url: &str,
) -> Value {
    let mut event = json!({
        "routing_key": routing_key,
        "event_action": match change {
            Change::Resolved => "resolve",
            Change::Acknowledged => "acknowledge",
            Change::Opened | Change::Updated | Change::Reminded => "trigger",
        },
        "dedup_key": cut(incident.id.as_str(), DEDUP_KEY),
    });
    let Some(fields) = event.as_object_mut() else { return event };
    if matches!(change, Change::Resolved | Change::Acknowledged) {
        return event;
    }
    let services = incident.alerts.iter().filter_map(|it| it.labels.get("service"));
    let source = services.map(String::as_str).next().unwrap_or(incident.component.as_str());
    let class = incident.alerts.first().map(|it| it.rule.to_string());
    let payload = json!({
        "summary": cut(&incident.title(), SUMMARY),
        "source": cut(source, SUMMARY),
        "severity": severity(incident.severity),
        "timestamp": incident.fault_at.to_string(),
        "component": cut(incident.component.as_str(), SUMMARY),
        "class": cut(&class.unwrap_or_default(), SUMMARY),
        "custom_details": details(change, incident),
    });
    fields.insert("payload".to_owned(), payload);
    fields.insert("client".to_owned(), json!("Bellwether"));
    if !external_url.is_empty() {
        fields.insert("client_url".to_owned(), json!(external_url));
        fields.insert("links".to_owned(), json!([{ "href": external_url, "text": "Status" }]));
    }
    event
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Emergency | Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "info",
    }
}

fn details(change: Change, incident: &Incident) -> Value {
    let risk: Map<String, Value> = incident
        .impact
        .revenue_at_risk
        .iter()
        .take(LISTED)
        .map(|money| (money.currency.to_string(), json!(double(money))))
        .collect();
    let customers = incident.impact.customers();
    json!({
        "what": cut(&message(change, incident), DETAILS),
        "severity": incident.severity,
        "status": incident.status,
        "revision": incident.revision,
        "revenue_at_risk": risk,
        "traces": incident.traces,
        "customers": customers.iter().take(LISTED).map(|it| cut(it, 200)).collect::<Vec<_>>(),
    })
}

//! Incidents as Datadog v2 alert events: one alert for each incident, by its aggregation key.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change};
use bellwether_core::state::Severity;
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use super::checks;
use super::otlp::validate;
use crate::call::Call;
use crate::notices::{
    Audience, Delivery, Due, NoticePolicy, NoticeVendor, call_once, deliver_once, message,
};
use crate::text::{cut, double};

const TITLE: usize = 500;
const MESSAGE: usize = 4_000;
const AGGREGATION_KEY: usize = 100;
const TAG: usize = 200;
const TAGS: usize = 100;
const CUSTOM: usize = 100;
/// Datadog refuses events older than 18 h; a minute is left for the way.
const OLDEST: Duration = Duration::from_secs(18 * 3600 - 60);

/// Renders incidents for Datadog.
pub(super) struct Events {
    pub(super) events: String,
    pub(super) api: String,
    pub(super) key: HeaderValue,
    /// Absent where only checks are told.
    pub(super) app_key: Option<HeaderValue>,
    /// The host that checks are of; absent for none.
    pub(super) host: Option<String>,
}

impl NoticeVendor for Events {
    fn policy(&self) -> NoticePolicy {
        NoticePolicy {
            follows_incidents: self.app_key.is_some(),
            follows_components: self.host.is_some(),
            audience: Audience::Stream,
            ..NoticePolicy::default()
        }
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        let (at, now) = (due.owed.notice.at, due.now);
        let key = |call: Call| call.header(HeaderName::from_static("dd-api-key"), self.key.clone());
        if let (Body::Component { component, state }, Some(host)) =
            (&due.owed.notice.body, &self.host)
        {
            let url = format!("{}/api/v1/check_run", self.api);
            let check = checks::check(host, component, *state, at, now);
            let call = key(Call::new("send check", Method::POST, url)).json(&check);
            return call_once(call, Receipts::new());
        }
        deliver_once(due, |change, incident| {
            let url = format!("{}/api/v2/events", self.events);
            let call = key(Call::new("send event", Method::POST, url));
            let call = match &self.app_key {
                Some(it) => call.header(HeaderName::from_static("dd-application-key"), it.clone()),
                None => call,
            };
            call.json(&event(change, incident, at, now))
        })
    }

    fn probe(&self) -> Option<Call> {
        Some(validate(&self.api, &self.key))
    }
}

fn event(change: Change, incident: &Incident, at: Timestamp, now: Timestamp) -> Value {
    let mut attributes = json!({
        "category": "alert",
        "integration_id": "custom-events",
        "title": cut(&incident.title(), TITLE),
        "message": cut(&message(change, incident), MESSAGE),
        "aggregation_key": cut(incident.id.as_str(), AGGREGATION_KEY),
        "tags": tags(incident),
        "attributes": {
            "status": status(change, incident.severity),
            "priority": priority(incident.severity),
            "custom": custom(incident),
        },
    });
    // an older event is told with the time of its arrival rather than lost
    if now.since(at) < OLDEST
        && let Some(attributes) = attributes.as_object_mut()
    {
        attributes.insert("timestamp".to_owned(), json!(at.to_string()));
    }
    json!({ "data": { "type": "event", "attributes": attributes } })
}

fn status(change: Change, severity: Severity) -> &'static str {
    match (change, severity) {
        (Change::Resolved, _) => "ok",
        (_, Severity::Emergency | Severity::Critical | Severity::High) => "error",
        (_, Severity::Medium | Severity::Low) => "warn",
    }
}

fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Emergency => "1",
        Severity::Critical => "2",
        Severity::High => "3",
        Severity::Medium => "4",
        Severity::Low => "5",
    }
}

fn tags(incident: &Incident) -> Vec<String> {
    let mut tags = vec![
        format!("component:{}", incident.component),
        format!("severity:{}", incident.severity),
        format!("incident:{}", incident.id),
        "source:bellwether".to_owned(),
    ];
    let services: BTreeSet<&str> = incident
        .alerts
        .iter()
        .flat_map(|alert| ["service", "service.name"].map(|label| alert.labels.get(label)))
        .flatten()
        .map(String::as_str)
        .collect();
    tags.extend(services.iter().map(|service| format!("service:{service}")));
    let affected = incident.affected.iter().filter(|(_, state)| state.is_unwell());
    tags.extend(affected.map(|(id, _)| format!("affected:{id}")));
    tags.iter().take(TAGS).map(|tag| cut(tag, TAG)).collect()
}

fn custom(incident: &Incident) -> Value {
    let risk: Map<String, Value> = incident
        .impact
        .revenue_at_risk
        .iter()
        .take(CUSTOM)
        .map(|money| (money.currency.to_string(), json!(double(money))))
        .collect();
    let affected: Map<String, Value> = incident
        .affected
        .iter()
        .take(CUSTOM)
        .map(|(id, state)| (id.to_string(), json!(state)))
        .collect();
    let customers = incident.impact.customers();
    json!({
        "incident_id": incident.id,
        "revision": incident.revision,
        "incident_status": incident.status,
        "component": incident.component,
        "component_state": incident.worst,
        "severity": incident.severity,
        "fault_at": incident.fault_at.to_string(),
        "opened_at": incident.opened_at.to_string(),
        "revenue_at_risk": risk,
        "customers": customers.iter().take(CUSTOM).collect::<Vec<_>>(),
        "affected": affected,
    })
}

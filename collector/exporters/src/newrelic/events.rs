//! Incidents as custom events. Events cannot be changed there, so each change is one more.

use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use bellwether_core::time::Timestamp;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::notices::{Audience, Delivery, Due, NoticePolicy, NoticeVendor, deliver_once};
use crate::signals::pack::gzip;
use crate::text::{cut, double};

/// The event type, for `FROM BellwetherIncident SELECT ...`.
const EVENT_TYPE: &str = "BellwetherIncident";
/// The longest text of an attribute.
const VALUE: usize = 4_095;
/// New Relic takes timestamps of the last 24 h; a minute is left for the way.
const OLDEST: Duration = Duration::from_secs(24 * 3600 - 60);

/// Renders incidents for New Relic.
pub(super) struct Events {
    pub(super) url: String,
    pub(super) key: HeaderValue,
}

impl NoticeVendor for Events {
    fn policy(&self) -> NoticePolicy {
        NoticePolicy {
            follows_incidents: true,
            audience: Audience::Stream,
            ..NoticePolicy::default()
        }
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        let (at, now) = (due.owed.notice.at, due.now);
        deliver_once(due, |change, incident| {
            let call = Call::new("send event", Method::POST, self.url.clone())
                .header(HeaderName::from_static("api-key"), self.key.clone());
            let body = json!([event(change, incident, at, now)]).to_string();
            match gzip(body.as_bytes()) {
                Ok(packed) => call.body("application/json", packed).encoded(Some("gzip")),
                Err(_) => call.body("application/json", Bytes::from(body)),
            }
        })
    }
}

/// Makes a flat event: texts and numbers only, since New Relic drops events with anything else.
fn event(change: Change, incident: &Incident, at: Timestamp, now: Timestamp) -> Value {
    let mut event = Map::new();
    let mut text = |name: &str, value: &str| {
        if !value.is_empty() {
            event.insert(name.to_owned(), json!(cut(value, VALUE)));
        }
    };
    text("eventType", EVENT_TYPE);
    text("incidentId", incident.id.as_str());
    text("title", &incident.title());
    text("change", change.as_str());
    text("state", incident.status.as_str());
    text("severity", incident.severity.as_str());
    text("component", incident.component.as_str());
    text("componentName", &incident.component_name);
    text("componentState", incident.worst.as_str());
    text("causes", &incident.causes.join("; "));
    text("customers", &incident.impact.customers().join(", "));
    let names = incident.impact.opportunities.iter().map(|it| it.name.as_str());
    text("opportunities", &names.collect::<Vec<_>>().join(", "));
    let affected = incident.affected.iter().filter(|(_, state)| state.is_unwell());
    let affected: Vec<&str> = affected.map(|(id, _)| id.as_str()).collect();
    text("affectedComponents", &affected.join(", "));
    text("revenueAtRisk", &incident.impact.revenue_at_risk.to_string());

    let mut number = |name: String, value: Value| drop(event.insert(name, value));
    number("sequence".to_owned(), json!(incident.revision));
    number("faultAt".to_owned(), json!(millis(incident.fault_at)));
    number("openedAt".to_owned(), json!(millis(incident.opened_at)));
    if let Some(resolved_at) = incident.resolved_at {
        number("resolvedAt".to_owned(), json!(millis(resolved_at)));
        let lasted = resolved_at.since(incident.fault_at).as_secs();
        number("durationSeconds".to_owned(), json!(lasted));
    }
    for money in incident.impact.revenue_at_risk.iter() {
        number(format!("revenueAtRisk{}", money.currency), json!(double(money)));
    }
    if now.since(at) < OLDEST {
        number("timestamp".to_owned(), json!(millis(at)));
    }
    Value::Object(event)
}

fn millis(at: Timestamp) -> i64 {
    at.nanos().div_euclid(1_000_000)
}

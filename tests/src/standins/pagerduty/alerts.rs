//! What events make: alerts, each of which pages somebody once.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Somebody is paged.
    Triggered,
    /// Somebody has it.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl AlertStatus {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// An alert: one page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    /// The key under which further events find it while it is open.
    pub dedup_key: String,
    /// Where it stands.
    pub status: AlertStatus,
    /// The newest summary.
    pub summary: String,
    /// The newest severity.
    pub severity: String,
    /// The newest payload.
    pub payload: Value,
    /// How many events it has taken.
    pub events: u64,
    /// When somebody was paged.
    pub at: Timestamp,
    #[serde(skip)]
    routing_key: String,
}

/// A change event: it pages nobody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What changed.
    pub summary: String,
    /// The whole payload.
    pub payload: Value,
    /// When it was taken.
    pub at: Timestamp,
}

impl Change {
    /// Takes a change event that follows the rules.
    pub(super) fn of(event: &Value, now: Timestamp) -> Self {
        let payload = event.get("payload").cloned().unwrap_or_default();
        Self { summary: text(payload.get("summary")).to_owned(), payload, at: now }
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

/// All alerts, oldest first.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    alerts: Vec<Alert>,
    made: u64,
}

impl Alerts {
    pub(super) fn all(&self) -> Vec<Alert> {
        self.alerts.clone()
    }

    /// Applies an event that follows the rules, and returns its dedup key.
    pub(super) fn apply(&mut self, routing_key: &str, event: &Value, now: Timestamp) -> String {
        let dedup_key = match event.get("dedup_key") {
            Some(key) => text(Some(key)).to_owned(),
            None => {
                self.made += 1;
                format!("made-{}", self.made)
            }
        };
        let open = self.alerts.iter_mut().find(|it| {
            it.routing_key == routing_key
                && it.dedup_key == dedup_key
                && it.status != AlertStatus::Resolved
        });
        let action = text(event.get("event_action"));
        let payload = event.get("payload").cloned().unwrap_or_default();
        let (summary, severity) = (text(payload.get("summary")), text(payload.get("severity")));
        match (action, open) {
            ("trigger", Some(alert)) => {
                alert.events += 1;
                (alert.summary, alert.severity) = (summary.to_owned(), severity.to_owned());
                alert.payload = payload;
            }
            ("trigger", None) => self.alerts.push(Alert {
                dedup_key: dedup_key.clone(),
                status: AlertStatus::Triggered,
                summary: summary.to_owned(),
                severity: severity.to_owned(),
                payload,
                events: 1,
                at: now,
                routing_key: routing_key.to_owned(),
            }),
            ("acknowledge", Some(alert)) => {
                alert.events += 1;
                alert.status = AlertStatus::Acknowledged;
            }
            ("resolve", Some(alert)) => {
                alert.events += 1;
                alert.status = AlertStatus::Resolved;
            }
            // taken and dropped: there is nothing to acknowledge or resolve
            _ => {}
        }
        dedup_key
    }

    pub(super) fn resolve_by_hand(&mut self, dedup_key: &str) {
        for alert in self.alerts.iter_mut().filter(|it| it.dedup_key == dedup_key) {
            alert.status = AlertStatus::Resolved;
        }
    }
}

//! What the vendors' stand-ins have stored, as far as it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::harness::process::StandinsProcess;

/// How much a service has sent to a vendor.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Counts {
    pub(super) spans: u64,
    pub(super) metric_points: u64,
    pub(super) log_records: u64,
}

/// Datadog's alerts and telemetry.
#[derive(Debug, Deserialize)]
pub(super) struct Datadog {
    pub(super) alerts: Vec<Alert>,
    pub(super) services: BTreeMap<String, Counts>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Alert {
    pub(super) key: String,
    pub(super) status: String,
    pub(super) title: String,
    pub(super) priority: String,
    pub(super) history: Vec<AlertChange>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AlertChange {
    pub(super) received: Timestamp,
    pub(super) status: String,
}

/// New Relic's custom events and telemetry.
#[derive(Debug, Deserialize)]
pub(super) struct NewRelic {
    pub(super) events: Vec<CustomEvent>,
    pub(super) services: BTreeMap<String, Counts>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CustomEvent {
    pub(super) event_type: String,
    pub(super) received: Timestamp,
    pub(super) attributes: Map<String, Value>,
}

impl CustomEvent {
    /// Returns an attribute, empty when it is absent or a number.
    pub(super) fn text(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Statuspage's page.
#[derive(Debug, Deserialize)]
pub(super) struct Statuspage {
    pub(super) components: Vec<Component>,
    pub(super) incidents: Vec<Incident>,
    pub(super) mails_sent: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) status: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Incident {
    pub(super) name: String,
    pub(super) status: String,
    pub(super) impact: String,
    /// Newest first.
    pub(super) incident_updates: Vec<Update>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Update {
    pub(super) status: String,
    pub(super) body: String,
    pub(super) created_at: Timestamp,
}

impl Statuspage {
    /// Returns the state of one component, empty when there is none of that name.
    pub(super) fn state_of(&self, name: &str) -> &str {
        self.components.iter().find(|it| it.name == name).map_or("", |it| &it.status)
    }

    /// Lists the components, as `auth operational, admin major_outage`.
    pub(super) fn list(&self) -> String {
        let one = |it: &Component| format!("{} {}", it.name, it.status);
        self.components.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Asks Datadog.
pub(super) async fn datadog(standins: &StandinsProcess) -> anyhow::Result<Datadog> {
    standins.state(&standins.addresses().datadog).await
}

/// Asks New Relic.
pub(super) async fn newrelic(standins: &StandinsProcess) -> anyhow::Result<NewRelic> {
    standins.state(&standins.addresses().newrelic).await
}

/// Asks Statuspage.
pub(super) async fn statuspage(standins: &StandinsProcess) -> anyhow::Result<Statuspage> {
    standins.state(&standins.addresses().statuspage).await
}

//! Datadog's alerts: events with the same aggregation key are one alert.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// How many alerts, changes of an alert and change events are kept of each.
const KEPT: usize = 10_000;

/// One event of an alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertChange {
    /// Id that the stand-in gave to the event.
    pub uid: String,
    /// When it happened: the event's timestamp, or its receipt.
    pub at: Timestamp,
    /// When it came.
    pub received: Timestamp,
    /// `warn`, `error` or `ok`.
    pub status: String,
    /// Title of the event.
    pub title: String,
    /// Message of the event.
    pub message: String,
}

/// An alert as Datadog lists it: the latest event, and the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    /// Aggregation key; the event's uid when it had none.
    pub key: String,
    /// Latest status: `warn`, `error` or `ok`.
    pub status: String,
    /// Latest title.
    pub title: String,
    /// Latest message.
    pub message: String,
    /// Latest priority, `1` to `5`.
    pub priority: String,
    /// Latest tags.
    pub tags: Vec<String>,
    /// Latest links, as sent.
    pub links: Value,
    /// Latest custom attributes, as sent.
    pub custom: Value,
    /// All events of this alert, oldest first.
    pub history: Vec<AlertChange>,
}

/// An event of category `change`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeEvent {
    /// Id that the stand-in gave to the event.
    pub uid: String,
    /// When it came.
    pub received: Timestamp,
    /// The event's attributes, as sent.
    pub attributes: Value,
}

/// All alerts and change events.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    alerts: Vec<Alert>,
    changes: Vec<ChangeEvent>,
}

impl Alerts {
    /// Copies the alerts, oldest first.
    pub(super) fn alerts(&self) -> Vec<Alert> {
        self.alerts.clone()
    }

    /// Copies the change events, oldest first.
    pub(super) fn changes(&self) -> Vec<ChangeEvent> {
        self.changes.clone()
    }

    /// Applies an event whose schema has been checked and returns its uid.
    pub(super) fn apply(&mut self, body: &Value, now: Timestamp) -> String {
        let uid = Uuid::new_v4().simple().to_string();
        let event = body.pointer("/data/attributes").unwrap_or(&Value::Null);
        if text(event, "/category") == "change" {
            let attributes = event.clone();
            let change = ChangeEvent { uid: uid.clone(), received: now, attributes };
            push(&mut self.changes, change);
            return uid;
        }
        let change = AlertChange {
            uid: uid.clone(),
            at: text(event, "/timestamp").parse().unwrap_or(now),
            received: now,
            status: text(event, "/attributes/status"),
            title: text(event, "/title"),
            message: text(event, "/message"),
        };
        let key = match event.get("aggregation_key").and_then(Value::as_str) {
            Some(key) => key.to_owned(),
            None => uid.clone(),
        };
        let mut latest = Alert {
            key,
            status: change.status.clone(),
            title: change.title.clone(),
            message: change.message.clone(),
            priority: match text(event, "/attributes/priority") {
                empty if empty.is_empty() => "5".to_owned(),
                priority => priority,
            },
            tags: texts(event.get("tags")),
            links: event.pointer("/attributes/links").cloned().unwrap_or_default(),
            custom: event.pointer("/attributes/custom").cloned().unwrap_or_default(),
            history: Vec::new(),
        };
        match self.alerts.iter_mut().find(|alert| alert.key == latest.key) {
            Some(alert) => {
                latest.history = std::mem::take(&mut alert.history);
                push(&mut latest.history, change);
                *alert = latest;
            }
            None => {
                latest.history.push(change);
                push(&mut self.alerts, latest);
            }
        }
        uid
    }
}

fn push<T>(list: &mut Vec<T>, entry: T) {
    if list.len() >= KEPT {
        list.remove(0);
    }
    list.push(entry);
}

fn text(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

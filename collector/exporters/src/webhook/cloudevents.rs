//! CloudEvents 1.0 in JSON, structured.

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

/// The media type of an event with its attributes.
pub(super) const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";

/// Wraps a message. The same change of an incident is the same event: `source` and `id`.
pub(super) fn event(change: Change, incident: &Incident, at: Timestamp, message: Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("{}/{}", incident.id, incident.revision),
        "source": "urn:bellwether:incidents",
        "type": format!("bellwether.incident.{}", change.as_str()),
        "subject": incident.id,
        "time": at.to_string(),
        "datacontenttype": "application/json",
        "data": message,
    })
}

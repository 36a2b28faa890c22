//! Our mark in the metadata of an incident on the page, by which we find it again.

use bellwether_core::ids::IncidentId;
use bellwether_core::incident::{Incident, IncidentStatus};
use serde_json::{Value, json};

use super::receipts::Known;

/// The name under which the mark stands.
const MARK: &str = "bellwether";

/// Returns the mark; metadata is an object of objects, and its values are texts.
pub(super) fn write(incident: &Incident) -> Value {
    json!({ MARK: { "incident": incident.id, "revision": incident.revision.to_string() } })
}

/// Reads an incident of the page if it carries the mark of ours.
pub(super) fn read(theirs: &Value, ours: &IncidentId) -> Option<Known> {
    let mark = theirs.get("metadata")?.get(MARK)?;
    if mark.get("incident")?.as_str()? != ours.as_str() {
        return None;
    }
    let text = |key: &str| theirs.get(key).and_then(Value::as_str).unwrap_or_default();
    let revision = mark.get("revision").and_then(Value::as_str);
    Some(Known {
        id: theirs.get("id")?.as_str()?.to_owned(),
        revision: revision.and_then(|text| text.parse().ok()).unwrap_or_default(),
        status: IncidentStatus::from_word(text("status")).unwrap_or(IncidentStatus::Investigating),
        impact: text("impact").to_owned(),
        name: text("name").to_owned(),
    })
}

//! Our mark in the metadata of an incident on the page, by which we find it again.

use bellwether_core::ids::IncidentId;
use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::receipts::Known;

/// The name under which the mark stands.
const MARK: &str = "bellwether";

/// Returns the mark, beside what others have written; metadata is an object of objects, and its
/// values are texts.
pub(super) fn write(incident: &Incident, others: &Map<String, Value>) -> Value {
    let mut all = others.clone();
    let mut mark = json!({ "incident": incident.id, "revision": incident.revision.to_string() });
    if let Some(published) = &incident.response.published {
        mark["published"] = json!(published.at.nanos().to_string());
    }
    all.insert(MARK.to_owned(), mark);
    Value::Object(all)
}

/// A maintenance of ours as the page has it.
pub(super) struct Planned {
    /// Statuspage's id.
    pub(super) id: String,
    /// When what the page has of it was known.
    pub(super) at: Timestamp,
    /// Whether the page, or a person, has ended it.
    pub(super) is_over: bool,
    /// What others have written into its metadata.
    pub(super) others: Map<String, Value>,
}

/// Returns the mark of a maintenance, as it was known at a time, beside what others have written.
pub(super) fn plan(id: &str, at: Timestamp, others: &Map<String, Value>) -> Value {
    let mut all = others.clone();
    all.insert(MARK.to_owned(), json!({ "maintenance": id, "at": at.nanos().to_string() }));
    Value::Object(all)
}

/// Reads a scheduled incident of the page if it carries the mark of ours.
pub(super) fn planned(theirs: &Value, ours: &str) -> Option<Planned> {
    let mark = theirs.get("metadata")?.get(MARK)?;
    if mark.get("maintenance")?.as_str()? != ours {
        return None;
    }
    let at = mark.get("at").and_then(Value::as_str).and_then(|it| it.parse().ok());
    Some(Planned {
        id: theirs.get("id")?.as_str()?.to_owned(),
        at: Timestamp::from_nanos(at.unwrap_or_default()),
        is_over: theirs.get("status").and_then(Value::as_str) == Some("completed"),
        others: others(theirs),
    })
}

/// Returns what others have written into the metadata of an incident.
fn others(theirs: &Value) -> Map<String, Value> {
    let all = theirs.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    all.into_iter().filter(|(name, _)| name != MARK).collect()
}

/// Says whether an incident of the page is one of ours.
pub(super) fn is_ours(theirs: &Value) -> bool {
    theirs.get("metadata").is_some_and(|it| it.get(MARK).is_some())
}

/// Reads an incident that somebody has opened, so that we go on with it.
pub(super) fn adopt(theirs: &Value) -> Option<Known> {
    let mut known = known(theirs)?;
    known.adopted = true;
    Some(known)
}

/// Reads an incident of the page if it carries the mark of ours.
pub(super) fn read(theirs: &Value, ours: &IncidentId) -> Option<Known> {
    let mark = theirs.get("metadata")?.get(MARK)?;
    if mark.get("incident")?.as_str()? != ours.as_str() {
        return None;
    }
    let text = |key: &str| mark.get(key).and_then(Value::as_str);
    let revision = text("revision").and_then(|it| it.parse().ok()).unwrap_or_default();
    let published = text("published").and_then(|it| it.parse().ok()).map(Timestamp::from_nanos);
    Some(Known { revision, published, ..known(theirs)? })
}

fn known(theirs: &Value) -> Option<Known> {
    let text = |key: &str| theirs.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(Known {
        id: theirs.get("id")?.as_str()?.to_owned(),
        revision: 0,
        adopted: false,
        blind: false,
        published: None,
        others: others(theirs),
        status: IncidentStatus::from_word(text("status")).unwrap_or(IncidentStatus::Investigating),
        impact: text("impact").to_owned(),
        name: text("name").to_owned(),
    })
}

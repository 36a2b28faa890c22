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

/// Returns the mark of a maintenance, as it was known at a time.
pub(super) fn plan(id: &str, at: Timestamp) -> Value {
    json!({ MARK: { "maintenance": id, "at": at.nanos().to_string() } })
}

/// Returns the id and the time of a scheduled incident of the page that carries the mark of ours.
pub(super) fn planned(theirs: &Value, ours: &str) -> Option<(String, Timestamp)> {
    let mark = theirs.get("metadata")?.get(MARK)?;
    if mark.get("maintenance")?.as_str()? != ours {
        return None;
    }
    let at = mark.get("at").and_then(Value::as_str).and_then(|it| it.parse().ok());
    let id = theirs.get("id")?.as_str()?.to_owned();
    Some((id, Timestamp::from_nanos(at.unwrap_or_default())))
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
    let others = theirs.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    Some(Known {
        id: theirs.get("id")?.as_str()?.to_owned(),
        revision: 0,
        adopted: false,
        blind: false,
        published: None,
        others: others.into_iter().filter(|(name, _)| name != MARK).collect(),
        status: IncidentStatus::from_word(text("status")).unwrap_or(IncidentStatus::Investigating),
        impact: text("impact").to_owned(),
        name: text("name").to_owned(),
    })
}

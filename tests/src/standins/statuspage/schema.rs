//! What Statuspage lets into an incident or a component. Stricter than the
//! public OpenAPI document, whose gaps docs/stand-ins.md lists.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::standins::schema::Checker;

use super::model::{ComponentStatus, Impact, IncidentStatus};

/// Whether an incident is being opened or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// `POST`: `name` is required.
    Open,
    /// `PATCH` of a real-time incident.
    ChangeRealtime,
    /// `PATCH` of a scheduled maintenance.
    ChangeScheduled,
    /// `PATCH` of a scheduled maintenance that is over.
    ChangeCompleted,
}

const FIELDS: [&str; 25] = [
    "status",
    "body",
    "impact_override",
    "components",
    "component_ids",
    "deliver_notifications",
    "metadata",
    "backfilled",
    "backfill_date",
    "scheduled_for",
    "scheduled_until",
    "scheduled_remind_prior",
    "scheduled_auto_in_progress",
    "scheduled_auto_completed",
    "scheduled_auto_transition",
    "auto_transition_to_maintenance_state",
    "auto_transition_to_operational_state",
    "auto_transition_deliver_notifications_at_start",
    "auto_transition_deliver_notifications_at_end",
    "auto_tweet_at_beginning",
    "auto_tweet_on_completion",
    "auto_tweet_on_creation",
    "auto_tweet_one_hour_before",
    "reminder_intervals",
    "name",
];

const BOOLEANS: [&str; 14] = [
    "deliver_notifications",
    "backfilled",
    "scheduled_remind_prior",
    "scheduled_auto_in_progress",
    "scheduled_auto_completed",
    "scheduled_auto_transition",
    "auto_transition_to_maintenance_state",
    "auto_transition_to_operational_state",
    "auto_transition_deliver_notifications_at_start",
    "auto_transition_deliver_notifications_at_end",
    "auto_tweet_at_beginning",
    "auto_tweet_on_completion",
    "auto_tweet_on_creation",
    "auto_tweet_one_hour_before",
];

/// Lists everything that is wrong with `{"incident": {..}}`; `known` tells component ids.
pub(super) fn incident(body: &Value, intent: Intent, known: impl Fn(&str) -> bool) -> Vec<String> {
    let mut check = Checker::default();
    if let Some(root) = check.object("body", body, &["incident"], &[])
        && let Some(incident) = root.get("incident")
    {
        let required: &[&str] = if intent == Intent::Open { &["name"] } else { &[] };
        if let Some(incident) = check.object("incident", incident, required, &FIELDS) {
            fields(&mut check, incident, intent);
            components(&mut check, incident, known);
        }
    }
    check.into_problems()
}

fn fields(check: &mut Checker, incident: &Map<String, Value>, intent: Intent) {
    check.text("name", incident.get("name"), 1, 255);
    check.text("body", incident.get("body"), 0, 25_000);
    check.one_of("impact_override", incident.get("impact_override"), &Impact::NAMES);
    for name in BOOLEANS {
        check.boolean(name, incident.get(name));
    }
    for name in ["backfill_date", "reminder_intervals"] {
        check.text(name, incident.get(name), 0, 255);
    }
    for name in ["scheduled_for", "scheduled_until"] {
        let Some(value) = incident.get(name) else { continue };
        let text = value.as_str().unwrap_or_default();
        if text.parse::<Timestamp>().is_err() {
            check.problem(name, "must be a date and time with an offset");
        }
    }
    let scheduled = match intent {
        Intent::Open => incident.contains_key("scheduled_for"),
        Intent::ChangeRealtime => false,
        Intent::ChangeScheduled | Intent::ChangeCompleted => true,
    };
    if scheduled && intent == Intent::Open && !incident.contains_key("scheduled_until") {
        check.problem("scheduled_until", "is required with scheduled_for");
    }
    let at = |name: &str| incident.get(name)?.as_str()?.parse::<Timestamp>().ok();
    if at("scheduled_for").zip(at("scheduled_until")).is_some_and(|(from, until)| until <= from) {
        check.problem("scheduled_until", "must be after scheduled_for");
    }
    if intent == Intent::ChangeRealtime && incident.contains_key("scheduled_for") {
        check.problem("scheduled_for", "cannot be given to a real-time incident");
    }
    let allowed: &[&str] = match intent {
        Intent::ChangeCompleted => &["completed"],
        _ if scheduled => &IncidentStatus::SCHEDULED,
        _ => &IncidentStatus::REALTIME,
    };
    check.one_of("status", incident.get("status"), allowed);
    let moved = ["scheduled_for", "scheduled_until"].iter().any(|it| incident.contains_key(*it));
    if intent == Intent::ChangeCompleted && moved {
        check.problem("scheduled_for", "cannot be changed once the maintenance is over");
    }
    metadata(check, incident.get("metadata"));
}

fn metadata(check: &mut Checker, value: Option<&Value>) {
    match value {
        None => {}
        Some(Value::Object(metadata)) => {
            for (name, value) in metadata {
                if !value.is_object() {
                    check.problem(&format!("metadata.{name}"), "must be an object");
                }
            }
        }
        Some(_) => check.problem("metadata", "must be an object of objects"),
    }
}

fn components(check: &mut Checker, incident: &Map<String, Value>, known: impl Fn(&str) -> bool) {
    let backfilled = incident.get("backfilled") == Some(&Value::Bool(true));
    let given = incident.contains_key("components") || incident.contains_key("component_ids");
    if backfilled && given {
        check.problem("components", "cannot be given for a backfilled incident");
    }
    match incident.get("components") {
        None => {}
        Some(Value::Object(components)) => {
            for (id, status) in components {
                if !known(id) {
                    check.problem("components", format!("there is no component \"{id}\""));
                }
                check.one_of(&format!("components.{id}"), Some(status), &ComponentStatus::NAMES);
            }
        }
        Some(_) => check.problem("components", "must be an object of component id to status"),
    }
    for id in check.list("component_ids", incident.get("component_ids"), 0, usize::MAX) {
        match id.as_str() {
            Some(id) if known(id) => {}
            Some(id) => check.problem("component_ids", format!("there is no component \"{id}\"")),
            None => check.problem("component_ids", "must be an array of strings"),
        }
    }
}

/// Lists everything that is wrong with `{"component": {..}}`.
pub(super) fn component(body: &Value) -> Vec<String> {
    let mut check = Checker::default();
    let optional = [
        "status",
        "name",
        "description",
        "only_show_if_degraded",
        "group_id",
        "showcase",
        "start_date",
    ];
    if let Some(root) = check.object("body", body, &["component"], &[])
        && let Some(component) = root.get("component")
        && let Some(component) = check.object("component", component, &[], &optional)
    {
        check.one_of("status", component.get("status"), &ComponentStatus::NAMES);
        check.text("name", component.get("name"), 1, 255);
        for name in ["description", "group_id", "start_date"] {
            check.text(name, component.get(name), 0, usize::MAX);
        }
        for name in ["only_show_if_degraded", "showcase"] {
            check.boolean(name, component.get(name));
        }
    }
    check.into_problems()
}

/// Lists everything that is wrong with the correction of an incident update.
pub(super) fn incident_update(body: &Value) -> Vec<String> {
    let mut check = Checker::default();
    let optional = ["body", "display_at", "deliver_notifications", "wants_twitter_update"];
    if let Some(root) = check.object("body", body, &["incident_update"], &[])
        && let Some(update) = root.get("incident_update")
        && let Some(update) = check.object("incident_update", update, &[], &optional)
    {
        check.text("body", update.get("body"), 0, 25_000);
        for name in ["deliver_notifications", "wants_twitter_update"] {
            check.boolean(name, update.get(name));
        }
        let display_at = update.get("display_at").map(|at| at.as_str().unwrap_or_default());
        if display_at.is_some_and(|at| at.parse::<Timestamp>().is_err()) {
            check.problem("display_at", "must be a date and time with an offset");
        }
    }
    check.into_problems()
}

/// Lists everything that is wrong with `{"postmortem": {..}}`.
pub(super) fn postmortem(body: &Value, publish: bool) -> Vec<String> {
    let mut check = Checker::default();
    let (required, optional): (&[&str], &[&str]) = if publish {
        (&[], &["notify_twitter", "notify_subscribers", "custom_tweet"])
    } else {
        (&["body_draft"], &[])
    };
    if let Some(root) = check.object("body", body, &["postmortem"], &[])
        && let Some(postmortem) = root.get("postmortem")
        && let Some(postmortem) = check.object("postmortem", postmortem, required, optional)
    {
        check.text("body_draft", postmortem.get("body_draft"), 1, usize::MAX);
        check.text("custom_tweet", postmortem.get("custom_tweet"), 0, usize::MAX);
        for name in ["notify_twitter", "notify_subscribers"] {
            check.boolean(name, postmortem.get(name));
        }
    }
    check.into_problems()
}

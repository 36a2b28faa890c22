//! Requests that only read.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::standins::{
    lock,
    vendor::{Answer, Call},
};

use super::{
    Statuspage,
    answers::{self, Refusal},
    model::{Incident, IncidentStatus},
};

/// Largest and default page.
const PAGE: usize = 100;

/// Selects real-time incidents that are not over.
pub(super) fn is_unresolved(incident: &Incident, _now: Timestamp) -> bool {
    incident.scheduled_for.is_none() && !incident.status.is_over()
}

/// Selects scheduled maintenance, also what is over.
pub(super) fn is_scheduled(incident: &Incident, _now: Timestamp) -> bool {
    incident.scheduled_for.is_some()
}

/// Selects maintenance that has not begun.
pub(super) fn is_upcoming(incident: &Incident, now: Timestamp) -> bool {
    incident.status == IncidentStatus::Scheduled
        && incident.scheduled_for.is_some_and(|at| at > now)
}

/// Selects maintenance under way.
pub(super) fn is_active_maintenance(incident: &Incident, _now: Timestamp) -> bool {
    matches!(incident.status, IncidentStatus::InProgress | IncidentStatus::Verifying)
}

impl Statuspage {
    /// `GET /components?page=&per_page=`.
    pub(super) fn list_components(&self, call: &Call) -> Result<Answer, Refusal> {
        let all = self.components().into_iter().map(|component| json!(component)).collect();
        list(call, all, "per_page")
    }

    /// `GET /components/{id}`.
    pub(super) fn show_component(&self, id: &str) -> Result<Answer, Refusal> {
        match lock(&self.ledger).component(id) {
            Some(component) => Ok(Answer::json(StatusCode::OK, &json!(component))),
            None => Err(Refusal::not_found("no such component")),
        }
    }

    /// `GET /metrics?page=&per_page=`.
    pub(super) fn list_metrics(&self, call: &Call) -> Result<Answer, Refusal> {
        let ledger = lock(&self.ledger);
        let metric =
            |id: &String| json!({ "id": id, "name": format!("Metric {id}"), "display": true });
        list(call, ledger.metrics.keys().map(metric).collect(), "per_page")
    }

    /// `GET /incidents/{id}`.
    pub(super) fn show_incident(&self, id: &str) -> Result<Answer, Refusal> {
        let ledger = lock(&self.ledger);
        match ledger.incident(id) {
            Some(incident) => {
                Ok(Answer::json(StatusCode::OK, &answers::incident(&ledger, incident)))
            }
            None => Err(Refusal::not_found("no such incident")),
        }
    }

    /// `GET /incidents?q=&limit=&page=`, newest first.
    pub(super) fn search_incidents(&self, call: &Call) -> Result<Answer, Refusal> {
        let text = call.parameter("q").unwrap_or_default().to_lowercase();
        list(call, self.select(|incident| mentions(incident, &text)), "limit")
    }

    /// `GET /incidents/unresolved` and its sisters, newest first.
    pub(super) fn list_incidents(
        &self,
        call: &Call,
        wanted: fn(&Incident, Timestamp) -> bool,
    ) -> Result<Answer, Refusal> {
        list(call, self.select(|incident| wanted(incident, call.now)), "per_page")
    }

    fn select(&self, wanted: impl Fn(&Incident) -> bool) -> Vec<Value> {
        let ledger = lock(&self.ledger);
        let newest_first = ledger.incidents.iter().rev().filter(|incident| wanted(incident));
        newest_first.map(|incident| answers::incident(&ledger, incident)).collect()
    }
}

fn mentions(incident: &Incident, text: &str) -> bool {
    let updates = incident.incident_updates.iter().map(|update| update.body.as_str());
    [incident.name.as_str(), incident.status.as_str()]
        .into_iter()
        .chain(incident.postmortem_body.as_deref())
        .chain(updates)
        .any(|field| field.to_lowercase().contains(text))
}

fn list(call: &Call, all: Vec<Value>, size_parameter: &str) -> Result<Answer, Refusal> {
    let page = number(call, "page", 1)?;
    let size = number(call, size_parameter, PAGE)?.min(PAGE);
    let skipped = (page - 1).saturating_mul(size);
    let shown: Vec<Value> = all.into_iter().skip(skipped).take(size).collect();
    let summary = json!({ "entries": shown.len() });
    let answer = Answer::json(StatusCode::OK, &Value::Array(shown)).about(summary);
    if call.parameter("page").is_none() && call.parameter(size_parameter).is_none() {
        return Ok(answer.warn("no pagination parameters: such requests were cut to one a minute"));
    }
    Ok(answer)
}

/// Reads a parameter that must be a number from 1.
fn number(call: &Call, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = call.parameter(name) else { return Ok(default) };
    match text.parse::<usize>() {
        Ok(number) if number >= 1 => Ok(number),
        _ => {
            let why = format!("{name} must be a number from 1");
            Err(Refusal::new(StatusCode::BAD_REQUEST, &why))
        }
    }
}

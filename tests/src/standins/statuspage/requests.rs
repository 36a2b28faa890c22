//! Requests that change something.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::standins::{
    body::{Coding, coding, media_type},
    lock,
    vendor::{Answer, Call},
};

use super::{
    Statuspage,
    answers::{self, Refusal},
    schema::{self, Intent},
};

/// Recorded when a request leaves mail to the default.
const SILENT_DEFAULT: &str =
    "deliver_notifications is absent: the default is to notify subscribers";

impl Statuspage {
    /// `PATCH /components/{id}`.
    pub(super) fn patch_component(&self, call: &Call, id: &str) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let mut ledger = lock(&self.ledger);
        if ledger.component(id).is_none() {
            return Err(Refusal::not_found("no such component"));
        }
        checked(schema::component(&body))?;
        let component = ledger.patch_component(id, fields(&body, "component")?, call.now);
        Ok(Answer::json(StatusCode::OK, &json!(component)).about_body(&call.body))
    }

    /// `POST /incidents`. There is no idempotency key: each call makes an incident.
    pub(super) fn open_incident(&self, call: &Call) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let mut ledger = lock(&self.ledger);
        checked(schema::incident(&body, Intent::Open, |id| ledger.component(id).is_some()))?;
        let id = ledger.open(fields(&body, "incident")?, call.now);
        let incident = ledger.incident(&id).map(|incident| answers::incident(&ledger, incident));
        let answer = Answer::json(StatusCode::CREATED, &json!(incident)).about_body(&call.body);
        Ok(warned(answer, &body))
    }

    /// `PATCH /incidents/{id}`: adds an update, changes the status, resolves.
    pub(super) fn patch_incident(&self, call: &Call, id: &str) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let mut ledger = lock(&self.ledger);
        let intent = match ledger.incident(id) {
            None => return Err(Refusal::not_found("no such incident")),
            Some(incident) if incident.scheduled_for.is_some() && incident.status.is_over() => {
                Intent::ChangeCompleted
            }
            Some(incident) if incident.scheduled_for.is_some() => Intent::ChangeScheduled,
            Some(_) => Intent::ChangeRealtime,
        };
        checked(schema::incident(&body, intent, |id| ledger.component(id).is_some()))?;
        ledger.change(id, fields(&body, "incident")?, call.now);
        let incident = ledger.incident(id).map(|incident| answers::incident(&ledger, incident));
        let answer = Answer::json(StatusCode::OK, &json!(incident)).about_body(&call.body);
        Ok(warned(answer, &body))
    }

    /// `DELETE /incidents/{id}`.
    pub(super) fn delete_incident(&self, id: &str) -> Result<Answer, Refusal> {
        let mut ledger = lock(&self.ledger);
        let Some(index) = ledger.incidents.iter().position(|incident| incident.id == id) else {
            return Err(Refusal::not_found("no such incident"));
        };
        let incident = ledger.incidents.remove(index);
        Ok(Answer::json(StatusCode::OK, &answers::incident(&ledger, &incident)))
    }

    /// `PATCH /incidents/{id}/incident_updates/{update}`: corrects an old update.
    pub(super) fn patch_update(
        &self,
        call: &Call,
        id: &str,
        update: &str,
    ) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let mut ledger = lock(&self.ledger);
        let incident = ledger.incident_mut(id);
        let updates =
            incident.into_iter().flat_map(|incident| incident.incident_updates.iter_mut());
        let Some(update) = updates.into_iter().find(|found| found.id == update) else {
            return Err(Refusal::not_found("no such incident update"));
        };
        checked(schema::incident_update(&body))?;
        let text = |name: &str| body.pointer(&format!("/incident_update/{name}"))?.as_str();
        if let Some(body) = text("body") {
            update.body = body.to_owned();
        }
        if let Some(at) = text("display_at").and_then(|at| at.parse().ok()) {
            update.display_at = at;
        }
        update.updated_at = call.now;
        Ok(Answer::json(StatusCode::OK, &json!(update)).about_body(&call.body))
    }

    /// `PUT /incidents/{id}/postmortem`.
    pub(super) fn draft_postmortem(&self, call: &Call, id: &str) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let mut ledger = lock(&self.ledger);
        let Some(incident) = ledger.incident_mut(id) else {
            return Err(Refusal::not_found("no such incident"));
        };
        checked(schema::postmortem(&body, false))?;
        let draft = body.pointer("/postmortem/body_draft").and_then(Value::as_str);
        incident.postmortem_body = draft.map(str::to_owned);
        let answer = json!({
            "body": incident.postmortem_published_at.and(draft),
            "body_draft": draft,
            "body_draft_updated_at": call.now,
            "created_at": call.now,
            "updated_at": call.now,
        });
        Ok(Answer::json(StatusCode::OK, &answer).about_body(&call.body))
    }

    /// `PUT /incidents/{id}/postmortem/publish`.
    pub(super) fn publish_postmortem(&self, call: &Call, id: &str) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let mut ledger = lock(&self.ledger);
        let incident =
            ledger.incident_mut(id).filter(|incident| incident.postmortem_body.is_some());
        let Some(incident) = incident else {
            return Err(Refusal::not_found("no such incident, or it has no postmortem"));
        };
        checked(schema::postmortem(&body, true))?;
        incident.postmortem_published_at = Some(call.now);
        let answer = json!({ "body": incident.postmortem_body, "published_at": call.now });
        Ok(Answer::json(StatusCode::OK, &answer).about_body(&call.body))
    }
}

pub(super) fn json_body(call: &Call) -> Result<Value, Refusal> {
    if media_type(&call.headers).as_deref() != Some("application/json") {
        let why = "content-type must be application/json (forms are not known to this stand-in)";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, why));
    }
    if coding(&call.headers) != Ok(Coding::Identity) {
        let why = "compressed bodies are not documented";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, why));
    }
    serde_json::from_slice(&call.body).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, &format!("body is not JSON: {error}"))
    })
}

fn checked(problems: Vec<String>) -> Result<(), Refusal> {
    if problems.is_empty() { Ok(()) } else { Err(Refusal::unprocessable(problems)) }
}

fn fields<T: DeserializeOwned>(body: &Value, name: &str) -> Result<T, Refusal> {
    let fields = body.get(name).cloned().unwrap_or_default();
    serde_json::from_value(fields).map_err(|error| Refusal::unprocessable(vec![error.to_string()]))
}

fn warned(answer: Answer, body: &Value) -> Answer {
    match body.pointer("/incident/deliver_notifications") {
        Some(_) => answer,
        None => answer.warn(SILENT_DEFAULT),
    }
}

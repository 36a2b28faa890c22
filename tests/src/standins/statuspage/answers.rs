//! Statuspage's answers: refusals in its words, and incidents as it renders them.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::standins::vendor::Answer;

use super::{ErrorShape, ledger::Ledger, model::Incident};

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    problems: Vec<String>,
    /// Seconds to wait.
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    /// Refuses with one reason.
    pub(super) fn new(status: StatusCode, why: &str) -> Self {
        Self { status, problems: vec![why.to_owned()], retry_after: None }
    }

    /// Refuses with 404.
    pub(super) fn not_found(why: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, why)
    }

    /// Refuses with 422 and every problem.
    pub(super) fn unprocessable(problems: Vec<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, problems, retry_after: None }
    }

    /// Refuses because of the rate; asks to wait whole seconds, at least one.
    pub(super) fn too_fast(status: StatusCode, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let mut refusal = Self::new(status, "rate limit exceeded: 60 requests in 60 seconds");
        refusal.retry_after = Some(seconds.max(1));
        refusal
    }
}

/// Renders a refusal.
pub(super) fn refused(refusal: &Refusal, shape: ErrorShape) -> Answer {
    let why = refusal.problems.join("; ");
    let body = match shape {
        ErrorShape::Message => json!({ "message": why }),
        ErrorShape::Error => json!({ "error": refusal.problems }),
    };
    let answer = Answer::json(refusal.status, &body).because(why);
    match refusal.retry_after {
        Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// Renders an incident with its components.
pub(super) fn incident(ledger: &Ledger, incident: &Incident) -> Value {
    let mut value = json!(incident);
    let ids = incident.component_ids.iter();
    value["components"] =
        ids.filter_map(|id| ledger.component(id)).map(|component| json!(component)).collect();
    value["incident_impacts"] = json!([]);
    value
}

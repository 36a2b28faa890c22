//! Datadog's service checks: `POST /api/v1/check_run`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::standins::{
    body::media_type,
    lock,
    schema::Checker,
    vendor::{Answer, Call},
};

use super::{Datadog, forbidden};

/// How far back a check may lie, in seconds.
const OLDEST: i64 = 600;

/// How many different checks are kept.
const KEPT: usize = 10_000;

/// The latest run of a service check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceCheck {
    /// Name of the check.
    pub check: String,
    /// Host.
    pub host_name: String,
    /// 0 ok, 1 warning, 2 critical, 3 unknown.
    pub status: u8,
    /// Tags.
    pub tags: Vec<String>,
    /// Message.
    #[serde(default)]
    pub message: String,
    /// Time of the check in seconds since the epoch, when it was given.
    #[serde(default)]
    pub timestamp: Option<i64>,
}

/// The latest run by check, host and tags.
#[derive(Debug, Default)]
pub(super) struct Checks(BTreeMap<(String, String, Vec<String>), ServiceCheck>);

impl Checks {
    /// Copies the latest runs in order of check, host and tags.
    pub(super) fn latest(&self) -> Vec<ServiceCheck> {
        self.0.values().cloned().collect()
    }

    fn apply(&mut self, run: ServiceCheck) {
        let key = (run.check.clone(), run.host_name.clone(), run.tags.clone());
        if self.0.len() >= KEPT && !self.0.contains_key(&key) {
            self.0.pop_first();
        }
        self.0.insert(key, run);
    }
}

impl Datadog {
    /// Judges a list of check runs and keeps the latest of each check.
    pub(super) fn check_run(&self, call: &Call) -> Answer {
        if !self.has_api_key(call) {
            return forbidden("text/json");
        }
        if media_type(&call.headers).as_deref() != Some("application/json") {
            return bad(&["content-type must be application/json".to_owned()]);
        }
        let body: Value = match serde_json::from_slice(&call.body) {
            Ok(body) => body,
            Err(error) => return bad(&[format!("body is not JSON: {error}")]),
        };
        let problems = problems(&body, call.now);
        if !problems.is_empty() {
            return bad(&problems).about_body(&call.body);
        }
        match serde_json::from_value::<Vec<ServiceCheck>>(body) {
            Ok(runs) => {
                let mut checks = lock(&self.checks);
                runs.into_iter().for_each(|run| checks.apply(run));
            }
            Err(error) => return bad(&[error.to_string()]).about_body(&call.body),
        }
        let body = json!({ "status": "ok" }).to_string();
        Answer::new(StatusCode::ACCEPTED, "text/json", body).about_body(&call.body)
    }
}

fn bad(problems: &[String]) -> Answer {
    let body = json!({ "errors": problems }).to_string();
    Answer::new(StatusCode::BAD_REQUEST, "text/json", body).because(problems.join("; "))
}

fn problems(body: &Value, now: Timestamp) -> Vec<String> {
    let mut check = Checker::default();
    let required = ["check", "host_name", "status", "tags"];
    for run in check.list("body", Some(body), 0, usize::MAX) {
        let optional = ["message", "timestamp"];
        let Some(run) = check.object("body[]", run, &required, &optional) else { continue };
        for name in ["check", "host_name"] {
            check.text(name, run.get(name), 1, usize::MAX);
        }
        check.text("message", run.get("message"), 0, usize::MAX);
        let status = run.get("status").and_then(Value::as_i64);
        if !status.is_some_and(|status| (0..=3).contains(&status)) {
            check.problem("status", "must be 0, 1, 2 or 3");
        }
        for tag in check.list("tags", run.get("tags"), 0, usize::MAX) {
            check.text("tags[]", Some(tag), 0, usize::MAX);
        }
        let Some(timestamp) = run.get("timestamp") else { continue };
        match timestamp.as_i64() {
            Some(at) if now.as_second().saturating_sub(at) <= OLDEST => {}
            Some(_) => check.problem("timestamp", "is more than 10 minutes old"),
            None => check.problem("timestamp", "must be an integer"),
        }
    }
    check.into_problems()
}

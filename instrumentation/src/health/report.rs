//! The answers as `application/health+json` (draft-inadarei-api-health-check).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::details::Observation;
use super::readiness::Voice;
use super::status::{Judged, Status, has_result, judge};
use crate::monitors::{MonitorState, MonitorStatus};
use crate::startup::CheckReport;

/// What the entries of an answer are made of.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) status: Status,
    /// Level and component under which the entry is also counted.
    group: Option<(u8, String)>,
    body: Value,
}

/// Returns the answer that anybody may see.
pub(super) fn plain(status: Status) -> Value {
    json!({ "status": status.as_str() })
}

/// Returns an answer with everything that is known.
pub(super) fn detailed(status: Status, service: Map<String, Value>, entries: Vec<Entry>) -> Value {
    let mut levels: BTreeMap<u8, Status> = BTreeMap::new();
    let mut components: BTreeMap<String, Status> = BTreeMap::new();
    let mut checks: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in entries {
        if let Some((level, component)) = entry.group {
            let worst = levels.entry(level).or_insert(entry.status);
            *worst = (*worst).max(entry.status);
            let worst = components.entry(component).or_insert(entry.status);
            *worst = (*worst).max(entry.status);
        }
        checks.entry(entry.key).or_default().push(entry.body);
    }
    let levels: Map<String, Value> =
        levels.into_iter().map(|(level, status)| (level.to_string(), plain(status))).collect();
    let components: Map<String, Value> =
        components.into_iter().map(|(id, status)| (id, plain(status))).collect();
    let mut answer = service;
    answer.insert("status".to_owned(), status.as_str().into());
    answer.insert("levels".to_owned(), levels.into());
    answer.insert("components".to_owned(), components.into());
    answer.insert("checks".to_owned(), json!(checks));
    answer.into()
}

/// Describes a monitor. A customer's trouble is no more than a warning for the service as a whole (`capped`).
pub(super) fn monitor(status: &MonitorStatus, critical: bool, capped: bool, now: Instant) -> Entry {
    let mut judged = judge(status, critical, now);
    if capped && status.customer().is_some() {
        judged.status = judged.status.min(Status::Warn);
    }
    Entry {
        key: format!("{}:{}", status.component(), status.name()),
        status: judged.status,
        group: Some((status.level().number(), status.component().to_owned())),
        body: monitor_body(status, critical, judged, now),
    }
}

fn monitor_body(status: &MonitorStatus, critical: bool, judged: Judged, now: Instant) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("componentId", status.component().into());
    put("status", judged.status.as_str().into());
    put("state", judged.state.as_str().into());
    put("level", status.level().number().into());
    put("businessCritical", critical.into());
    if let Some(customer) = status.customer() {
        put("customer", customer.into());
    }
    // Before the first result there is nothing that could have an age.
    put("ageSeconds", if has_result(status) { seconds(judged.age) } else { Value::Null });
    if judged.state != MonitorState::Unknown {
        put("sinceSeconds", seconds(now.saturating_duration_since(status.since())));
    }
    put("consecutiveFailures", status.consecutive_failures().into());
    if let Some(last) = status.last() {
        let ms = u64::try_from(last.took().as_millis()).unwrap_or(u64::MAX);
        put("observedValue", ms.into());
        put("observedUnit", "ms".into());
    }
    if judged.status != Status::Pass {
        let problem = status.last().and_then(|last| last.problem());
        let output = match problem {
            Some(problem) => format!("{}: {}", judged.why.as_str(), problem.message()),
            None => judged.why.as_str().to_owned(),
        };
        put("output", output.into());
        if let Some(guards) = &status.plan.guards {
            put("guards", guards.as_str().into());
        }
    }
    body.into()
}

/// Describes a startup check that has not passed yet: the service runs without what it guards.
pub(super) fn open_check(check: &CheckReport) -> Entry {
    let mut body = json!({
        "componentId": check.component(),
        "status": Status::Warn.as_str(),
        "level": check.level().number(),
        "ageSeconds": 0,
    });
    if let (Some(problem), Some(body)) = (check.problem(), body.as_object_mut()) {
        let output = format!("not passed since the start: {}", problem.message());
        body.insert("output".to_owned(), output.into());
    }
    Entry {
        key: format!("{}:startup {}", check.component(), check.name()),
        status: Status::Warn,
        group: Some((check.level().number(), check.component().to_owned())),
        body,
    }
}

/// Describes what a [`Details`](super::Details) observed.
pub(super) fn observation(observation: Observation) -> Entry {
    let mut body = Map::new();
    body.insert("status".to_owned(), observation.status.as_str().into());
    body.insert("ageSeconds".to_owned(), seconds(observation.age));
    if let Some((value, unit)) = observation.value {
        body.insert("observedValue".to_owned(), value.into());
        body.insert("observedUnit".to_owned(), unit.into());
    }
    if let Some(output) = observation.output {
        body.insert("output".to_owned(), output.into());
    }
    Entry { key: observation.name, status: observation.status, group: None, body: body.into() }
}

/// Describes what speaks for or against readiness; it is looked at in this moment.
pub(super) fn voice(voice: Voice) -> Entry {
    let body = json!({ "status": voice.status.as_str(), "ageSeconds": 0, "output": voice.output });
    Entry { key: voice.name, status: voice.status, group: None, body }
}

/// Rounds to milliseconds, so that an age reads like one.
fn seconds(time: std::time::Duration) -> Value {
    let ms = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    json!(f64::from(ms) / 1000.0)
}

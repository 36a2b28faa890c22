//! Points of the page's metrics.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::standins::{
    lock,
    vendor::{Answer, Call},
};

use super::{Statuspage, answers::Refusal, requests::json_body};

/// Points are put into slots of so many seconds; the last one in a slot counts.
const SLOT: i64 = 30;

/// How far back points are taken.
const BACK: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Values by metric and by the beginning of their slot, in seconds.
pub(super) type Metrics = BTreeMap<String, BTreeMap<i64, f64>>;

impl Statuspage {
    /// `POST /metrics/data`: all points, or none.
    pub(super) fn add_points(&self, call: &Call) -> Result<Answer, Refusal> {
        let body = json_body(call)?;
        let refuse = |why: &str| Refusal::unprocessable(vec![why.to_owned()]);
        if body.as_object().is_some_and(|it| it.len() > 1) {
            return Err(refuse("there is more than `data`"));
        }
        let data = body.get("data").and_then(Value::as_object);
        let data = data.ok_or_else(|| refuse("`data` is not an object of metrics"))?;
        let mut ledger = lock(&self.ledger);
        let mut taken = Vec::new();
        for (id, points) in data {
            if !ledger.metrics.contains_key(id) {
                return Err(Refusal::new(self.config.unknown_metric, "no such metric"));
            }
            let points = points.as_array().ok_or_else(|| refuse("points are not a list"))?;
            for point in points {
                let (slot, value) = read(point, call.now).map_err(refuse)?;
                taken.push((id.clone(), slot, value));
            }
        }
        for (id, slot, value) in taken {
            ledger.metrics.entry(id).or_default().insert(slot, value);
        }
        Ok(Answer::json(StatusCode::ACCEPTED, &json!(data)).about_body(&call.body))
    }

    /// Returns the values of a metric by the beginning of their slot, oldest first.
    pub fn points_of(&self, metric: &str) -> Vec<(i64, f64)> {
        let ledger = lock(&self.ledger);
        ledger.metrics.get(metric).into_iter().flatten().map(|(at, it)| (*at, *it)).collect()
    }
}

fn read(point: &Value, now: Timestamp) -> Result<(i64, f64), &'static str> {
    if point.as_object().is_none_or(|it| it.len() != 2) {
        return Err("a point has `timestamp` and `value`, and nothing else");
    }
    let at = point.get("timestamp").and_then(Value::as_i64).ok_or("`timestamp` is not seconds")?;
    let value = point.get("value").and_then(Value::as_f64).ok_or("`value` is not a number")?;
    let time = Timestamp::from_second(at).map_err(|_| "`timestamp` is no time")?;
    if now.duration_since(time) > BACK {
        return Err("`timestamp` is older than 28 days");
    }
    Ok((at.div_euclid(SLOT) * SLOT, value))
}

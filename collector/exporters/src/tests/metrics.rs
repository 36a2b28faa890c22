//! Points of metrics on a page.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

use super::bench::{Bench, Script, answer, answer_with};
use super::samples::{START, settings};
use crate::metrics::{Measure, Measures};

/// All is up, and nothing is known of anything else.
struct Up;

impl Measures for Up {
    fn read<'a>(
        &'a self,
        measure: &'a Measure,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, Option<f64>> {
        let value = matches!(measure, Measure::Uptime(_)).then_some(100.0);
        Box::pin(async move { value })
    }
}

/// Scenario: a page has a metric of uptime and one of which nothing was measured; it fails once, asks for
/// a rest of two minutes once, and then takes what it is told.
/// Guarantee: one call a minute with all points that it did not take, at their own times, and none
/// during the rest; nothing is told of what is not known; it ends when asked to.
#[tokio::test(start_paused = true)]
async fn points_that_were_not_taken_are_told_again_at_their_own_times() {
    let script = Script::of([answer(503, "busy"), answer_with(420, "retry-after", "120")]);
    let mut page = settings("statuspage");
    page["metrics"] = json!({ "m1": { "uptime": "auth" }, "m2": { "series": "rule:slow:p99" } });
    let mut bench = Bench::with("statuspage", page, &script);
    bench.run_metrics(Arc::new(Up));
    tokio::time::sleep(Duration::from_secs(270)).await;
    bench.stop().await;
    assert_eq!(script.seconds(), [0, 60, 180, 240]);
    let told = |at: usize| -> Value {
        let (_, call) = &script.calls()[at];
        assert!(call.url.ends_with("/v1/pages/p1/metrics/data"), "{}", call.url);
        serde_json::from_slice(&call.body.to_bytes()).unwrap()
    };
    let point = |after: i64| json!({ "timestamp": START.secs() + after, "value": 100.0 });
    assert_eq!(told(0), json!({ "data": { "m1": [point(0)] } }));
    assert_eq!(told(2), json!({ "data": { "m1": [point(0), point(60), point(180)] } }));
    assert_eq!(told(3), json!({ "data": { "m1": [point(240)] } }));
}

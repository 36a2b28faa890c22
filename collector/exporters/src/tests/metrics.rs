//! Points of metrics on a page.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, Script, answer, answer_with};
use super::conformance::{Outcome, table};
use super::logs::Logs;
use super::samples::{SECRET, START, settings};
use crate::metrics::{Measure, Measures};
use crate::status::{Health, LaneSnapshot};

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

/// A page with these metrics, which tells them what is measured everywhere: that all is up.
fn bench(metrics: Value, script: &Arc<Script>) -> Bench {
    let mut page = settings("statuspage");
    page["metrics"] = metrics;
    let mut bench = Bench::with("statuspage", page, script);
    bench.run_metrics(Arc::new(Up));
    bench
}

/// Returns what the calls told that told points, with the second of each.
fn told(script: &Script) -> Vec<(u64, Value)> {
    let calls = script.calls().into_iter();
    let told = calls.filter(|(_, call)| call.what == "add points to metrics").map(|(at, call)| {
        assert!(call.url.ends_with("/v1/pages/p1/metrics/data"), "{}", call.url);
        let body: Value = serde_json::from_slice(&call.body.to_bytes()).unwrap();
        (at, body["data"].clone())
    });
    told.collect()
}

/// Returns points of 100 at these seconds.
fn points(seconds: impl IntoIterator<Item = i64>) -> Value {
    let point = |after: i64| json!({ "timestamp": START.secs() + after, "value": 100.0 });
    seconds.into_iter().map(point).collect()
}

/// Scenario: a page has a metric of uptime and one of which nothing was measured; it fails once, asks for
/// a rest of two minutes once, and then takes what it is told.
/// Guarantee: one call a minute with all points that it did not take, at their own times, and none
/// during the rest; nothing is told of what is not known; it ends when asked to.
#[tokio::test(start_paused = true)]
async fn points_that_were_not_taken_are_told_again_at_their_own_times() {
    let script = Script::of([answer(503, "busy"), answer_with(420, "retry-after", "120")]);
    let metrics = json!({ "m1": { "uptime": "auth" }, "m2": { "series": "rule:slow:p99" } });
    let mut bench = bench(metrics, &script);
    tokio::time::sleep(Duration::from_secs(270)).await;
    bench.stop().await;
    let told = told(&script);
    let at: Vec<u64> = told.iter().map(|it| it.0).collect();
    assert_eq!(at, [0, 60, 180, 240]);
    assert_eq!(told[0].1, json!({ "m1": points([0]) }));
    assert_eq!(told[2].1, json!({ "m1": points([0, 60, 180]) }));
    assert_eq!(told[3].1, json!({ "m1": points([240]) }));
    let lane = bench.metrics();
    assert_eq!((lane.sent, lane.queued, lane.health), (4, 0, Health::Healthy));
}

/// Scenario: the page answers points in each way in which a destination may.
/// Guarantee: what may be taken later is told again, each point at its own time and not before the page
/// wants it; what is refused for good is dropped, counted and told; a key that is refused pauses; no secret
/// is shown.
#[tokio::test(start_paused = true)]
async fn every_answer_to_points_is_treated_by_the_table() {
    let (logs, _guard) = Logs::collect();
    for (case, reply, outcome) in table("statuspage", true) {
        let script = Script::of([reply]);
        let mut bench = bench(json!({ "m1": { "uptime": "auth" } }), &script);
        bench
            .until(case, |it| outcome == Outcome::Sent || it.metrics().health != Health::Healthy)
            .await;
        let first = bench.metrics();
        let shown = format!("{first:?}");
        assert!(!shown.contains(SECRET), "{case}: {shown}");
        let paused = matches!(first.health, Health::Paused { .. });
        assert_eq!(paused, outcome == Outcome::Paused, "{case}: {shown}");
        let refused = matches!(first.health, Health::Refusing { .. });
        assert_eq!(refused, outcome == Outcome::Dropped, "{case}: {shown}");
        bench.until(case, |it| it.metrics().sent > 0 && it.metrics().queued == 0).await;
        let told = told(&script);
        let again = match outcome {
            Outcome::Retried(wait) => Some(wait.max(60)),
            Outcome::Paused => Some(60),
            Outcome::Sent | Outcome::Dropped => None,
        };
        let dropped = u64::from(outcome == Outcome::Dropped);
        let LaneSnapshot { sent, dropped: drops, .. } = bench.metrics();
        assert_eq!(drops.get("rejected").copied().unwrap_or_default(), dropped, "{case}");
        match again {
            None => assert_eq!(sent, 1, "{case}"),
            Some(wait) => {
                let waited = told[1].0 - told[0].0;
                assert!((wait..=wait + 10).contains(&waited), "{case}: {waited}");
                assert_eq!(
                    told[1].1["m1"],
                    points([0, i64::try_from(told[1].0).unwrap()]),
                    "{case}"
                );
            }
        }
        bench.stop().await;
    }
    let text = logs.text();
    assert!(text.contains("points of metrics are refused, and dropped") && !text.contains(SECRET));
}

/// Scenario: of three metrics the page lacks one, and refuses all points of a call that names it, with one
/// status or another. After 75 minutes somebody creates it.
/// Guarantee: the other two have their points of every minute; the one is named in the log and in the
/// status, asked for every ten minutes, and has its points of the last hour once it is there.
#[tokio::test(start_paused = true)]
async fn a_metric_that_the_page_lacks_keeps_no_other_away() {
    for status in [400, 404, 422] {
        let (logs, _guard) = Logs::collect();
        let began = tokio::time::Instant::now();
        let is_there = move || began.elapsed() > Duration::from_secs(4_500);
        let script = Script::by(move |call| match call.what {
            "look at metrics" if is_there() => {
                answer(200, r#"[{"id":"m1"},{"id":"m2"},{"id":"m9"}]"#)
            }
            "look at metrics" => answer(200, r#"[{"id":"m1"},{"id":"m2"}]"#),
            _ if is_there() => answer(202, "{}"),
            _ if String::from_utf8_lossy(&call.body.to_bytes()).contains("m9") => {
                answer(status, "")
            }
            _ => answer(202, "{}"),
        });
        let up = json!({ "uptime": "auth" });
        let mut bench = bench(json!({ "m1": up, "m2": up, "m9": up }), &script);
        bench.until("told", |it| it.metrics().sent == 2).await;
        let health = bench.metrics().health;
        let Health::Refusing { why, .. } = &health else { panic!("{health:?}") };
        assert!(why.starts_with("there is no metric `m9`: create it"), "{why}");
        assert_eq!(bench.metrics().queued, 1);
        assert!(!bench.exporter.status().snapshot().is_healthy());
        tokio::time::sleep(Duration::from_secs(4_490)).await;
        assert_eq!(bench.metrics().dropped["no metric m9"], 75 - 60);
        let before = told(&script);
        // the refused one, and one for each minute
        assert_eq!(before.len(), 1 + 75);
        let of = |from: usize, id: &str| -> Vec<Value> {
            before[from..]
                .iter()
                .flat_map(|it| it.1[id].as_array().into_iter().flatten())
                .cloned()
                .collect()
        };
        let minutes = points((0..75).map(|it| 60 * it));
        assert_eq!((json!(of(1, "m1")), json!(of(1, "m2"))), (minutes.clone(), minutes));
        assert!(of(1, "m9").is_empty());
        let looks = script.whats().iter().filter(|it| **it == "look at metrics").count();
        assert_eq!(looks, 1 + 7, "at once, and every ten minutes");
        bench.until("there", |it| it.metrics().health == Health::Healthy).await;
        let (_, last) = told(&script).pop().unwrap();
        assert_eq!(last["m9"].as_array().map(Vec::len), Some(60));
        bench.stop().await;
        let text = logs.text();
        assert_eq!(text.matches("destination has no such metric").count(), 1, "{text}");
        assert_eq!(text.matches("destination has this metric now").count(), 1, "{text}");
        assert!(text.contains("m9"), "{text}");
    }
}

/// Scenario: the page takes no points because it is not there, or does not say which metrics it has.
/// Guarantee: points wait, and the status says what to correct.
#[tokio::test(start_paused = true)]
async fn a_page_that_is_not_there_keeps_points_waiting() {
    for (listed, part) in
        [(answer(404, ""), "page_id"), (answer(503, ""), "503"), (Reply::Lost, "reset")]
    {
        let script = Script::by(move |call| match call.what {
            "look at metrics" => listed.clone(),
            _ => answer(404, ""),
        });
        let mut bench = bench(json!({ "m1": { "uptime": "auth" } }), &script);
        bench.until(part, |it| format!("{:?}", it.metrics().health).contains(part)).await;
        tokio::time::sleep(Duration::from_secs(180)).await;
        assert_eq!((bench.metrics().queued, bench.metrics().dropped.len()), (4, 0), "{part}");
        assert_eq!(bench.metrics().oldest, Some(START), "{part}");
        bench.stop().await;
    }
}

/// Scenario: nothing is ever measured of a series, as when its name is misspelt.
/// Guarantee: after ten minutes it is told once in the log, and stands in the status with the way to the
/// right name.
#[tokio::test(start_paused = true)]
async fn a_series_of_which_nothing_comes_is_told() {
    let (logs, _guard) = Logs::collect();
    let script = Script::of([]);
    let metrics = json!({ "m1": { "uptime": "auth" }, "m2": { "series": "rule:slow:p9" } });
    let mut bench = bench(metrics, &script);
    tokio::time::sleep(Duration::from_secs(590)).await;
    assert_eq!(bench.metrics().warnings, [""; 0]);
    tokio::time::sleep(Duration::from_secs(610)).await;
    let warnings = bench.metrics().warnings;
    assert_eq!(
        warnings,
        ["metrics.m2: nothing was measured as `rule:slow:p9` since 2026-11-23T10:02:11.000Z; \
          /api/v1/series/names has the names of what is"]
    );
    assert_eq!(logs.text().matches(&warnings[0]).count(), 1);
    assert_eq!(bench.metrics().health, Health::Healthy);
    bench.stop().await;
}

//! The worker for notices.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change};
use bellwether_core::state::ComponentState;
use bellwether_core::store::Attempt;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, Script, answer, answer_with};
use super::samples::{START, about, incident, later, resolved, state};

/// Reads which revision of which incident a Datadog event tells.
fn told(call: &crate::call::Call) -> (String, u64) {
    let body: Value = serde_json::from_slice(&call.body.to_bytes()).unwrap();
    let attributes = &body["data"]["attributes"];
    let key = attributes["aggregation_key"].as_str().unwrap().to_owned();
    (key, attributes["attributes"]["custom"]["revision"].as_u64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn notices_about_one_subject_arrive_in_order_through_failures() {
    let script = Script::of([answer(500, ""), Reply::Lost, Reply::Silence, answer(429, "")]);
    let mut bench = Bench::new("datadog", &script);
    let first = incident();
    let second = later(&first, 0);
    let third = resolved(&second, 0);
    let other = super::samples::incident();
    let other = bellwether_core::incident::Incident { id: "inc-other".into(), ..other };
    for incident in [&first, &second, &third, &other] {
        let mut notice = about("datadog", incident);
        notice.not_before = START;
        bench.outbox.push(notice);
    }
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    let all: Vec<(String, u64)> = script.calls().iter().map(|(_, call)| told(call)).collect();
    let mut revisions: Vec<u64> =
        all.iter().filter(|(id, _)| id == "inc-4f1c").map(|(_, revision)| *revision).collect();
    assert!(revisions.is_sorted(), "{revisions:?}");
    revisions.dedup();
    assert_eq!(revisions, [1, 2, 3]);
    assert!(all.iter().any(|(id, _)| id == "inc-other"));
    assert_eq!(bench.notices().sent, 4);
}

#[tokio::test(start_paused = true)]
async fn a_notice_waits_for_its_time_and_a_commit_wakes_the_worker() {
    let script = Script::of([]);
    let mut bench = Bench::new("statuspage", &script);
    bench.run_notices();
    bench.until("idle", |_| true).await;
    let mut notice = state("statuspage", "admin", ComponentState::MajorOutage, 0);
    notice.not_before = START.plus(Duration::from_secs(60));
    bench.outbox.push(notice);
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(script.seconds(), [60]);
    bench.outbox.push(state("statuspage", "admin", ComponentState::Operational, 60));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(script.seconds(), [60, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_superseded_notice_is_never_told() {
    let script = Script::of([]);
    let mut bench = Bench::new("statuspage", &script);
    for (number, told) in [
        ComponentState::MajorOutage,
        ComponentState::Operational,
        ComponentState::DegradedPerformance,
    ]
    .into_iter()
    .enumerate()
    {
        let mut notice = state("statuspage", "admin", told, number as u64);
        notice.not_before = START;
        bench.outbox.push(notice);
    }
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(script.whats(), [vec!["look at components"; 3], vec!["set component"]].concat());
    let calls = script.calls();
    assert_eq!(calls[3].1.body.to_bytes(), r#"{"component":{"status":"degraded_performance"}}"#);
}

#[tokio::test(start_paused = true)]
async fn a_failing_store_makes_no_second_message() {
    let script = Script::of([]);
    for kind in ["datadog", "newrelic"] {
        let mut bench = Bench::new(kind, &script);
        bench.outbox.fails_at_settle.store(true, Ordering::SeqCst);
        bench.outbox.push(about(kind, &incident()));
        bench.run_notices();
        bench.until("settled", |it| it.outbox.waiting() == 0).await;
        let receipts = bench.outbox.all_receipts();
        assert_eq!(receipts["incident:inc-4f1c"]["revision"], 1, "{kind}");
        bench.stop().await;
    }
    assert_eq!(script.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn why_a_notice_waits_or_was_refused_is_written_down() {
    let script =
        Script::of([answer_with(429, "retry-after", "20"), answer(400, r#"{"errors":["bad"]}"#)]);
    let mut bench = Bench::new("datadog", &script);
    bench.outbox.push(about("datadog", &incident()));
    bench.run_notices();
    bench.until("refused", |it| it.outbox.waiting() == 0).await;
    let settled = bench.outbox.settled();
    let [(_, Attempt::Postponed { until, why, .. }), (_, Attempt::Refused { why: refused })] =
        settled.as_slice()
    else {
        panic!("{settled:?}")
    };
    assert_eq!((until.since(START).as_secs(), why.as_str()), (21, "HTTP 429"));
    assert_eq!(refused, r#"HTTP 400: ["bad"]"#);
}

#[tokio::test(start_paused = true)]
async fn a_stop_tells_what_is_due_and_leaves_the_rest() {
    let script = Script::of([]);
    let mut bench = Bench::new("statuspage", &script);
    bench.run_notices();
    bench.until("idle", |_| true).await;
    bench.outbox.push(state("statuspage", "auth", ComponentState::MajorOutage, 0));
    bench.outbox.push(state("statuspage", "admin", ComponentState::MajorOutage, 3_600));
    bench.stop().await;
    assert_eq!((bench.notices().sent, bench.outbox.waiting()), (1, 1));

    // a destination that is down does not hold up a stop for longer than the drain
    let script = Script::by(|_| Reply::Silence);
    let mut bench = Bench::new("statuspage", &script);
    bench.outbox.push(state("statuspage", "auth", ComponentState::MajorOutage, 0));
    bench.run_notices();
    bench.until("called", |_| !script.calls().is_empty()).await;
    let asked = tokio::time::Instant::now();
    bench.stop().await;
    assert_eq!(asked.elapsed().as_secs(), 5);
    assert_eq!(bench.outbox.waiting(), 1);
}

/// Scenario: three incidents are to be told to a channel that takes a message a second; the third
/// is acknowledged while it waits for its turn.
/// Guarantee: the third is not told, and nothing is written of it.
#[tokio::test(start_paused = true)]
async fn what_is_withdrawn_while_it_waits_for_its_turn_is_not_sent() {
    let script = Script::by(|_| answer(200, "ok"));
    let mut bench = Bench::new("slack", &script);
    for id in ["inc-1", "inc-2", "inc-3"] {
        let incident = Incident { id: id.into(), ..incident() };
        bench.outbox.push(about("slack", &incident));
    }
    bench.run_notices();
    bench.until("the first", |it| it.outbox.waiting() == 2).await;
    bench.outbox.withdraw("incident:inc-3");
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    // long enough for a third message to leave
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(script.calls().len(), 2);
    assert_eq!(bench.outbox.settled().len(), 2);
}

/// Guarantee: PagerDuty hears that somebody works on it, under the key that it was triggered with.
#[tokio::test(start_paused = true)]
async fn pagerduty_hears_of_an_acknowledgement() {
    let script = Script::by(|_| answer(202, "{}"));
    let mut bench = Bench::new("pagerduty", &script);
    let first = incident();
    let mut acknowledged = about("pagerduty", &later(&first, 60));
    if let Body::Incident { change, .. } = &mut acknowledged.body {
        *change = Change::Acknowledged;
    }
    for notice in [about("pagerduty", &first), acknowledged] {
        bench.outbox.push(notice);
    }
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    let events: Vec<Value> = script
        .calls()
        .iter()
        .map(|(_, call)| serde_json::from_slice(&call.body.to_bytes()).unwrap())
        .collect();
    let actions: Vec<&Value> = events.iter().map(|it| &it["event_action"]).collect();
    assert_eq!(actions, ["trigger", "acknowledge"]);
    assert_eq!(events[0]["dedup_key"], events[1]["dedup_key"]);
}

/// Scenario: a destination fails for long, and its settings say for how long it is tried.
/// Guarantee: what lasts is given up then, marked with why, and others go on; that an incident is over
/// is told all the same, once the destination answers again.
#[tokio::test(start_paused = true)]
async fn what_does_not_get_there_in_time_is_given_up_and_the_end_never_is() {
    let script = Script::of(std::iter::repeat_with(|| answer(503, "busy")).take(40));
    let mut settings = super::samples::settings("pagerduty");
    settings["retry_on_failure"] = json!({ "max_interval": "5s", "max_elapsed_time": "30s" });
    let mut bench = Bench::with("pagerduty", settings, &script);
    let other = Incident { id: "inc-over".into(), ..incident() };
    bench.outbox.push(about("pagerduty", &incident()));
    bench.outbox.push(about("pagerduty", &resolved(&other, 0)));
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    let settled = bench.outbox.settled();
    let of = |number: i64| settled.iter().rev().find(|it| it.0 == number).unwrap().1.clone();
    match of(1) {
        Attempt::Refused { why } => assert!(why.starts_with("given up: HTTP 503"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(of(2), Attempt::Delivered { .. }), "{:?}", of(2));
    assert_eq!(bench.notices().dropped["retries_exhausted"], 1);
    assert_eq!(bench.notices().sent, 1);
}

//! One table of answers that every kind of exporter passes, for OTLP and for notices.

use std::io::Read;
use std::time::Duration;

use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Attempt;
use serde_json::Value;
use tokio::time::Instant;

use super::bench::{Bench, Reply, Script, answer, answer_with, grpc};
use super::logs::Logs;
use super::samples::{SECRET, START, about, incident, later, resolved, settings, state};
use crate::call::Call;
use crate::kinds;
use crate::status::{Health, LaneSnapshot};

/// What becomes of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Sent,
    Dropped,
    /// Sent in the end, and not tried again before this many seconds.
    Retried(u64),
    /// Sent in the end, after the destination was shown as paused.
    Paused,
}

use Outcome::{Dropped, Paused, Retried, Sent};

/// Which answers a destination lets us send again, beside 429, 502, 503 and 504.
fn retries(kind: &str, notices: bool, status: u16) -> bool {
    match status {
        408 | 500 => notices || kind == "newrelic",
        420 => kind == "statuspage",
        _ => false,
    }
}

/// What a gRPC server answers, and what stands before one. The statuses have a table of their own.
fn grpc_table() -> Vec<(&'static str, Reply, Outcome)> {
    vec![
        ("OK", grpc(0, ""), Sent),
        ("INVALID_ARGUMENT", grpc(3, "bad"), Dropped),
        ("PERMISSION_DENIED", grpc(7, "key s3cr3t0123456789abcdefghijklmnop is wrong"), Paused),
        ("RESOURCE_EXHAUSTED", grpc(8, "quota"), Dropped),
        ("too large", grpc(8, "received message larger than max"), Dropped),
        ("UNAVAILABLE", grpc(14, "key s3cr3t0123456789abcdefghijklmnop"), Retried(0)),
        ("UNAUTHENTICATED", grpc(16, ""), Paused),
        ("404", answer(404, ""), Dropped),
        ("503, seconds", answer_with(503, "retry-after", "7"), Retried(7)),
        ("lost", Reply::Lost, Retried(0)),
        ("silent", Reply::Silence, Retried(10)),
    ]
}

/// What a mail server answers; what it says of single recipients has tests of its own.
fn smtp_table() -> Vec<(&'static str, Reply, Outcome)> {
    vec![
        ("250", answer(250, ""), Sent),
        ("421", answer(421, "4.3.2 going down"), Retried(0)),
        ("451", answer(451, "4.7.1 greylisted, come again"), Retried(0)),
        ("452", answer(452, "4.3.1 no room"), Retried(0)),
        ("501", answer(501, "5.5.4 no such parameter"), Dropped),
        ("530", answer(530, "5.7.0 log in first"), Paused),
        ("535", answer(535, "5.7.8 key s3cr3t0123456789abcdefghijklmnop is wrong"), Paused),
        ("550", answer(550, "5.1.1 no such user"), Dropped),
        ("552", answer(552, "5.3.4 too large"), Dropped),
        ("554", answer(554, "5.7.1 looks like spam"), Dropped),
        ("no code", answer(0, ""), Retried(0)),
        ("lost", Reply::Lost, Retried(0)),
        ("silent", Reply::Silence, Retried(10)),
    ]
}

/// Returns what a destination of a kind may answer, and what becomes of what was sent.
pub(crate) fn table(kind: &str, notices: bool) -> Vec<(&'static str, Reply, Outcome)> {
    if kind == "otlp" {
        return grpc_table();
    }
    if kind == "email" {
        return smtp_table();
    }
    let own = |status| if retries(kind, notices, status) { Retried(0) } else { Dropped };
    // Slack says `ok`, and anything else is an error
    let silent = if kind == "slack" { Dropped } else { Sent };
    vec![
        ("200", answer(200, "{}"), silent),
        ("200, empty body", answer(200, ""), silent),
        ("200, ok", answer(200, "ok"), Sent),
        ("202", answer(202, r#"{"errors":[]}"#), silent),
        ("301", answer_with(301, "location", "https://elsewhere.example"), Dropped),
        ("400", answer(400, r#"{"errors":["Payload is not valid"]}"#), Dropped),
        ("401", answer(401, ""), Paused),
        (
            "403",
            answer(403, r#"{"message":"key s3cr3t0123456789abcdefghijklmnop is wrong"}"#),
            Paused,
        ),
        ("404", answer(404, ""), Dropped),
        ("408", answer(408, ""), own(408)),
        ("413", answer(413, ""), Dropped),
        ("415", answer(415, ""), Dropped),
        ("420", answer_with(420, "retry-after", "2"), own(420)),
        ("422", answer(422, r#"{"error":["status is not included"]}"#), Dropped),
        ("429", answer(429, ""), Retried(0)),
        ("429, seconds", answer_with(429, "retry-after", "7"), Retried(7)),
        ("429, reset", answer_with(429, "x-ratelimit-reset", "9"), Retried(9)),
        ("500", answer(500, "oops"), own(500)),
        ("502", answer(502, ""), Retried(0)),
        ("503", answer(503, "key s3cr3t0123456789abcdefghijklmnop"), Retried(0)),
        (
            "503, date",
            answer_with(503, "retry-after", "Mon, 23 Nov 2026 10:02:51 GMT"),
            Retried(40),
        ),
        ("504", answer(504, ""), Retried(0)),
        ("lost", Reply::Lost, Retried(0)),
        ("silent", Reply::Silence, Retried(10)),
    ]
}

/// Checks that what went wrong was logged, and no secret with it.
fn check_logs(logs: &Logs) {
    let text = logs.text();
    for part in ["destination refuses our credentials, paused", "answers again", "key *** is wrong"]
    {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains(SECRET));
}

/// Checks the end of one case.
pub(crate) fn check(case: &str, outcome: Outcome, lane: &LaneSnapshot, seconds: &[u64]) {
    let total = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    let sent = u64::from(outcome != Dropped);
    assert_eq!((lane.sent, total(&lane.dropped)), (sent, 1 - sent), "{case}: {lane:?}");
    match outcome {
        Sent | Dropped => assert_eq!(seconds.len(), 1, "{case}"),
        Retried(wait) => {
            assert_eq!(seconds.len(), 2, "{case}");
            let waited = seconds[1] - seconds[0];
            // backoff of the first failure is a second at most
            assert!((wait..=wait + 2).contains(&waited), "{case}: waited {waited} s");
        }
        Paused => assert!(seconds[1] - seconds[0] >= 30, "{case}: {seconds:?}"),
    }
    let shown = format!("{lane:?}");
    assert!(!shown.contains(SECRET), "{case}: {shown}");
    let healthy = lane.health == Health::Healthy;
    assert_eq!(healthy, outcome != Dropped, "{case}: {shown}");
}

#[tokio::test(start_paused = true)]
async fn every_kind_treats_answers_to_otlp_by_the_table() {
    let (logs, _guard) = Logs::collect();
    for kind in kinds() {
        for (case, reply, outcome) in table(kind.name, false) {
            let case = format!("{} {case}", kind.name);
            let script = Script::of([reply]);
            let mut bench = Bench::new(kind.name, &script);
            if !bench.exporter.takes_signals() {
                continue;
            }
            let sender = bench.run_signals();
            sender.send(Signal::Traces, b"\x0a\x00".as_slice()).unwrap();
            if outcome == Paused {
                bench.until(&case, |it| matches!(it.signals().health, Health::Paused { .. })).await;
                let shown = format!("{:?}", bench.signals());
                assert!(!shown.contains(SECRET), "{shown}");
                assert_eq!(bench.signals().queued, 1);
            }
            bench.until(&case, |it| it.signals().queued == 0).await;
            check(&case, outcome, &bench.signals(), &script.seconds());
            bench.stop().await;
        }
    }
    check_logs(&logs);
}

#[tokio::test(start_paused = true)]
async fn every_kind_treats_answers_to_notices_by_the_table() {
    let (logs, _guard) = Logs::collect();
    for kind in kinds() {
        for (case, reply, outcome) in table(kind.name, true) {
            let case = format!("{} {case}", kind.name);
            let script = Script::of([reply]);
            let mut bench = Bench::new(kind.name, &script);
            let Some(policy) = bench.exporter.notice_policy() else { continue };
            // Statuspage's incidents take several calls, and have a suite of their own
            let mut notice = match policy.follows_components {
                true => state(kind.name, "admin", ComponentState::MajorOutage, 0),
                false => about(kind.name, &incident()),
            };
            notice.not_before = START;
            bench.outbox.push(notice);
            bench.run_notices();
            if matches!(outcome, Paused) {
                bench.until(&case, |it| matches!(it.notices().health, Health::Paused { .. })).await;
                let shown = format!("{:?}", bench.notices());
                assert!(!shown.contains(SECRET), "{shown}");
            }
            bench.until(&case, |it| it.outbox.waiting() == 0).await;
            check(&case, outcome, &bench.notices(), &script.seconds());
            let settled = format!("{:?}", bench.outbox.settled());
            assert!(!settled.contains(SECRET), "{case}: {settled}");
            bench.stop().await;
        }
    }
    check_logs(&logs);
}

#[tokio::test(start_paused = true)]
async fn a_long_refusal_keeps_the_queue_and_is_asked_about_from_time_to_time() {
    for kind in kinds() {
        let refusal = if kind.name == "otlp" { grpc(16, "") } else { answer(403, "") };
        let script = Script::of(vec![refusal; 4]);
        let mut bench = Bench::with(kind.name, settings(kind.name), &script);
        if !bench.exporter.takes_signals() {
            continue;
        }
        let sender = bench.run_signals();
        for body in [b"\x0a\x00", b"\x12\x00"] {
            sender.send(Signal::Logs, body.as_slice()).unwrap();
        }
        bench.until("sent", |it| it.signals().sent == 2).await;
        let seconds = script.seconds();
        assert_eq!(seconds[..5], [0, 30, 60, 90, 120], "{}", kind.name);
        assert_eq!(bench.signals().dropped.len(), 0);
        tokio::time::timeout(Duration::from_secs(1), bench.stop()).await.unwrap();
    }
}

/// Scenario: a destination is away for 30 s while two incidents are told, one of them three times.
/// Guarantee: every kind tells all of it, once each, and what is about one incident in order.
#[tokio::test(start_paused = true)]
async fn an_outage_loses_nothing_and_keeps_the_order_of_an_incident() {
    for kind in kinds() {
        let began = Instant::now();
        let fine = Script::fine;
        let away = move || began.elapsed() < Duration::from_secs(30);
        let script = Script::by(move |call| if away() { Reply::Lost } else { fine(call) });
        let mut bench = Bench::new(kind.name, &script);
        // Statuspage's incidents have a suite of their own
        let policy = bench.exporter.notice_policy();
        if policy.is_none_or(|it| it.follows_components) {
            continue;
        }
        let first = incident();
        let second = later(&first, 1);
        let mut other = incident();
        other.id = "inc-other".into();
        for it in [&first, &second, &resolved(&second, 2), &other] {
            bench.outbox.push(about(kind.name, it));
        }
        bench.run_notices();
        bench.until(kind.name, |it| it.outbox.waiting() == 0).await;
        let settled = bench.outbox.settled();
        let told = settled.iter().filter(|(_, it)| matches!(it, Attempt::Delivered { .. }));
        let mut numbers: Vec<i64> = told.map(|(number, _)| *number).collect();
        assert_eq!(numbers.iter().filter(|it| **it < 4).collect::<Vec<_>>(), [&1, &2, &3]);
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4], "{}", kind.name);
        let after = script.seconds().into_iter().filter(|at| *at >= 30).count();
        assert_eq!(after, 4, "{}: each once", kind.name);
        bench.stop().await;
    }
}

/// Scenario: a destination takes a notice, and its answer never comes.
/// Guarantee: what is sent again has the key by which the destination knows it. (Slack has none:
/// its bot looks, and its webhook posts twice. Statuspage has a suite of its own.)
#[tokio::test(start_paused = true)]
async fn what_is_sent_again_is_known_by_its_key() {
    let keyed: [(&str, KeyOf); 5] = [
        ("datadog", |it| json(it)["data"]["attributes"]["aggregation_key"].to_string()),
        ("email", |it| line_of(it, "Message-ID: ")),
        ("newrelic", |it| {
            let event = &json(it)[0];
            format!("{} {}", event["incidentId"], event["sequence"])
        }),
        ("pagerduty", |it| json(it)["dedup_key"].to_string()),
        ("webhook", |it| it.headers["idempotency-key"].to_str().unwrap().to_owned()),
    ];
    for (kind, key) in keyed {
        let script = Script::of([Reply::Silence]);
        let mut bench = Bench::new(kind, &script);
        bench.outbox.push(about(kind, &incident()));
        bench.run_notices();
        bench.until(kind, |it| it.outbox.waiting() == 0).await;
        let keys: Vec<String> = script.calls().iter().map(|(_, call)| key(call)).collect();
        assert_eq!(keys.len(), 2, "{kind}");
        assert!(keys[0] == keys[1] && keys[0].contains("inc-4f1c"), "{kind}: {keys:?}");
    }
}

/// Reads the key by which a destination knows what a call tells.
type KeyOf = fn(&Call) -> String;

fn json(call: &Call) -> Value {
    let mut body = call.body.to_bytes().to_vec();
    if call.headers.contains_key("content-encoding") {
        let packed = std::mem::take(&mut body);
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
    }
    serde_json::from_slice(&body).unwrap()
}

fn line_of(call: &Call, name: &str) -> String {
    let mail = String::from_utf8(call.body.to_bytes().to_vec()).unwrap();
    mail.lines().find_map(|it| it.strip_prefix(name)).unwrap().to_owned()
}

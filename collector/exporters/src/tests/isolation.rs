//! Destinations beside each other.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::Signal;
use serde_json::json;
use tokio::time::Instant;

use super::bench::{Bench, Reply, Script, answer};

/// Has a destination take 300 requests, each of which goes to another destination first; returns
/// after how long it had all, and with how many calls.
async fn beside(other: Arc<Script>) -> (Duration, usize) {
    let settings = |endpoint: &str| {
        let batch = json!({ "max_size": 1_000, "sizer": "bytes" });
        json!({ "endpoint": endpoint, "compression": "none", "timeout": "10s", "sending_queue": { "batch": batch } })
    };
    let well = Script::slow(Duration::from_millis(20), |_| Box::new(|| answer(200, "")));
    let mut first = Bench::with("otlphttp", settings("http://127.0.0.1:1"), &other);
    let mut second = Bench::with("otlphttp", settings("http://127.0.0.1:2"), &well);
    let senders = [first.run_signals(), second.run_signals()];
    let began = Instant::now();
    for _ in 0..300 {
        for sender in &senders {
            sender.send(Signal::Traces, vec![0; 500]).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    second.until("all", |it| it.signals().sent == 300).await;
    (began.elapsed(), well.calls().len())
}

/// Scenario: beside a destination that is well stands one that is well too, one that refuses
/// connections, one that never answers, one that takes a second for each call, and one that
/// refuses our key.
/// Guarantee: the one that is well has everything at the same time and with as many calls.
#[tokio::test(start_paused = true)]
async fn a_slow_or_dead_destination_changes_nothing_for_another() {
    let alone = beside(Script::of([])).await;
    let slow = Script::slow(Duration::from_secs(1), |_| Box::new(|| answer(200, "")));
    for (what, other) in [
        ("lost", Script::by(|_| Reply::Lost)),
        ("silent", Script::by(|_| Reply::Silence)),
        ("slow", slow),
        ("paused", Script::by(|_| answer(403, ""))),
    ] {
        assert_eq!(beside(other).await, alone, "{what}");
    }
}

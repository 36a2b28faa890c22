//! New settings for a worker that runs.

use std::time::Duration;

use bellwether_core::ingest::Signal;
use serde_json::json;
use tokio::time::Instant;

use super::bench::{Bench, Script, answer};
use super::signals::{otlphttp, unpacked};
use crate::status::Health;

#[tokio::test(start_paused = true)]
async fn new_settings_are_used_at_once_and_nothing_is_lost_or_counted_anew() {
    let script = Script::by(|call| match call.headers["authorization"].to_str().unwrap() {
        "old" => answer(401, "who are you, old?"),
        _ => answer(200, ""),
    });
    let with_key = |key: &str| {
        let mut settings = otlphttp(json!({ "num_consumers": 1 }));
        settings["headers"] = json!({ "authorization": key });
        settings
    };
    let mut bench = Bench::with("otlphttp", with_key("old"), &script);
    let sender = bench.run_signals();
    sender.send(Signal::Logs, "x").unwrap();
    bench.until("paused", |it| matches!(it.signals().health, Health::Paused { .. })).await;
    sender.send(Signal::Logs, "y").unwrap();
    let asked = Instant::now();
    bench.refit_signals("otlphttp", with_key("new"));
    bench.until("sent", |it| it.signals().sent == 2).await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    let lane = bench.signals();
    assert_eq!((lane.health, lane.queued), (Health::Healthy, 0));
    bench.refit_signals("otlphttp", with_key("newer"));
    sender.send(Signal::Logs, "z").unwrap();
    bench.until("sent", |it| it.signals().sent == 3).await;
    let keys: Vec<_> =
        script.calls().iter().map(|(_, it)| it.headers["authorization"].clone()).collect();
    assert_eq!(keys.last().unwrap(), "newer");
}

#[tokio::test(start_paused = true)]
async fn what_was_compressed_for_old_settings_is_compressed_anew() {
    let script = Script::by(|call| match call.headers.get("content-encoding") {
        Some(_) => answer(503, ""),
        None => answer(200, ""),
    });
    let mut packed = otlphttp(json!({}));
    packed["compression"] = json!("gzip");
    let mut bench = Bench::with("otlphttp", packed, &script);
    let sender = bench.run_signals();
    sender.send(Signal::Logs, vec![7; 1_000]).unwrap();
    bench.until("retrying", |it| it.signals().health != Health::Healthy).await;
    bench.refit_signals("otlphttp", otlphttp(json!({})));
    bench.until("sent", |it| it.signals().sent == 1).await;
    assert_eq!(unpacked(&script.calls().pop().unwrap().1), [7; 1_000]);
}

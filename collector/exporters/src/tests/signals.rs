//! The worker for OTLP.

use std::io::Read;
use std::time::Duration;

use bellwether_core::ingest::Signal;
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

use super::bench::{Bench, Reply, Script, answer, answer_with};
use crate::signals::NotQueued;
use crate::status::Health;

fn unpacked(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap();
    plain
}

#[tokio::test(start_paused = true)]
async fn requests_arrive_compressed_and_in_order_through_failures() {
    let script = Script::of([answer(503, ""), Reply::Lost, answer_with(429, "retry-after", "3")]);
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    for number in 0..5_u8 {
        sender.try_send(Signal::Traces, Bytes::from(vec![number; 1_000])).unwrap();
    }
    bench.until("sent", |it| it.signals().sent == 5).await;
    let calls = script.calls();
    let arrived: Vec<u8> = calls.iter().map(|(_, call)| unpacked(&call.body)[0]).collect();
    assert_eq!(arrived, [0, 0, 0, 0, 1, 2, 3, 4]);
    assert!(calls.iter().all(|(_, call)| call.headers["content-encoding"] == "gzip"));
    assert_eq!(bench.signals().queued_bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn the_status_tells_since_when_and_why_it_fails() {
    let script = Script::of(vec![answer(503, r#"{"message":"no healthy upstream"}"#); 3]);
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    sender.try_send(Signal::Metrics, Bytes::from_static(b"x")).unwrap();
    bench.until("retrying", |it| it.signals().health != Health::Healthy).await;
    let Health::Retrying { since, why } = bench.signals().health else { panic!() };
    assert_eq!(why, "HTTP 503: no healthy upstream");
    bench.until("third", |_| script.calls().len() == 3).await;
    let Health::Retrying { since: later, .. } = bench.signals().health else { panic!() };
    assert_eq!(since, later);
    bench.until("sent", |it| it.signals().health == Health::Healthy).await;
}

#[tokio::test(start_paused = true)]
async fn partial_success_is_counted_and_never_sent_again() {
    let body = "\x0a\x08\x08\x03\x12\x04nope";
    let script = Script::of([answer(200, body)]);
    let mut bench = Bench::new("datadog", &script);
    let sender = bench.run_signals();
    sender.try_send(Signal::Metrics, Bytes::from_static(b"x")).unwrap();
    bench.until("sent", |it| it.signals().sent == 1).await;
    assert_eq!(bench.signals().refused_items, 3);
    bench.stop().await;
    assert_eq!(script.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_the_vendor_takes_is_dropped_with_a_reason() {
    for (kind, signal, takes) in
        [("datadog", Signal::Traces, 15 << 20), ("datadog", Signal::Logs, (51 << 20) / 10)]
    {
        let script = Script::of([]);
        let mut bench = Bench::new(kind, &script);
        let sender = bench.run_signals();
        sender.try_send(signal, Bytes::from(vec![0; takes])).unwrap();
        sender.try_send(signal, Bytes::from(vec![0; takes + 1])).unwrap();
        bench.until("both", |it| it.signals().queued == 0).await;
        let lane = bench.signals();
        assert_eq!((lane.sent, lane.dropped["oversize"]), (1, 1), "{kind} {signal:?}");
    }
    // these are measured as they leave: noise does not compress
    for (kind, takes) in [("datadog", 512 << 10), ("newrelic", 1_000_000)] {
        let script = Script::of([]);
        let mut bench = Bench::new(kind, &script);
        let sender = bench.run_signals();
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        })
        .take(takes)
        .collect();
        sender.try_send(Signal::Metrics, Bytes::from(noise)).unwrap();
        sender.try_send(Signal::Metrics, Bytes::from(vec![0; 2 * takes])).unwrap();
        bench.until("both", |it| it.signals().queued == 0).await;
        let lane = bench.signals();
        assert_eq!((lane.sent, lane.dropped["oversize"]), (1, 1), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_says_so_and_has_room_again_later() {
    let script = Script::of(vec![answer(503, ""); 3]);
    let settings = json!({
        "endpoint": "http://127.0.0.1:1", "compression": "none", "sending_queue": { "size": "1KiB" },
    });
    let mut bench = Bench::with("otlphttp", settings, &script);
    let sender = bench.run_signals();
    let send = |bytes| sender.try_send(Signal::Logs, Bytes::from(vec![7; bytes]));
    assert_eq!(send(600), Ok(()));
    assert_eq!(send(500), Err(NotQueued::Full));
    assert_eq!(bench.signals().dropped["queue_full"], 1);
    assert_eq!(send(424), Ok(()));
    assert_eq!((bench.signals().queued, bench.signals().queued_bytes), (2, 1024));
    bench.until("sent", |it| it.signals().sent == 2).await;
    // more than the whole queue holds is let in alone, or it could never leave
    assert_eq!(send(5_000), Ok(()));
    bench.until("sent", |it| it.signals().sent == 3).await;
    assert!(!script.calls()[0].1.headers.contains_key("content-encoding"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_sends_what_waits() {
    let script = Script::of([]);
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    for _ in 0..20 {
        sender.try_send(Signal::Logs, Bytes::from_static(b"x")).unwrap();
    }
    bench.stop().await;
    assert_eq!((bench.signals().sent, bench.signals().dropped.len()), (20, 0));
    assert_eq!(sender.try_send(Signal::Logs, Bytes::new()), Err(NotQueued::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_up_after_the_drain_and_counts_what_is_left() {
    let script = Script::by(|_| answer_with(503, "retry-after", "60"));
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    for _ in 0..3 {
        sender.try_send(Signal::Logs, Bytes::from_static(b"x")).unwrap();
    }
    bench.until("retrying", |it| it.signals().health != Health::Healthy).await;
    let asked = Instant::now();
    bench.stop().await;
    assert_eq!(asked.elapsed().as_secs(), 5);
    assert_eq!(bench.signals().dropped["shutdown"], 3);
    // one more try at the beginning of the stop, whatever the destination asked for
    assert_eq!(script.calls().len(), 2);
    assert!(Duration::from_secs(1) > Duration::from_secs(script.seconds()[1]));
}

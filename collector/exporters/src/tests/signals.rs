//! The worker for OTLP.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::ingest::Signal;
use bellwether_core::queue::NotQueued;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::bench::{Bench, Reply, Script, answer, answer_with};
use crate::call::Call;
use crate::status::Health;

pub(super) fn unpacked(call: &Call) -> Vec<u8> {
    let body = call.body.to_bytes();
    let mut plain = Vec::new();
    match call.headers.get("content-encoding").map(|it| it.as_bytes()) {
        None => plain = body.to_vec(),
        Some(b"zstd") => plain = zstd::stream::decode_all(&body[..]).unwrap(),
        Some(_) => drop(flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap()),
    }
    plain
}

pub(super) fn otlphttp(queue: Value) -> Value {
    json!({ "endpoint": "http://127.0.0.1:1", "compression": "none", "timeout": "10s", "sending_queue": queue })
}

#[tokio::test(start_paused = true)]
async fn requests_arrive_compressed_and_in_order_through_failures() {
    for compression in ["gzip", "zstd"] {
        let script =
            Script::of([answer(503, ""), Reply::Lost, answer_with(429, "retry-after", "3")]);
        let mut settings = otlphttp(json!({ "num_consumers": 1 }));
        settings["compression"] = json!(compression);
        settings["sending_queue"]["batch"] = json!({ "max_size": 1, "sizer": "bytes" });
        let mut bench = Bench::with("otlphttp", settings, &script);
        let sender = bench.run_signals();
        for number in 0..5_u8 {
            sender.send(Signal::Traces, vec![number; 1_000]).unwrap();
        }
        bench.until("sent", |it| it.signals().sent == 5).await;
        let calls = script.calls();
        let arrived: Vec<u8> = calls.iter().map(|(_, call)| unpacked(call)[0]).collect();
        assert_eq!(arrived, [0, 0, 0, 0, 1, 2, 3, 4]);
        assert!(calls.iter().all(|(_, call)| call.headers["content-encoding"] == compression));
        let lane = bench.signals();
        assert_eq!((lane.queued, lane.queued_bytes, lane.sent_items), (0, 0, 5));
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_together_is_sent_together_up_to_the_size_asked_for() {
    let script = Script::of([]);
    let batch = json!({ "batch": { "max_size": 2_500, "sizer": "bytes" } });
    let mut bench = Bench::with("otlphttp", otlphttp(batch), &script);
    let sender = bench.run_signals();
    for number in 0..6_u8 {
        let signal = if number == 3 { Signal::Logs } else { Signal::Traces };
        sender.send(signal, vec![number; 1_000]).unwrap();
    }
    bench.until("sent", |it| it.signals().sent == 6).await;
    let mut bodies: Vec<Vec<u8>> = script.calls().iter().map(|(_, call)| unpacked(call)).collect();
    for body in &mut bodies {
        body.dedup();
    }
    assert_eq!(bodies, [vec![0, 1], vec![2, 4], vec![3], vec![5]]);
}

/// Counts the calls that are on their way.
fn counted(script_takes: Duration) -> (Arc<Script>, Arc<AtomicUsize>) {
    let most = Arc::new(AtomicUsize::new(0));
    let (seen, now) = (Arc::clone(&most), Arc::new(AtomicUsize::new(0)));
    let script = Script::slow(script_takes, move |_| {
        let in_flight = now.fetch_add(1, Ordering::Relaxed) + 1;
        seen.fetch_max(in_flight, Ordering::Relaxed);
        let now = Arc::clone(&now);
        Box::new(move || {
            now.fetch_sub(1, Ordering::Relaxed);
            answer(200, "")
        })
    });
    (script, most)
}

#[tokio::test(start_paused = true)]
async fn more_calls_are_on_their_way_while_more_waits_than_they_take() {
    let (script, most) = counted(Duration::from_millis(100));
    let queue = json!({ "num_consumers": 7, "batch": { "max_size": 100, "sizer": "bytes" } });
    let mut bench = Bench::with("otlphttp", otlphttp(queue), &script);
    let sender = bench.run_signals();
    for _ in 0..300 {
        sender.send(Signal::Traces, vec![0; 100]).unwrap();
    }
    let began = Instant::now();
    bench.until("sent", |it| it.signals().sent == 300).await;
    assert_eq!(most.load(Ordering::Relaxed), 7);
    // four at once would take 7.5 s, one at a time 30 s
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_dead_destination_is_tried_with_one_call_at_a_time() {
    let dead = Arc::new(Mutex::new(true));
    let is_dead = Arc::clone(&dead);
    let script =
        Script::by(move |_| if *is_dead.lock().unwrap() { Reply::Lost } else { answer(200, "") });
    let queue = json!({ "batch": { "max_size": 100, "sizer": "bytes" } });
    let mut bench = Bench::with("otlphttp", otlphttp(queue), &script);
    let sender = bench.run_signals();
    for number in 0..50 {
        sender.send(Signal::Traces, vec![number; 100]).unwrap();
    }
    tokio::time::sleep(Duration::from_secs(300)).await;
    let tried = script.calls().len();
    // four at the beginning, then one every 15 to 30 s
    assert!((10..=30).contains(&tried), "{tried} calls in 300 s");
    *dead.lock().unwrap() = false;
    let began = Instant::now();
    bench.until("sent", |it| it.signals().sent == 50).await;
    assert!(began.elapsed() < Duration::from_secs(31), "{:?}", began.elapsed());
    let again: Vec<u8> = script.calls()[tried..].iter().map(|(_, it)| unpacked(it)[0]).collect();
    assert_eq!(again, (0..50).collect::<Vec<_>>(), "in order, those that failed first");
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_told_from_those_that_were_sent_with_it() {
    // refuses every body with a 3 in it
    let script = Script::by(|call| answer(if unpacked(call).contains(&3) { 400 } else { 200 }, ""));
    let mut bench = Bench::with("otlphttp", otlphttp(json!({})), &script);
    let sender = bench.run_signals();
    for number in 0..8 {
        sender.send(Signal::Traces, vec![number; 10]).unwrap();
    }
    bench.until("all", |it| it.signals().queued == 0).await;
    let lane = bench.signals();
    assert_eq!((lane.sent, lane.dropped["rejected"]), (7, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_together_is_sent_apart() {
    let script = Script::by(|call| answer(if call.body.len() > 250 { 413 } else { 200 }, ""));
    let mut bench = Bench::with("otlphttp", otlphttp(json!({})), &script);
    let sender = bench.run_signals();
    for number in 0..5 {
        sender.send(Signal::Traces, vec![number; 100]).unwrap();
    }
    sender.send(Signal::Traces, vec![9; 300]).unwrap();
    bench.until("all", |it| it.signals().queued == 0).await;
    let lane = bench.signals();
    assert_eq!((lane.sent, lane.dropped["oversize"]), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn the_status_tells_since_when_and_why_it_fails() {
    let script = Script::of(vec![answer(503, r#"{"message":"no healthy upstream"}"#); 3]);
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    sender.send(Signal::Metrics, "x").unwrap();
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
    sender.send(Signal::Metrics, "x").unwrap();
    bench.until("sent", |it| it.signals().sent == 1).await;
    assert_eq!(bench.signals().refused_items, 3);
    bench.stop().await;
    assert_eq!(script.calls().len(), 1);
}

/// Bytes that no compression makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_the_vendor_takes_is_dropped_with_a_reason() {
    for (kind, signal, takes) in
        [("datadog", Signal::Traces, 15 << 20), ("datadog", Signal::Logs, (51 << 20) / 10)]
    {
        let script = Script::of([]);
        let mut bench = Bench::new(kind, &script);
        let sender = bench.run_signals();
        sender.send(signal, vec![0; takes]).unwrap();
        sender.send(signal, vec![0; takes + 1]).unwrap();
        bench.until("both", |it| it.signals().queued == 0).await;
        let lane = bench.signals();
        assert_eq!((lane.sent, lane.dropped["oversize"]), (1, 1), "{kind} {signal:?}");
    }
    // these are measured as they leave
    for (kind, takes) in [("datadog", 512 << 10), ("newrelic", 1_000_000)] {
        let script = Script::of([]);
        let mut bench = Bench::new(kind, &script);
        let sender = bench.run_signals();
        sender.send(Signal::Metrics, noise(takes)).unwrap();
        sender.send(Signal::Metrics, vec![0; 2 * takes]).unwrap();
        bench.until("both", |it| it.signals().queued == 0).await;
        let lane = bench.signals();
        assert_eq!((lane.sent, lane.dropped["oversize"]), (1, 1), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_says_so_and_has_room_again_later() {
    let script = Script::of(vec![answer(503, ""); 3]);
    let mut bench = Bench::with("otlphttp", otlphttp(json!({ "size": "1104B" })), &script);
    let sender = bench.run_signals();
    let send = |bytes| sender.send(Signal::Logs, vec![7; bytes]);
    assert_eq!(send(600), Ok(()));
    assert_eq!(send(500), Err(NotQueued::Full));
    assert_eq!(bench.signals().refused, 1);
    assert_eq!(send(424), Ok(()));
    assert_eq!((bench.signals().queued, bench.signals().queued_bytes), (2, 1104));
    bench.until("sent", |it| it.signals().sent == 2).await;
    // more than the whole queue holds is let in alone, or it could never leave
    assert_eq!(send(5_000), Ok(()));
    bench.until("sent", |it| it.signals().sent == 3).await;
    assert!(!script.calls()[0].1.headers.contains_key("content-encoding"));
    assert!(bench.signals().dropped.is_empty());
}

#[tokio::test(start_paused = true)]
async fn requests_are_given_up_only_where_that_is_asked_for() {
    for (retry, calls) in [
        (json!({ "enabled": false }), 1..=1),
        (
            json!({ "initial_interval": "2s", "max_interval": "2s", "max_elapsed_time": "5s" }),
            3..=6,
        ),
    ] {
        let script = Script::by(|_| answer(503, ""));
        let mut settings = otlphttp(json!({}));
        settings["retry_on_failure"] = retry;
        let mut bench = Bench::with("otlphttp", settings, &script);
        let sender = bench.run_signals();
        sender.send(Signal::Logs, "x").unwrap();
        bench.until("given up", |it| it.signals().queued == 0).await;
        assert_eq!(bench.signals().dropped["retries_exhausted"], 1);
        assert!(calls.contains(&script.calls().len()), "{}", script.calls().len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_sends_what_waits() {
    let script = Script::of([]);
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    for _ in 0..20 {
        sender.send(Signal::Logs, "x").unwrap();
    }
    bench.stop().await;
    assert_eq!((bench.signals().sent, bench.signals().dropped.len()), (20, 0));
    assert_eq!(sender.send(Signal::Logs, ""), Err(NotQueued::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_up_after_the_drain_and_counts_what_is_left() {
    let script = Script::by(|_| answer_with(503, "retry-after", "60"));
    let mut bench = Bench::new("otlphttp", &script);
    let sender = bench.run_signals();
    for _ in 0..3 {
        sender.send(Signal::Logs, "x").unwrap();
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

/// A trace request of one resource with so many spans, whose bodies do not compress.
fn spans(count: usize, size: usize) -> Vec<u8> {
    // Span { name: noise }, within ScopeSpans, within ResourceSpans
    let mut scope = Vec::new();
    for name in noise(count * size).chunks(size) {
        let name: Vec<u8> = name.iter().map(|it| b'a' + it % 26).collect();
        let span = field(5, &name);
        scope.extend(field(2, &span));
    }
    field(1, &field(2, &scope))
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(content);
    bytes
}

#[tokio::test(start_paused = true)]
async fn one_request_that_is_too_large_is_cut() {
    use bellwether_otlp::TraceRequest;
    let count = |body: &[u8]| {
        let request = TraceRequest::assume_valid(body);
        let scopes = request.resource_spans().flat_map(|it| it.scope_spans());
        scopes.map(|it| it.spans().count()).sum::<usize>()
    };
    let body = spans(40, 1_000);
    assert_eq!(count(&body), 40);

    // a destination that says so
    let script = Script::by(|call| answer(if call.body.len() > 9_000 { 413 } else { 200 }, ""));
    let mut bench = Bench::with("otlphttp", otlphttp(json!({})), &script);
    let sender = bench.run_signals();
    sender.send(Signal::Traces, body.clone()).unwrap();
    bench.until("all", |it| it.signals().queued == 0).await;
    let lane = bench.signals();
    assert_eq!((lane.sent_items, lane.dropped.len()), (40, 0), "{lane:?}");
    let calls = script.calls();
    let taken = calls.iter().filter(|(_, it)| it.body.len() <= 9_000);
    assert_eq!(taken.map(|(_, it)| count(&unpacked(it))).sum::<usize>(), 40);

    // a destination whose limit is known: nothing is sent in vain
    let script = Script::of([]);
    let mut bench = Bench::new("newrelic", &script);
    let sender = bench.run_signals();
    sender.send(Signal::Traces, spans(100, 20_000)).unwrap();
    bench.until("all", |it| it.signals().queued == 0).await;
    assert_eq!((bench.signals().sent_items, bench.signals().dropped.len()), (100, 0));
    let sizes: Vec<usize> = script.calls().iter().map(|(_, it)| it.body.len()).collect();
    assert!(sizes.len() <= 3 && sizes.iter().all(|it| *it <= 1_000_000), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_of_which_a_part_fails_is_done_when_all_of_it_is() {
    let script = Script::by(|call| answer(if call.body.len() > 3_000 { 413 } else { 503 }, ""));
    let mut bench = Bench::with("otlphttp", otlphttp(json!({})), &script);
    let sender = bench.run_signals();
    sender.send(Signal::Traces, spans(2, 2_000)).unwrap();
    bench.until("both parts", |_| script.calls().len() >= 3).await;
    assert_eq!(bench.signals().queued, 1);
    bench.stop().await;
    assert_eq!(bench.signals().dropped["shutdown"], 1);
}

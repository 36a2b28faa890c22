//! Monitors under a paused clock, with a scripted collector.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use tokio::time::{Instant, sleep};

use super::*;
use crate::checks::{Check, CheckResult, NotPassed, custom};
use crate::facts::testing::{FakeCollector, Manner};

mod detection;
mod keeping;

const SECOND: Duration = Duration::from_secs(1);

fn telemetry(manner: Manner) -> (Telemetry, Arc<FakeCollector>) {
    let collector = Arc::new(FakeCollector::new(manner));
    let telemetry = Telemetry::with_transport(Arc::clone(&collector) as _);
    (telemetry, collector)
}

/// Fails while the switch is on.
fn switched(broken: &Arc<AtomicBool>) -> impl Check {
    let broken = Arc::clone(broken);
    custom(move || {
        let broken = broken.load(Ordering::Relaxed);
        async move { if broken { Err(NotPassed::failed("broken")) } else { Ok(()) } }
    })
}

async fn until(monitoring: &Monitoring, name: &str, state: MonitorState) -> MonitorStatus {
    let mut status = monitoring.watch(name).unwrap();
    let reached = tokio::time::timeout(
        Duration::from_secs(3600),
        status.wait_for(|status| status.state() == state),
    );
    let reached = reached.await.expect("the state comes").unwrap();
    reached.clone()
}

fn text(span: &SpanData, key: &str) -> String {
    let found = span.attributes.iter().find(|kv| kv.key.as_str() == key);
    found.map(|kv| kv.value.to_string()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_monitor_fires_after_two_failures_and_clears_after_three_successes() {
    let broken = Arc::new(AtomicBool::new(false));
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("database", "database", switched(&broken)))
        .in_tasks()
        .start();
    until(&monitoring, "database", MonitorState::Well).await;
    broken.store(true, Ordering::Relaxed);
    let failing = until(&monitoring, "database", MonitorState::Failing).await;
    assert_eq!(failing.consecutive_failures(), 2);
    assert_eq!(failing.reason(), Reason::Fired);
    assert_eq!(failing.last().unwrap().problem().unwrap().message(), "broken");
    broken.store(false, Ordering::Relaxed);
    let fixed = Instant::now();
    let well = until(&monitoring, "database", MonitorState::Well).await;
    assert_eq!(well.reason(), Reason::Recovered);
    assert!(fixed.elapsed() >= 54 * SECOND, "three regular runs: {:?}", fixed.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_spans_are_those_of_the_telemetry_conventions() {
    let (telemetry, collector) = telemetry(Manner::Acknowledges);
    let hangs = custom(std::future::pending::<CheckResult>);
    let panics = custom(async || -> CheckResult { panic!("oh") });
    let skips = custom(async || Err::<(), _>(NotPassed::skipped("cannot tell")));
    let fine = custom(async || Ok::<(), NotPassed>(()));
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("fine", "auth", fine).level(Level::Endpoint))
        .add(Monitor::new("hangs", "admin", hangs).customer("zebra"))
        .add(Monitor::new("panics", "auth", panics).level(Level::Integration))
        .add(Monitor::new("skips", "auth", skips))
        .in_tasks()
        .start();
    until(&monitoring, "hangs", MonitorState::Failing).await;
    sleep(SECOND).await;
    let sent = collector.spans.lock().unwrap();
    let mut spans: Vec<String> = sent
        .iter()
        .flatten()
        .map(|span| {
            let status = match &span.status {
                Status::Error { description } => description.to_string(),
                other => format!("{other:?}"),
            };
            let keys = [
                "monitor.name",
                "monitor.level",
                "monitor.outcome",
                "monitor.consecutive_failures",
                "business.component",
                "business.customer",
                "error.type",
            ];
            format!("{} | {} | {status}", span.name, keys.map(|key| text(span, key)).join(" "))
        })
        .collect();
    spans.sort();
    assert_eq!(
        spans,
        [
            "monitor.check fine | fine 2 passed 0 auth   | Unset",
            "monitor.check hangs | hangs 3 timed_out 1 admin zebra timeout | \
             no answer within the 10000 ms that a run has",
            "monitor.check hangs | hangs 3 timed_out 2 admin zebra timeout | \
             no answer within the 10000 ms that a run has",
            "monitor.check panics | panics 4 failed 1 auth  panic | the check panicked: oh",
            "monitor.check panics | panics 4 failed 2 auth  panic | the check panicked: oh",
        ]
    );
    assert_eq!(monitoring.status("skips").unwrap().state(), MonitorState::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_panic_or_a_hang_ends_a_run_and_not_its_monitor() {
    let runs = Arc::new(AtomicUsize::new(0));
    let under_way = Arc::new(AtomicUsize::new(0));
    let (counted, open) = (Arc::clone(&runs), Arc::clone(&under_way));
    let check = custom(move || {
        let run = counted.fetch_add(1, Ordering::Relaxed);
        let open = Arc::clone(&open);
        async move {
            struct Open(Arc<AtomicUsize>);
            impl Drop for Open {
                fn drop(&mut self) {
                    self.0.fetch_sub(1, Ordering::Relaxed);
                }
            }
            assert_eq!(open.fetch_add(1, Ordering::Relaxed), 0, "runs do not pile up");
            let _open = Open(open);
            match run {
                0 => panic!("oh"),
                1..40 => std::future::pending().await,
                _ => Ok::<(), NotPassed>(()),
            }
        }
    });
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("wild", "auth", check).every(10 * SECOND))
        .in_tasks()
        .start();
    until(&monitoring, "wild", MonitorState::Failing).await;
    until(&monitoring, "wild", MonitorState::Well).await;
    assert_eq!(runs.load(Ordering::Relaxed), 43);
}

/// On the real clock and with real threads: a paused clock knows nothing of a thread that blocks.
#[tokio::test]
async fn a_check_that_blocks_its_thread_fails_and_no_threads_pile_up() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&begun);
    let blocks = custom(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let blocked = Arc::clone(&blocked);
        async move {
            // Ends when `release` is dropped.
            let _ = blocked.lock().map(|blocked| blocked.recv());
            Ok::<(), NotPassed>(())
        }
    });
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("blocks", "auth", blocks).every(Duration::from_millis(50)))
        .start();
    let mut status = monitoring.watch("blocks").unwrap();
    let refused = |status: &MonitorStatus| {
        let problem = status.last().and_then(LastRun::problem);
        problem.is_some_and(|problem| problem.message().contains("still block their threads"))
    };
    status.wait_for(refused).await.unwrap();
    assert_eq!(monitoring.status("blocks").unwrap().state(), MonitorState::Failing);
    assert_eq!(begun.load(Ordering::Relaxed), BLOCKED_RUNS);
    drop(release);
    until(&monitoring, "blocks", MonitorState::Well).await;
}

#[tokio::test(start_paused = true)]
async fn monitors_end_with_the_telemetry() {
    for orderly in [true, false] {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let check = custom(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok::<(), NotPassed>(()) }
        });
        let (telemetry, _) = telemetry(Manner::Acknowledges);
        let monitoring =
            Monitors::new(&telemetry).add(Monitor::new("counts", "auth", check)).in_tasks().start();
        until(&monitoring, "counts", MonitorState::Well).await;
        if orderly {
            telemetry.shutdown().await;
        } else {
            drop(telemetry);
        }
        let so_far = runs.load(Ordering::Relaxed);
        sleep(600 * SECOND).await;
        assert_eq!(runs.load(Ordering::Relaxed), so_far);
        monitoring.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_is_away_stops_no_monitor_and_memory_stays_bounded() {
    let (telemetry, collector) = telemetry(Manner::Refuses);
    let fine = custom(async || Ok::<(), NotPassed>(()));
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("fine", "auth", fine).every(SECOND))
        .in_tasks()
        .start();
    sleep(2000 * SECOND).await;
    let status = monitoring.status("fine").unwrap();
    assert!(status.age(Instant::now()) <= SECOND);
    collector.behave(Manner::Acknowledges);
    collector.spans.lock().unwrap().clear();
    sleep(10 * SECOND).await;
    let sent: usize = collector.spans.lock().unwrap().iter().map(Vec::len).sum();
    assert!((512..600).contains(&sent), "{sent}");
}

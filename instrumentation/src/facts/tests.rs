use std::sync::Arc;
use std::time::Duration;

use opentelemetry::logs::{AnyValue, Logger, LoggerProvider};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use tokio::time::Instant;

use super::testing::{FakeCollector, Manner};
use super::*;

fn facts(collector: &Arc<FakeCollector>) -> Facts {
    Facts::new(Arc::clone(collector) as Arc<dyn Transport>, Handle::current())
}

fn manifest(routes: &[&str]) -> RouteManifest {
    routes.iter().map(|route| route.parse().unwrap()).collect()
}

/// Returns the seconds, since `start`, at which the manifest was sent.
fn times(collector: &FakeCollector, start: Instant) -> Vec<u64> {
    let events = collector.events.lock().unwrap();
    events.iter().map(|(at, _)| (*at - start).as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_manifest_is_tried_every_2_s_until_acknowledged_and_then_repeated_every_15_s() {
    let collector = Arc::new(FakeCollector::new(Manner::Refuses));
    let facts = facts(&collector);
    let start = Instant::now();
    facts.update(|state| state.manifest = Some(manifest(&["GET /health"])));
    tokio::time::sleep(Duration::from_secs(5)).await;
    collector.behave(Manner::Acknowledges);
    tokio::time::sleep(Duration::from_secs(32)).await;
    assert_eq!(times(&collector, start), [0, 2, 4, 6, 21, 36]);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_sent_at_once_and_no_change_is_not() {
    let collector = Arc::new(FakeCollector::new(Manner::Acknowledges));
    let facts = facts(&collector);
    let start = Instant::now();
    facts.update(|state| state.manifest = Some(manifest(&["GET /health"])));
    tokio::time::sleep(Duration::from_secs(5)).await;
    facts.update(|state| state.manifest = Some(manifest(&["GET /health"])));
    tokio::time::sleep(Duration::from_secs(5)).await;
    let degraded = StartupState { outcome: Outcome::Degraded, failed: 1 };
    facts.update(|state| state.startup = Some(degraded));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(times(&collector, start), [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn the_manifest_waits_for_the_startup_validation() {
    let collector = Arc::new(FakeCollector::new(Manner::Acknowledges));
    let facts = facts(&collector);
    facts.update(|state| state.validating = true);
    facts.update(|state| state.manifest = Some(manifest(&["GET /health"])));
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(collector.events.lock().unwrap().is_empty());

    facts.update(|state| {
        state.validating = false;
        state.startup = Some(StartupState { outcome: Outcome::Ready, failed: 0 });
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(collector.events.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn spans_are_sent_until_acknowledged() {
    let collector = Arc::new(FakeCollector::new(Manner::Refuses));
    let facts = facts(&collector);
    let start = Instant::now();
    let heard = facts.deliver(Vec::new());
    tokio::time::sleep(Duration::from_secs(3)).await;
    collector.behave(Manner::Acknowledges);
    heard.await.unwrap();
    // After 0, 250, 750, 1750 and 3750 ms.
    assert_eq!(start.elapsed().as_millis(), 3750);
    assert_eq!(collector.spans.lock().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_reports_and_is_announced() {
    let collector = Arc::new(FakeCollector::new(Manner::Acknowledges));
    let facts = facts(&collector);
    facts.update(|state| state.manifest = Some(manifest(&["GET /health"])));
    collector.got_something.notified().await;
    facts.stop().await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let events = collector.events.lock().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events.last().map(|(_, event)| event), Some(&Event::Stopping));
}

#[tokio::test(start_paused = true)]
async fn an_orderly_end_waits_for_spans_that_are_on_their_way() {
    let collector = Arc::new(FakeCollector::new(Manner::Refuses));
    let facts = facts(&collector);
    let delivered = facts.deliver(Vec::new());
    let mut stopped = facts.stop();
    let early = tokio::time::timeout(Duration::from_secs(1), &mut stopped).await;
    assert!(early.is_err(), "the collector refuses");
    collector.behave(Manner::Acknowledges);
    stopped.await.unwrap();
    delivered.await.unwrap();
}

#[test]
fn events_are_written_as_the_contract_says() {
    let logger = SdkLoggerProvider::builder().build().logger("test");
    let mut record = logger.create_log_record();
    Event::Routes(State {
        manifest: Some(manifest(&["POST /login", "GET /health"])),
        validating: false,
        startup: Some(StartupState { outcome: Outcome::Degraded, failed: 2 }),
    })
    .write(&mut record);
    assert_eq!(record.event_name(), Some("service.routes"));
    let attributes: Vec<(String, AnyValue)> =
        record.attributes_iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
    let routes = ["GET /health", "POST /login"]
        .map(|route| AnyValue::from(route.to_owned()))
        .into_iter()
        .collect::<AnyValue>();
    assert_eq!(
        attributes,
        [
            ("routes".to_owned(), routes),
            ("report.interval".to_owned(), AnyValue::from(15_i64)),
            ("startup.outcome".to_owned(), AnyValue::from("degraded".to_owned())),
            ("startup.checks.failed".to_owned(), AnyValue::from(2_i64)),
        ]
    );
}

//! Degraded becomes ready without a restart.

use std::sync::atomic::{AtomicU32, Ordering};

use super::dependencies::fails_first;
use super::*;
use crate::facts::Event;
use crate::routing::RouteManifest;

/// Returns the startup outcomes that the route reports told, in order.
fn told(collector: &FakeCollector) -> Vec<(&'static str, usize)> {
    let events = collector.events.lock().unwrap();
    let told = events.iter().filter_map(|(_, event)| match event {
        Event::Routes(state) => state.startup.map(|it| (it.outcome.as_str(), it.failed)),
        _ => None,
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn checks_go_on_until_they_pass_and_everybody_hears() {
    let (telemetry, collector) = telemetry(Manner::Acknowledges);
    telemetry.report_routes(RouteManifest::default());
    let mut startup = telemetry.startup();
    let (cache, tries) = fails_first(3, Duration::ZERO);
    let report = Startup::new(&telemetry)
        .check("cache", "auth", Degrade, cache)
        .check("session", "auth", Abort, ok_after(Duration::from_secs(1)))
        .after("cache")
        .in_tasks()
        .run()
        .await;
    assert_eq!(report.outcome(), Outcome::Degraded);
    let began = Instant::now();
    let Status::Degraded(open) = startup.status() else { panic!("{:?}", startup.status()) };
    let names: Vec<&str> = open.iter().map(CheckReport::name).collect();
    assert_eq!(names, ["cache", "session"]);

    while startup.status() != Status::Ready {
        startup.changed().await.unwrap();
    }
    // After 1, 2 and 4 s, and then the second of the check that waited.
    assert_eq!(began.elapsed().as_secs(), 8);
    assert_eq!(tries.load(Ordering::Relaxed), 4);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(told(&collector), [("degraded", 1), ("degraded", 0), ("ready", 0)]);

    let sent = collector.spans.lock().unwrap();
    let spans: Vec<String> = sent
        .iter()
        .skip(1)
        .flatten()
        .map(|span| {
            let text = |key| attribute(span, key).map(|v| v.as_str().into_owned());
            let outcome = text("startup.outcome").or(text("startup.check.outcome"));
            format!("{} {}", span.name, outcome.unwrap_or_default())
        })
        .collect();
    assert_eq!(
        spans,
        [
            "startup.check cache passed",
            "startup.validation degraded",
            "startup.check session passed",
            "startup.validation ready",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_pauses_grow_to_half_a_minute_and_hanging_checks_are_tried_too() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let hangs = custom(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending::<CheckResult>()
    });
    Startup::new(&telemetry).check("hangs", "auth", Degrade, hangs).in_tasks().run().await;
    // 1 + 2 + 4 + 8 + 16 s of pauses and 8 s for each of the five tries.
    sleep(Duration::from_secs(31 + 5 * 8 + 1)).await;
    assert_eq!(tries.load(Ordering::Relaxed), 6);
    sleep(Duration::from_secs(38)).await;
    assert_eq!(tries.load(Ordering::Relaxed), 7);
}

#[tokio::test(start_paused = true)]
async fn the_background_ends_with_the_telemetry() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let (never, tries) = fails_first(u32::MAX, Duration::ZERO);
    Startup::new(&telemetry).check("never", "auth", Degrade, never).in_tasks().run().await;
    let mut startup = telemetry.startup();
    drop(telemetry);
    assert!(startup.changed().await.is_none(), "nobody is left who could change it");
    let before = tries.load(Ordering::Relaxed);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(tries.load(Ordering::Relaxed), before);
}

/// The clock is paused, the thread is real. A check whose thread is still blocked is not run a second time beside it.
#[tokio::test(start_paused = true)]
async fn a_check_that_blocks_its_thread_never_runs_twice_at_a_time() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let blocks = custom(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let blocked = Arc::clone(&blocked);
        async move {
            let _ = blocked.lock().map(|blocked| blocked.recv());
            Ok::<(), NotPassed>(())
        }
    });
    Startup::new(&telemetry).check("blocks", "auth", Degrade, blocks).run().await;
    sleep(Duration::from_secs(120)).await;
    // None when the paused clock outran the thread.
    assert!(tries.load(Ordering::Relaxed) <= 1);
    drop(release);
}

//! The health endpoints on a real server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bellwether::Telemetry;
use bellwether::checks::custom;
use bellwether::health::Health;
use bellwether::monitors::{Monitor, MonitorState, Monitoring, Monitors};
use bellwether::routing::{Router, get};
use common::{Server, ask};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Counts how often it is asked.
fn counting(
    telemetry: &Telemetry,
    every: Duration,
    in_tasks: bool,
) -> (Monitoring, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let check = custom(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<(), std::io::Error>(()) }
    });
    let monitors =
        Monitors::new(telemetry).add(Monitor::new("database", "database", check).every(every));
    let monitors = if in_tasks { monitors.in_tasks() } else { monitors };
    (monitors.start(), runs)
}

async fn until(monitoring: &Monitoring, state: MonitorState) {
    let mut status = monitoring.watch("database").unwrap();
    status.wait_for(|status| status.state() == state).await.unwrap();
}

/// Scenario: two hundred clients ask a real server at once, for every endpoint.
/// Guarantee: all are answered, and the check ran once, because its interval has not passed.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_at_once_run_no_check() {
    let telemetry = Telemetry::disabled();
    let (monitoring, runs) = counting(&telemetry, Duration::from_secs(3600), false);
    until(&monitoring, MonitorState::Well).await;
    let health = Health::new(&telemetry).monitors(&monitoring).token("t").without_startup();
    let app = Router::new().route("/", get(async || "hello")).merge(health.router());
    let server = Server::start(telemetry.instrument(app)).await;
    let mut clients = JoinSet::new();
    for client in 0..200 {
        let path = ["/health", "/health/detailed", "/ready", "/live"][client % 4];
        let address = server.address;
        clients.spawn(async move { ask(address, path, Some("t")).await });
    }
    while let Some(answer) = clients.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.code, 200, "{answer:?}");
        assert_eq!(answer.body["status"], "pass", "{answer:?}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

/// Scenario: two hundred clients keep asking for ten minutes (of a paused clock).
/// Guarantee: the check runs at its own interval, whoever asks.
#[tokio::test(start_paused = true)]
async fn however_many_ask_a_check_runs_once_an_interval() {
    let telemetry = Telemetry::disabled();
    let (monitoring, runs) = counting(&telemetry, Duration::from_secs(30), true);
    until(&monitoring, MonitorState::Well).await;
    let health = Health::new(&telemetry).monitors(&monitoring).without_startup();
    let mut clients = JoinSet::new();
    for client in 0..200_u64 {
        let service = health.service();
        clients.spawn(async move {
            let end = Instant::now() + Duration::from_secs(600);
            while Instant::now() < end {
                let request = http::Request::get("/health").body(()).unwrap();
                assert_eq!(service.answer(&request).status(), 200);
                tokio::time::sleep(Duration::from_millis(900 + client)).await;
            }
        });
    }
    clients.join_all().await;
    let runs = runs.load(Ordering::Relaxed);
    // 20 intervals, each shortened by a tenth at most, and the first run.
    assert!((21..=23).contains(&runs), "{runs}");
}

#[tokio::test]
async fn the_endpoints_are_in_the_manifest() {
    let router = Health::new(&Telemetry::disabled()).router();
    let manifest: Vec<String> = router.manifest().iter().map(ToString::to_string).collect();
    assert_eq!(
        manifest,
        [
            "GET /health",
            "GET /health/business-critical",
            "GET /health/customers/{customer}",
            "GET /health/detailed",
            "GET /live",
            "GET /ready",
        ]
    );
}

use std::time::{Duration, Instant};

use bellwether::startup::EXIT_ABORTED;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::collector::{Collector, Seen, text};
use crate::service::{SQLITE, Service, end, spawn};

/// The requirement: from the start of the process to its exit.
const BUDGET: Duration = Duration::from_secs(10);

/// Returns the URL of a PostgreSQL server that refuses, because nobody listens there.
async fn stopped_database() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    format!("postgres://marketedge:s3cret@127.0.0.1:{port}/marketedge")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test without its server must fail and say how to get one"
)]
fn real_database() -> String {
    std::env::var("BELLWETHER_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("this test needs PostgreSQL: run `make test`, or set BELLWETHER_TEST_POSTGRES_URL to its URL")
    })
}

fn aborted(seen: &Seen) -> bool {
    seen.span("startup.validation")
        .is_some_and(|span| text(&span.attributes, "startup.outcome").as_deref() == Some("aborted"))
}

/// Scenario: the database is stopped, the collector runs.
/// Guarantee: the service exits with the documented code within 10 s, its report says why and what to do without
/// the password, and the collector has the aborted validation with the component that is at stake.
#[tokio::test]
async fn a_stopped_database_aborts_and_the_collector_knows() {
    let collector = Collector::start().await;
    let database = stopped_database().await;
    let began = Instant::now();
    let (status, stderr) = end(spawn(collector.address, &[("DATABASE_URL", &database)])).await;
    assert!(began.elapsed() < BUDGET, "{:?}", began.elapsed());
    assert_eq!(status.code(), Some(EXIT_ABORTED), "{stderr}");
    assert!(stderr.contains("startup of marketedge-api 1: aborted"), "{stderr}");
    assert!(stderr.contains("-> start the server"), "{stderr}");
    assert!(stderr.contains("The collector was told."), "{stderr}");
    assert!(!stderr.contains("s3cret"), "{stderr}");

    let seen = collector.wait_for("the aborted validation", aborted).await;
    let root = seen.span("startup.validation").unwrap();
    let check = seen.span("startup.check database").unwrap();
    assert_eq!(check.parent_span_id, root.span_id);
    assert_eq!(text(&check.attributes, "business.component").as_deref(), Some("database"));
    assert_eq!(text(&check.attributes, "startup.check.kind").as_deref(), Some("sql"));
    assert_eq!(text(&check.attributes, "error.type").as_deref(), Some("connection_refused"));
    assert_eq!(seen.event("service.routes"), None, "an aborted instance serves nothing");
}

/// Scenario: one check blocks its thread for ever, and the collector accepts connections and never answers.
/// Guarantee: the process exits within 10 s of its start all the same.
#[tokio::test]
async fn a_blocking_check_and_a_silent_collector_stretch_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = silent.accept().await {
            kept.push(connection);
        }
    });
    let began = Instant::now();
    let child = spawn(address, &[SQLITE, ("MARKETEDGE_BLOCKING_CHECK", "1")]);
    let (status, stderr) = end(child).await;
    assert!(began.elapsed() < BUDGET, "{:?}", began.elapsed());
    assert_eq!(status.code(), Some(EXIT_ABORTED), "{stderr}");
    assert!(stderr.contains("blocking"), "{stderr}");
    assert!(stderr.contains("The collector was NOT told"), "{stderr}");
}

/// Scenario: nothing is configured.
/// Guarantee: the startup report names the variable; the program does not die of it in some other way.
#[tokio::test]
async fn a_missing_variable_is_named() {
    let collector = Collector::start().await;
    let (status, stderr) = end(spawn(collector.address, &[])).await;
    assert_eq!(status.code(), Some(EXIT_ABORTED), "{stderr}");
    assert!(stderr.contains("DATABASE_URL is not set"), "{stderr}");
}

/// Scenario: a check that may degrade fails.
/// Guarantee: the service starts, and both the validation and the route report say degraded.
#[tokio::test]
async fn a_degraded_service_starts_and_says_so() {
    let collector = Collector::start().await;
    let service =
        Service::start(collector.address, &[SQLITE, ("MARKETEDGE_FAILING_CHECK", "1")]).await;
    assert_eq!(service.get("/health", "").await, 200);
    let seen = collector
        .wait_for("validation and routes", |seen| {
            seen.span("startup.validation").is_some() && seen.event("service.routes").is_some()
        })
        .await;
    let root = seen.span("startup.validation").unwrap();
    assert_eq!(text(&root.attributes, "startup.outcome").as_deref(), Some("degraded"));
    let routes = seen.event("service.routes").unwrap();
    assert_eq!(text(&routes.attributes, "startup.outcome").as_deref(), Some("degraded"));
    assert_eq!(text(&routes.attributes, "startup.checks.failed").as_deref(), Some("1"));
}

/// Scenario: a real PostgreSQL server.
/// Guarantee: the service starts ready, a customer logs in and opens the admin panel; spans, logs and metrics arrive under
/// one resource, and the metrics are delta.
#[tokio::test]
async fn on_postgresql_everything_works_and_is_seen() {
    let collector = Collector::start().await;
    let database = real_database();
    let service = Service::start(
        collector.address,
        &[
            ("DATABASE_URL", &database),
            ("MARKETEDGE_VERSION", "3"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ],
    )
    .await;
    let token = service.log_in().await;
    assert_eq!(service.get("/api/v1/admin/dashboard", &token).await, 200);
    let seen = collector
        .wait_for("spans and metrics", |seen| {
            seen.span("GET /api/v1/admin/dashboard").is_some()
                && seen.delta_histograms.iter().any(|name| name == "http.server.request.duration")
                && seen.delta_histograms.iter().any(|name| name == "startup.check.duration")
        })
        .await;
    let server = seen.span("GET /api/v1/admin/dashboard").unwrap();
    let query =
        seen.spans.iter().map(|(_, span)| span).find(|span| span.parent_span_id == server.span_id);
    let query = query.expect("the query belongs to the request");
    assert_eq!(text(&query.attributes, "db.system.name").as_deref(), Some("postgresql"));
    let instances: std::collections::BTreeSet<_> = seen
        .spans
        .iter()
        .map(|(resource, _)| resource)
        .chain(seen.logs.iter().map(|(resource, _)| resource))
        .map(|resource| {
            assert_eq!(text(resource, "service.name").as_deref(), Some("marketedge-api"));
            assert_eq!(text(resource, "service.version").as_deref(), Some("3"));
            assert_eq!(text(resource, "deployment.environment.name").as_deref(), Some("test"));
            text(resource, "service.instance.id").expect("an instance id")
        })
        .collect();
    assert_eq!(instances.len(), 1);
}

use tokio::net::TcpListener;

use crate::collector::{Collector, Seen, text};
use crate::service::{SQLITE, Service};

fn manifest(seen: &Seen) -> Option<String> {
    text(&seen.event("service.routes")?.attributes, "routes")
}

/// Scenario: a healthy version 1 starts and is stopped with SIGTERM.
/// Guarantee: the collector gets the manifest of what is mounted, with the outcome, and then the announced end; the process
/// exits with code 0.
#[tokio::test]
async fn a_service_reports_its_routes_and_announces_its_end() {
    let collector = Collector::start().await;
    let service = Service::start(collector.address, &[SQLITE]).await;
    let seen = collector.wait_for("the manifest", |seen| manifest(seen).is_some()).await;
    assert_eq!(
        manifest(&seen).unwrap(),
        "GET /.well-known/openid-configuration,GET /api/v1/admin/dashboard,GET /api/v1/admin/users/{id},\
         POST /api/v1/auth/login,GET /api/v1/auth/me,GET /health"
    );
    let event = seen.event("service.routes").unwrap();
    assert_eq!(text(&event.attributes, "startup.outcome").as_deref(), Some("ready"));
    assert_eq!(text(&event.attributes, "startup.checks.failed").as_deref(), Some("0"));
    assert_eq!(seen.event("service.stopping"), None);

    let (status, stderr) = service.terminate().await;
    assert_eq!(status.code(), Some(0), "{stderr}");
    collector.wait_for("the announced end", |seen| seen.event("service.stopping").is_some()).await;
}

/// Scenario: the story's failure. The admin router is not mounted, and nothing else is wrong.
/// Guarantee: the service starts ready, /health says 200, the admin endpoints answer 404 without `http.route`, and the manifest
/// lacks them. An application's own 404 has its `http.route`.
#[tokio::test]
async fn a_vanished_router_is_visible_in_the_manifest_and_nowhere_else() {
    let collector = Collector::start().await;
    let variables = [SQLITE, ("MARKETEDGE_VERSION", "2"), ("MARKETEDGE_WITHOUT_ADMIN", "1")];
    let broken = Service::start(collector.address, &variables).await;
    let token = broken.log_in().await;
    assert_eq!(broken.get("/health", "").await, 200);
    assert_eq!(broken.get("/api/v1/admin/dashboard", &token).await, 404);
    let seen = collector
        .wait_for("manifest, validation and the 404", |seen| {
            manifest(seen).is_some()
                && seen.span("GET").is_some()
                && seen.span("startup.validation").is_some()
        })
        .await;
    assert!(!manifest(&seen).unwrap().contains("admin"));
    let validation = seen.span("startup.validation").unwrap();
    assert_eq!(text(&validation.attributes, "startup.outcome").as_deref(), Some("ready"));
    let missing = seen.span("GET").unwrap();
    assert_eq!(text(&missing.attributes, "url.path").as_deref(), Some("/api/v1/admin/dashboard"));
    assert_eq!(text(&missing.attributes, "http.response.status_code").as_deref(), Some("404"));
    assert_eq!(text(&missing.attributes, "http.route"), None);

    let healthy = Service::start(collector.address, &[SQLITE]).await;
    let token = healthy.log_in().await;
    assert_eq!(healthy.get("/api/v1/admin/users/nobody", &token).await, 404);
    let name = "GET /api/v1/admin/users/{id}";
    let seen = collector.wait_for("the application's 404", |seen| seen.span(name).is_some()).await;
    let own = seen.span(name).unwrap();
    assert_eq!(text(&own.attributes, "http.response.status_code").as_deref(), Some("404"));
    assert_eq!(text(&own.attributes, "http.route").as_deref(), Some("/api/v1/admin/users/{id}"));
}

/// Scenario: the service starts alone and a collector comes later.
/// Guarantee: the service starts at once, and the late collector still gets the manifest and the startup spans.
#[tokio::test]
async fn a_late_collector_learns_what_it_missed() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let service = Service::start(address, &[SQLITE]).await;
    assert_eq!(service.get("/health", "").await, 200);
    let collector = Collector::start_on(address).await;
    let seen = collector
        .wait_for("manifest and validation", |seen| {
            manifest(seen).is_some() && seen.span("startup.validation").is_some()
        })
        .await;
    assert!(manifest(&seen).unwrap().contains("GET /api/v1/admin/dashboard"));
}

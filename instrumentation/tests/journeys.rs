//! Customer journeys: as monitors behind the health endpoints, and as a startup check.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use bellwether::business::Catalog;
use bellwether::health::{Health, HealthService};
use bellwether::monitors::{Monitor, MonitorState, Monitoring, Monitors};
use bellwether::routing::{Router, get, post};
use bellwether::startup::{OnFailure::Abort, Outcome};
use bellwether::{Startup, Telemetry};
use common::{Server, ask};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Both customers' journeys, as the catalog file has them.
const CATALOG: &str = r#"
components:
  auth: { criticality: critical, routes: ["/api/v1/auth/**"] }
  admin: { criticality: high, routes: ["/api/v1/admin/**"] }
customers:
  acme: { name: Acme }
  zebra: { name: Zebra Associates }
journeys:
  acme-admin: &journey
    customer: acme
    components: [auth, admin]
    every: 60s
    credentials: { base: "BASE", username: acme-probe, password: "${env:NO_SUCH_VARIABLE:-s3cret}" }
    steps:
      - name: log in
        request:
          method: POST
          url: "{{base}}/api/v1/auth/login"
          json: { username: "{{username}}", password: "{{password}}" }
        expect: { status: [200, 201] }
        extract: { token: "$.access_token", customer: "$.roles[0]['customer']" }
      - name: open admin
        request:
          url: "{{base}}/api/v1/admin/{{customer}}/dashboard"
          headers: { authorization: "Bearer {{token}}" }
        expect: { status: 200, headers: { content-type: "application/json*" }, json: { $.open: true } }
  zebra-admin:
    <<: *journey
    customer: zebra
    credentials: { base: "BASE", username: zebra-probe, password: s3cret }
"#;

/// Whether the admin panel refuses Zebra.
type Refuses = Arc<AtomicBool>;

async fn login(Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let user = body["username"].as_str().unwrap_or_default();
    let customer = user.strip_suffix("-probe").unwrap_or_default();
    let known = body["password"] == "s3cret" && !customer.is_empty();
    let status = if known { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    let token = format!("token-of-{customer}");
    (status, Json(json!({ "access_token": token, "roles": [{ "customer": customer }] })))
}

async fn dashboard(
    State(refuses): State<Refuses>,
    Path(customer): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let token = headers.get("authorization").and_then(|it| it.to_str().ok());
    if token != Some(&format!("Bearer token-of-{customer}")) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    if customer == "zebra" && refuses.load(Ordering::Relaxed) {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(Json(json!({ "open": true })))
}

fn app(refuses: &Refuses) -> Router {
    Router::new()
        .route("/api/v1/auth/login", post(login))
        .route("/api/v1/admin/{customer}/dashboard", get(dashboard))
        .with_state(Arc::clone(refuses))
}

fn catalog(base: &str) -> Catalog {
    Catalog::parse(&CATALOG.replace("BASE", base)).unwrap()
}

fn health(telemetry: &Telemetry, monitoring: &Monitoring) -> Health {
    Health::new(telemetry)
        .monitors(monitoring)
        .token("operator")
        .customer_token("zebra", "z-token")
        .customer_token("acme", "a-token")
        .without_startup()
}

async fn until(monitoring: &Monitoring, name: &str, state: MonitorState) {
    let mut status = monitoring.watch(name).unwrap();
    status.wait_for(|status| status.state() == state).await.unwrap();
}

/// Asks without a server, so that a paused clock stays where it is.
fn status_of(service: &HealthService, path: &str, token: &str) -> (u16, Value) {
    let request = http::Request::get(path).header("authorization", format!("Bearer {token}"));
    let response = service.answer(&request.body(()).unwrap());
    (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
}

/// Scenario: a real server lets both customers log in, and answers the admin call with 403 for Zebra only.
/// Guarantee: only Zebra's health fails, and says at which step; Acme's passes; the service as a whole is degraded.
#[tokio::test(flavor = "multi_thread")]
async fn a_403_for_zebra_only_fails_zebras_health_only() {
    let server = Server::start(app(&Refuses::new(true.into())).into_axum()).await;
    let telemetry = Telemetry::disabled();
    let catalog = catalog(&format!("http://{}", server.address));
    let monitoring = catalog
        .journeys()
        .cloned()
        .map(Monitor::journey)
        .fold(Monitors::new(&telemetry), Monitors::add)
        .start();
    let service = Server::start(health(&telemetry, &monitoring).router().into_axum()).await;
    until(&monitoring, "zebra-admin", MonitorState::Failing).await;
    until(&monitoring, "acme-admin", MonitorState::Well).await;

    let asked = async |path, token| ask(service.address, path, Some(token)).await;
    let zebra = asked("/health/customers/zebra", "z-token").await;
    assert_eq!((zebra.code, &zebra.body["status"]), (503, &"fail".into()));
    let output = zebra.body["checks"]["admin:zebra-admin"][0]["output"].as_str().unwrap();
    assert!(output.contains("step 2 of 2, open admin"), "{output}");
    assert!(output.contains("answered 403 Forbidden instead of 200"), "{output}");
    for secret in ["s3cret", "token-of-zebra"] {
        assert!(!zebra.body.to_string().contains(secret), "{}", zebra.body);
    }
    let acme = asked("/health/customers/acme", "a-token").await;
    assert_eq!((acme.code, &acme.body["status"]), (200, &"pass".into()));
    assert_eq!(asked("/health/customers/zebra", "a-token").await.code, 404);
    let all = ask(service.address, "/health", None).await;
    assert_eq!((all.code, &all.body["status"]), (200, &"warn".into()));
}

/// Scenario: the same over an hour of a paused clock, through the service's own router, with the journeys of the
/// telemetry's business map; Zebra's role is taken away and given back.
/// Guarantee: Zebra's health fails within two intervals and passes again within four; Acme's passes throughout.
#[tokio::test(start_paused = true)]
async fn zebras_health_follows_zebras_role() {
    let refuses = Refuses::default();
    let telemetry = Telemetry::disabled();
    let app = app(&refuses);
    let monitoring = catalog("http://api.marketedge.example")
        .journeys()
        .map(|journey| Monitor::journey(journey.clone().in_process(&app)))
        .fold(Monitors::new(&telemetry), Monitors::add)
        .in_tasks()
        .start();
    for name in ["acme-admin", "zebra-admin"] {
        until(&monitoring, name, MonitorState::Well).await;
    }
    let health = health(&telemetry, &monitoring).service();
    for (refused, state, within) in
        [(true, MonitorState::Failing, 120), (false, MonitorState::Well, 240)]
    {
        let changed = Instant::now();
        refuses.store(refused, Ordering::Relaxed);
        until(&monitoring, "zebra-admin", state).await;
        assert!(changed.elapsed() < Duration::from_secs(within), "{:?}", changed.elapsed());
        let (code, _) = status_of(&health, "/health/customers/zebra", "z-token");
        assert_eq!(code, if refused { 503 } else { 200 });
        let (_, acme) = status_of(&health, "/health/customers/acme", "a-token");
        assert_eq!(acme["status"], "pass");
    }
}

/// Scenario: a service walks a journey through its own router before its port is open; Zebra is refused.
/// Guarantee: the startup is aborted by the step that failed; without the refusal it is ready.
#[tokio::test]
async fn a_journey_can_keep_a_service_from_starting() {
    for refused in [true, false] {
        let app = app(&Refuses::new(refused.into()));
        let telemetry = Telemetry::disabled();
        let catalog = catalog("http://api.marketedge.example");
        let zebra = catalog.journeys().find(|it| it.customer_id() == Some("zebra")).unwrap();
        let report = Startup::new(&telemetry)
            .check("zebra", "admin", Abort, zebra.clone().in_process(&app))
            .run()
            .await;
        let expected = if refused { Outcome::Aborted } else { Outcome::Ready };
        assert_eq!(report.outcome(), expected, "{report}");
        let text = report.to_string();
        assert_eq!(
            text.contains("step 2 of 2, open admin: GET {{base}}/api/v1"),
            refused,
            "{text}"
        );
    }
}

/// Scenario: a password is to come from a variable that is not set; nobody listens at the address.
/// Guarantee: both are failures that say so, and reading the file is none.
#[tokio::test]
async fn what_is_missing_is_told_when_the_journey_is_walked() {
    let unset = CATALOG.replace(":-s3cret}", "}").replace("BASE", "http://a.example");
    let catalog = Catalog::parse(&unset).unwrap();
    let acme = catalog.journeys().next().unwrap();
    let problem = acme.verify().unwrap_err().to_string();
    assert!(
        problem.contains(
            "the credential password: the environment variable `NO_SUCH_VARIABLE` is not set"
        ),
        "{problem}"
    );

    let closed: SocketAddr = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let journey = self::catalog(&format!("http://{closed}")).journeys().next().unwrap().clone();
    let problem = bellwether::checks::Check::run(&journey).await.unwrap_err();
    assert!(problem.message().starts_with("step 1 of 2, log in: POST {{base}}/api"), "{problem}");
    assert!(problem.message().contains("Connection refused"), "{problem}");
}

#[test]
fn a_misspelt_expectation_is_refused_and_not_ignored() {
    let wrong = CATALOG.replace("expect: { status: 200,", "expect: { statsu: 200,");
    let error = Catalog::parse(&wrong).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("statsu"), "{source}");
}

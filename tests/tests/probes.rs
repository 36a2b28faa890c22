//! What cannot be instrumented is asked from outside.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use bellwether_core::incident::IncidentStatus;
use bellwether_core::state::ComponentState::{MajorOutage, Operational, PartialOutage};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::newrelic::{NewRelic, NewRelicConfig};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

const CATALOG: &str = r#"
components:
  auth: { name: Authentication, criticality: critical, depends_on: [database] }
  admin: { name: Admin panel, criticality: high, depends_on: [auth] }
  database: { name: Database, criticality: critical }
customers: { zebra: { name: Zebra Associates } }
opportunities:
  zebra-cinema: { customer: zebra, amount: 925000 GBP, requires: [auth, admin], at_risk_from: partial_outage }
"#;

/// A service without a line of instrumentation.
struct Plain {
    address: SocketAddr,
    /// Whether its admin panel is there.
    admin: Arc<AtomicBool>,
    /// Whether Zebra may see it.
    contract: Arc<AtomicBool>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Flags {
    admin: Arc<AtomicBool>,
    contract: Arc<AtomicBool>,
}

async fn answer(State(flags): State<Flags>, request: Request) -> Response {
    let authorized = request.headers().get("authorization").is_some_and(|it| it == "Bearer t-1");
    match (request.method(), request.uri().path()) {
        (&Method::OPTIONS, "/login") => StatusCode::NO_CONTENT.into_response(),
        (&Method::POST, "/login") => Json(json!({ "access_token": "t-1" })).into_response(),
        (&Method::GET, "/admin") if !flags.admin.load(Ordering::Relaxed) => {
            StatusCode::NOT_FOUND.into_response()
        }
        (&Method::GET, "/admin") if authorized && !flags.contract.load(Ordering::Relaxed) => {
            StatusCode::FORBIDDEN.into_response()
        }
        (&Method::GET, "/admin") => StatusCode::OK.into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Plain {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (admin, contract) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
        let flags = Flags { admin: admin.clone(), contract: contract.clone() };
        let router = Router::new().fallback(answer).with_state(flags);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            // it ends with the test
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, admin, contract, _serving: serving })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn newrelic() -> anyhow::Result<(Standin<NewRelic>, String)> {
    let config = NewRelicConfig::default();
    let (key, account) = (config.license_key.clone(), config.account_id);
    let newrelic = NewRelic::start(config).await?;
    let url = newrelic.base_url();
    let exporters = format!(
        "{{ newrelic: {{ license_key: '{key}', account_id: '{account}', region: eu, endpoints: {{ otlp: '{url}', events: '{url}' }} }} }}"
    );
    Ok((newrelic, exporters))
}

/// Waits for an event of an incident's change, and returns the component and what is at risk.
async fn event(newrelic: &Standin<NewRelic>, change: &str) -> anyhow::Result<(String, f64)> {
    let event = newrelic.until(change, LIMIT, |it| {
        it.events().into_iter().find(|it| it.attributes["change"] == change)
    });
    let attributes = event.await?.attributes;
    let component = attributes["component"].as_str().unwrap_or_default().to_owned();
    Ok((component, attributes["revenueAtRiskGBP"].as_f64().unwrap_or_default()))
}

/// Scenario: a service that knows nothing of OpenTelemetry loses its admin panel, which answers
/// 404 from then on, and gets it back.
/// Guarantee: a probe finds it, with the address and the status in the reason; the vendor is told
/// of the money once; and when the panel is back, that it is over.
#[tokio::test]
async fn a_service_without_instrumentation_is_watched_from_outside() -> anyhow::Result<()> {
    let service = Plain::start().await?;
    let (newrelic, exporters) = newrelic().await?;
    let probes = format!(
        "{{ login: {{ http: {{ url: '{login}', method: OPTIONS, expect: {{ status: [200, 204] }} }}, every: 500ms, component: auth }},
           admin: {{ http: {{ url: '{admin}' }}, every: 500ms, component: admin }} }}",
        login = service.url("/login"),
        admin = service.url("/admin"),
    );
    let collector = Collector::asking(CATALOG, "rules: {}", &probes, &exporters).await?;
    collector.until("auth", Operational).await?;
    collector.until("admin", Operational).await?;

    service.admin.store(false, Ordering::Relaxed);
    let snapshot = collector.until("admin", MajorOutage).await?;
    let component = snapshot.components.iter().find(|it| it.id.as_str() == "admin");
    let reasons: Vec<&str> =
        component.iter().flat_map(|it| &it.reasons).map(|it| &*it.text).collect();
    let told = format!("GET {}: answered 404 Not Found instead of 2xx", service.url("/admin"));
    assert!(reasons.iter().any(|it| it.contains(&told)), "{reasons:?}");
    assert_eq!(event(&newrelic, "opened").await?, ("admin".to_owned(), 925_000.0));

    service.admin.store(true, Ordering::Relaxed);
    collector.until("admin", Operational).await?;
    assert_eq!(event(&newrelic, "resolved").await?.0, "admin");
    let opened =
        |it: &NewRelic| it.events().iter().filter(|it| it.attributes["change"] == "opened").count();
    assert_eq!(newrelic.until("events", LIMIT, |it| Some(opened(it))).await?, 1);
    collector.stop().await
}

/// Scenario: every endpoint is well, and one customer's contract has expired: the panel answers
/// 403 to them alone.
/// Guarantee: their journey, walked with their own credentials, finds it and names the step; the
/// password is nowhere in what is shown.
#[tokio::test]
async fn one_customers_journey_is_walked_from_outside() -> anyhow::Result<()> {
    let service = Plain::start().await?;
    let catalog = format!(
        "{CATALOG}
journeys:
  zebra-admin:
    customer: zebra
    components: [auth, admin]
    every: 500ms
    credentials: {{ username: zebra-probe, password: s3cret-pa55 }}
    steps:
      - {{ name: log in, request: {{ method: POST, url: '{login}', json: {{ username: '{{{{username}}}}', password: '{{{{password}}}}' }} }}, expect: {{ status: 200 }}, extract: {{ token: $.access_token }} }}
      - {{ name: open admin, request: {{ url: '{admin}', headers: {{ authorization: 'Bearer {{{{token}}}}' }} }}, expect: {{ status: 200 }} }}
",
        login = service.url("/login"),
        admin = service.url("/admin"),
    );
    let probes = format!(
        "{{ admin: {{ http: {{ url: '{}' }}, every: 500ms, component: admin }} }}",
        service.url("/admin")
    );
    let collector = Collector::asking(&catalog, "rules: {}", &probes, "{}").await?;
    collector.until("admin", Operational).await?;
    service.contract.store(false, Ordering::Relaxed);
    let snapshot = collector.until("admin", PartialOutage).await?;
    let text = serde_json::to_string(&snapshot)?;
    assert!(text.contains("step 2 of 2, open admin"), "{text}");
    assert!(text.contains("answered 403 Forbidden instead of 200"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    service.contract.store(true, Ordering::Relaxed);
    collector.until("admin", Operational).await?;
    collector.stop().await
}

/// Scenario: the database goes, and with it the login. The database is asked once an hour.
/// Guarantee: as soon as the login fails the database is asked at once, and people hear of one
/// incident, the database's, and of none for its victim.
#[tokio::test]
async fn what_breaks_lets_its_dependencies_be_asked_at_once() -> anyhow::Result<()> {
    let (newrelic, exporters) = newrelic().await?;
    let database = TcpListener::bind("127.0.0.1:0").await?;
    let login = TcpListener::bind("127.0.0.1:0").await?;
    let probes = format!(
        "{{ login: {{ tcp: {{ address: '{login}' }}, every: 500ms, component: auth }},
           database: {{ tcp: {{ address: '{database}' }}, every: 1h, component: database }} }}",
        login = login.local_addr()?,
        database = database.local_addr()?,
    );
    let collector = Collector::asking(CATALOG, "rules: {}", &probes, &exporters).await?;
    collector.until("auth", Operational).await?;
    collector.until("database", Operational).await?;
    drop((database, login));
    assert_eq!(event(&newrelic, "opened").await?, ("database".to_owned(), 925_000.0));
    collector.settled().await?;
    let snapshot = collector.snapshot().await?;
    let open: Vec<&str> = snapshot.incidents.iter().map(|it| it.component.as_str()).collect();
    assert_eq!(open, ["database"]);
    wait::until("both to be out", LIMIT, async || {
        let snapshot = collector.snapshot().await?;
        let out = snapshot.components.iter().filter(|it| it.effective == MajorOutage).count();
        ensure!(out == 3, "{out} are out");
        ensure!(snapshot.incidents.iter().all(|it| it.status != IncidentStatus::Resolved));
        Ok(())
    })
    .await?;
    let told: Vec<String> = newrelic
        .until("events", LIMIT, |it| Some(it.events()))
        .await?
        .iter()
        .map(|it| it.attributes["component"].to_string())
        .collect();
    assert!(told.iter().all(|it| it == "\"database\""), "{told:?}");
    collector.stop().await
}

//! Everything at once: a business map, a startup validation that proves that telemetry arrives and that a customer gets
//! what they pay for, monitors, health endpoints, a route manifest, an orderly end.
//!
//! ```sh
//! LISTEN=127.0.0.1:8080 HEALTH_TOKEN=t0ken cargo run -p bellwether --all-features --example complete
//! curl -H 'authorization: Bearer t0ken' http://127.0.0.1:8080/health/customers/zebra
//! ```
#![expect(clippy::disallowed_methods, reason = "a main reads its environment")]

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use bellwether::Startup;
use bellwether::business::{Catalog, Component, Criticality, Customer};
use bellwether::checks::{catalog_routes, disk, environment, telemetry};
use bellwether::health::Health;
use bellwether::journeys::{Journey, Step};
use bellwether::monitors::{Monitor, Monitors};
use bellwether::routing::{Router, get, post};
use bellwether::startup::OnFailure::{Abort, Degrade};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let handle = bellwether::builder()
        .service_name("marketedge")
        .service_version(env!("CARGO_PKG_VERSION"))
        .catalog(catalog()?)
        .init()?;
    let app = Router::new()
        .route("/api/v1/auth/login", post(login))
        .route("/api/v1/admin/dashboard", get(dashboard));
    let zebra = zebra().in_process(&app);

    Startup::new(&handle)
        .check("environment", "auth", Abort, environment(["LISTEN", "HEALTH_TOKEN"]))
        .check("routes", "admin", Degrade, catalog_routes(&app, &handle))
        .check("telemetry", "admin", Degrade, telemetry(&handle))
        .check("zebra", "admin", Degrade, zebra.clone())
        .after("routes")
        .run_or_exit()
        .await;

    let monitoring = Monitors::new(&handle)
        .add(Monitor::journey(zebra))
        .add(Monitor::new("disk", "auth", disk(".", 100 << 20)).every(Duration::from_secs(60)))
        .start();
    let token = std::env::var("HEALTH_TOKEN")?;
    let health = Health::new(&handle).monitors(&monitoring).token(token);

    let listener = tokio::net::TcpListener::bind(std::env::var("LISTEN")?).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, handle.instrument(app.merge(health.router())))
        .with_graceful_shutdown(stop())
        .await?;
    handle.shutdown().await;
    Ok(())
}

/// The business map; a service has it from the file that the collector reads too, see `BELLWETHER_CATALOG`.
fn catalog() -> Result<Catalog, bellwether::business::InvalidPattern> {
    let auth = Component::new("auth", Criticality::Critical).route("/api/v1/auth/**")?;
    let admin = Component::new("admin", Criticality::High).route("/api/v1/admin/**")?;
    let zebra = Customer::new("zebra").named("Zebra Associates").known_as("c-10482");
    Ok(Catalog::new().component(auth).component(admin).customer(zebra))
}

/// What Zebra pays for.
fn zebra() -> Journey {
    Journey::new("zebra-admin")
        .customer("zebra")
        .component("auth")
        .component("admin")
        .credential("username", "zebra-probe")
        .step(
            Step::post("log in", "/api/v1/auth/login")
                .json(json!({ "username": "{{username}}" }))
                .extract("token", "$.access_token"),
        )
        .step(
            Step::get("open admin", "/api/v1/admin/dashboard")
                .header("authorization", "Bearer {{token}}")
                .expect_json("$.open", true),
        )
}

async fn login(Json(body): Json<Value>) -> Json<Value> {
    let user = body["username"].as_str().unwrap_or("nobody");
    Json(json!({ "access_token": format!("token-of-{user}") }))
}

async fn dashboard(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let authorization = headers.get("authorization").and_then(|it| it.to_str().ok());
    let user = authorization.and_then(|it| it.strip_prefix("Bearer token-of-"));
    if user.ok_or(StatusCode::UNAUTHORIZED)?.starts_with("zebra") {
        bellwether::business::customer("c-10482");
    }
    Ok(Json(json!({ "open": true })))
}

async fn stop() {
    let _ = tokio::signal::ctrl_c().await;
}

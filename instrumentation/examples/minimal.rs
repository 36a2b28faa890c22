//! A whole service: startup validation, traces, metrics, logs, business tags, route manifest, orderly end.
#![expect(clippy::disallowed_methods, reason = "a main reads its environment")]

use bellwether::Startup;
use bellwether::checks::{environment, routes};
use bellwether::routing::{Router, get};
use bellwether::startup::OnFailure::{Abort, Degrade};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = bellwether::init()?;
    let app = Router::new().route("/hello/{name}", get(hello));
    Startup::new(&telemetry)
        .check("environment", "greeter", Abort, environment(["LISTEN"]))
        .check("hello route", "greeter", Degrade, routes(&app, ["GET /hello/{name}"]))
        .run_or_exit()
        .await;
    let listener = tokio::net::TcpListener::bind(std::env::var("LISTEN")?).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, telemetry.instrument(app)).with_graceful_shutdown(stop()).await?;
    telemetry.shutdown().await;
    Ok(())
}

async fn hello(axum::extract::Path(name): axum::extract::Path<String>) -> String {
    tracing::info!(%name, "greeting");
    format!("Hello, {name}!\n")
}

async fn stop() {
    let _ = tokio::signal::ctrl_c().await;
}

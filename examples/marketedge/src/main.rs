//! MarketEdge, the example service.

use anyhow::Context;
use axum::serve;
use bellwether::Startup;
use bellwether::checks::{environment, routes};
use bellwether::monitors::{Monitor, Monitors};
use bellwether::startup::OnFailure::{Abort, Degrade};
use clap::Parser;
use marketedge::{App, Args, Store, faults, stop_signal};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let telemetry = bellwether::builder()
        .service_name("marketedge-api")
        .service_version(&args.version_label)
        .init()?;

    let store = Store::lazy(args.database_url.as_deref().unwrap_or_default());
    let router = marketedge::router(App::new(store.clone(), &args), &args);

    let startup = Startup::new(&telemetry)
        .check("environment", "database", Abort, environment(["DATABASE_URL"]))
        .check("database", "database", Abort, store.check())
        .check("login route", "auth", Degrade, routes(&router, ["POST /api/v1/auth/login"]));
    faults::inject(startup, &args).run_or_exit().await;

    store.prepare(args.probe_password.as_deref()).await?;
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("database answers", "database", store.check()))
        .start();
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, telemetry.instrument(router)).with_graceful_shutdown(stop_signal()).await?;

    monitoring.stop().await;
    telemetry.shutdown().await;
    Ok(())
}

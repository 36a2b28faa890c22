//! The library's complete example against a real collector, over both protocols.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::facts::StartupOutcome;
use bellwether_tests::harness::process::{Process, Setup, Signal};
use bellwether_tests::harness::{http, wait};
use serde_json::Value;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Scenario: the complete example starts beside a collector, to which it speaks gRPC.
/// Guarantee: see [`everything_works`].
#[tokio::test]
async fn everything_works_over_grpc() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let endpoint = setup.otlp_url();
    everything_works(setup, "grpc", &endpoint).await
}

/// Scenario: the same over HTTP.
/// Guarantee: see [`everything_works`].
#[tokio::test]
async fn everything_works_over_http() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let endpoint = format!("http://{}", setup.otlp_http());
    everything_works(setup, "http/protobuf", &endpoint).await
}

/// Every check of the startup passes, also the one for which the collector has to confirm that it saw a probe, and the
/// collector has them; the service's own endpoints tell those who may know that its customer gets what they pay for; it
/// ends in order.
async fn everything_works(setup: Setup, protocol: &str, endpoint: &str) -> anyhow::Result<()> {
    let collector = setup.start().await?;
    let variables = [
        ("LISTEN", "127.0.0.1:0"),
        ("HEALTH_TOKEN", "t0ken"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut service = Process::start("examples/complete", &[], &variables)?;
    let listening = |line: &str| line.strip_prefix("listening on ").map(str::to_owned);
    let address = service.until_line("the service to listen", LIMIT, listening).await?;

    wait::until("the collector to have the startup", LIMIT, async || {
        let services = collector.status().await?.services;
        let instance = services.into_iter().flat_map(|it| it.instances).next();
        let instance = instance.context("no instance has reported")?;
        ensure!(instance.startup == Some(StartupOutcome::Ready), "{:?}", instance.startup);
        let mut checks: Vec<&str> = instance.checks.iter().map(|it| it.name.as_str()).collect();
        checks.sort_unstable();
        ensure!(checks == ["environment", "routes", "telemetry", "zebra"], "{checks:?}");
        let text = format!("{:?}", instance.checks);
        ensure!(text.matches("Passed").count() == 4, "{text}");
        ensure!(instance.routes.is_some(), "no manifest yet");
        Ok(())
    })
    .await?;

    let client = http::client()?;
    let zebra = format!("http://{address}/health/customers/zebra");
    wait::until("the journey to have been walked", LIMIT, async || {
        let answer = client.get(&zebra).bearer_auth("t0ken").send().await?;
        ensure!(answer.status() == 200, "{}", answer.status());
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        ensure!(body["status"] == "pass", "{body}");
        ensure!(body["checks"]["admin:zebra-admin"][0]["state"] == "well", "{body}");
        Ok(())
    })
    .await?;
    assert_eq!(client.get(&zebra).send().await?.status(), 404, "without a token there is no Zebra");

    service.signal(Signal::INT)?;
    assert!(service.ended(LIMIT).await?.status.success(), "{}", service.tail());
    Ok(())
}

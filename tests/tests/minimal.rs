//! The library's minimal example against a real collector; instrumentation/tests/otlp holds it against plain receivers.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_api::view::Instance;
use bellwether_core::facts::StartupOutcome;
use bellwether_tests::harness::process::{Bellwether, Process, Setup, Signal};
use bellwether_tests::harness::wait;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

async fn instance(collector: &Bellwether) -> anyhow::Result<Instance> {
    let services = collector.status().await?.services;
    let greeter = services.into_iter().find(|it| it.name.as_str() == "greeter");
    let instances = greeter.context("nobody has heard of the service")?.instances;
    instances.into_iter().next().context("no instance has reported")
}

/// Scenario: the minimal example starts, serves, and ends in order.
/// Guarantee: the collector knows its startup checks, its route, its version, and that its silence is meant.
#[tokio::test]
async fn the_collector_knows_all_of_the_minimal_example() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let variables = [
        ("LISTEN", "127.0.0.1:0"),
        ("OTEL_SERVICE_NAME", "greeter"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.2.3"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &setup.otlp_url()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut service = Process::start("examples/minimal", &[], &variables)?;
    let listening = |line: &str| line.starts_with("listening on").then_some(());
    service.until_line("the service to listen", LIMIT, listening).await?;

    let started = wait::until("the collector to know the service", LIMIT, async || {
        let instance = instance(&collector).await?;
        ensure!(instance.startup == Some(StartupOutcome::Ready), "{:?}", instance.startup);
        ensure!(instance.checks.len() == 2, "{:?}", instance.checks);
        instance.routes.as_ref().context("no manifest yet")?;
        Ok(instance)
    })
    .await?;
    assert!(started.running);
    assert_eq!(started.version.as_str(), "1.2.3");
    let routes: Vec<String> = started.routes.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(routes, ["GET /hello/{name}"]);

    service.signal(Signal::INT)?;
    assert!(service.ended(LIMIT).await?.status.success(), "{}", service.tail());
    wait::until("the collector to know of the end", LIMIT, async || {
        let instance = instance(&collector).await?;
        ensure!(instance.stopped.is_some() && !instance.running, "it still counts as running");
        Ok(())
    })
    .await
}

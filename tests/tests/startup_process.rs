//! A service that must not start: real processes, against the clock of the requirement.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_api::view::Instance;
use bellwether_core::facts::StartupOutcome;
use bellwether_core::state::ComponentState;
use bellwether_tests::harness::database::postgres_url;
use bellwether_tests::harness::process::{Bellwether, Deployment, Setup};
use bellwether_tests::harness::wait;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The requirement, 8 s for the checks and 2 s for the flush, and half a second for the start
/// of a process on a busy machine.
const BUDGET: Duration = Duration::from_millis(10_500);

/// Returns an address that refuses, because nobody listens there any more.
async fn closed() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?)
}

async fn stopped_database() -> anyhow::Result<String> {
    Ok(format!("postgres://marketedge@{}/marketedge", closed().await?))
}

/// Waits for the end of a version that has to refuse, within the requirement.
async fn refuses(version: &Deployment) -> anyhow::Result<()> {
    let mut process = version.spawn()?;
    let ended = process.ended(LIMIT).await?;
    assert!(!ended.status.success(), "it ended with {}", ended.status);
    assert!(ended.status.code().is_some(), "it exits by itself: {}", ended.status);
    assert!(ended.after <= BUDGET, "it took {:?}\n{}", ended.after, process.tail());
    Ok(())
}

/// Waits until the collector has the aborted start, and says so of `component`.
async fn has_aborted(collector: &Bellwether, component: &str) -> anyhow::Result<Instance> {
    wait::until("the collector to know of the aborted start", LIMIT, async || {
        let services = collector.status().await?.services;
        let instance = services.into_iter().flat_map(|it| it.instances).next();
        let instance = instance.context("no instance has reported")?;
        ensure!(instance.startup == Some(StartupOutcome::Aborted), "{:?}", instance.startup);
        collector.is(component, ComponentState::MajorOutage).await?;
        Ok(instance)
    })
    .await
}

/// Scenario: the database is stopped when the service is started.
/// Guarantee: the service exits with a failure within 10 s; the collector has its aborted
/// startup with the failed check, and calls the database out.
#[tokio::test]
async fn without_its_database_the_service_refuses_and_the_collector_knows() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    refuses(&Deployment::new("1", &stopped_database().await?, &setup.otlp_url())).await?;
    let instance = has_aborted(&collector, "database").await?;
    assert!(!instance.running);
    assert!(instance.stopped.is_some());
    let failed = instance.checks.iter().find(|it| it.name == "database").expect("the check");
    assert_eq!(failed.component.as_ref().map(|it| it.as_str()), Some("database"));
    assert!(!failed.message.is_empty());
    Ok(())
}

/// Scenario: everything is there, but one startup check blocks its thread for ever.
/// Guarantee: the service exits with a failure within 10 s all the same, and the collector
/// has its aborted startup.
#[tokio::test]
async fn a_check_that_blocks_a_thread_cannot_stretch_the_start() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let version = Deployment::new("1", &postgres_url()?, &setup.otlp_url()).with_blocking_check();
    refuses(&version).await?;
    has_aborted(&collector, "auth").await?;
    Ok(())
}

/// Scenario: a check blocks its thread for ever, the database is stopped, and the collector's
/// address is accepted on and never answered.
/// Guarantee: the service exits with a failure within 10 s.
#[tokio::test]
async fn a_collector_that_never_answers_cannot_stretch_the_end() -> anyhow::Result<()> {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", silent.local_addr()?);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = silent.accept().await {
            kept.push(connection);
        }
    });
    let database = stopped_database().await?;
    refuses(&Deployment::new("1", &database, &url).with_blocking_check()).await
}

/// Scenario: the database is stopped and there is no collector.
/// Guarantee: the service exits with a failure within 10 s.
#[tokio::test]
async fn without_a_collector_the_service_refuses_too() -> anyhow::Result<()> {
    let url = format!("http://{}", closed().await?);
    refuses(&Deployment::new("1", &stopped_database().await?, &url)).await
}

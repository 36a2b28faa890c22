//! A collector whose state and history lie in PostgreSQL.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::incident::IncidentStatus;
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::database::postgres_url;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Setup, binary};
use bellwether_tests::harness::wait;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

const ALL: [&str; 2] = ["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"];
const WITHOUT_ADMIN: [&str; 1] = ["POST /api/v1/auth/login"];

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Makes a schema of its own in the test's server, and returns the URL that leads to it.
async fn schema(name: &str) -> anyhow::Result<String> {
    let url = postgres_url()?;
    let name = format!("e2e_{name}_{}", std::process::id());
    let made = tokio::process::Command::new("psql")
        .args([&url, "-q", "-c", &format!("CREATE SCHEMA {name}")])
        .status()
        .await
        .context("psql, which comes with PostgreSQL's package")?;
    ensure!(made.success(), "the schema could not be made");
    let sign = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{sign}options=-c%20search_path%3D{name}"))
}

/// Returns a URL's `host:port`.
fn authority(url: &str) -> anyhow::Result<String> {
    let after = url.split("://").nth(1).context("a URL")?;
    let authority = after.split(['/', '?']).next().context("an authority")?;
    Ok(authority.rsplit('@').next().context("a host")?.to_owned())
}

async fn instance(setup: &Setup, version: &str) -> anyhow::Result<Sender> {
    Sender::connect(setup.otlp(), "marketedge-api", version, &format!("instance-{version}")).await
}

/// Scenario: version 2 has lost its admin routes; the collector is killed and started again, and version 3 has them.
/// Guarantee: the collector goes on from PostgreSQL: one incident, open before and after the kill, and then resolved.
/// When it has stopped, `explain` reads there what happened.
#[tokio::test]
async fn what_a_killed_collector_knew_is_in_the_database() -> anyhow::Result<()> {
    let setup = Setup::alone()?.keeping_in(&schema("kill").await?)?;
    let collector = setup.start().await?;
    instance(&setup, "1").await?.manifest(&ALL).await?;
    instance(&setup, "1").await?.stopping().await?;
    instance(&setup, "2").await?.manifest(&WITHOUT_ADMIN).await?;
    let before = wait::until("an incident", LIMIT, async || {
        collector.is("admin", MajorOutage).await?;
        collector.open_incident().await
    })
    .await?;
    // shown before it is stored; what the history holds is stored
    wait::until("the incident to be stored", LIMIT, async || {
        let stored = collector.incidents().await?;
        ensure!(stored.iter().any(|it| it.id == before.id), "not yet");
        Ok(())
    })
    .await?;
    collector.kill().await?;
    ensure!(!setup.data().join("bellwether.db").exists(), "nothing is in SQLite");

    let collector = setup.start().await?;
    let after = wait::until("the incident", LIMIT, async || collector.open_incident().await);
    ensure!(after.await?.id == before.id, "another incident was opened");
    instance(&setup, "2").await?.stopping().await?;
    instance(&setup, "3").await?.manifest(&ALL).await?;
    wait::until("the incident to be resolved", LIMIT, async || {
        collector.is("admin", Operational).await?;
        let incidents = collector.incidents().await?;
        ensure!(incidents.len() == 1, "there are {} incidents", incidents.len());
        ensure!(incidents[0].status == IncidentStatus::Resolved, "it is {}", incidents[0].status);
        Ok(())
    })
    .await?;
    collector.stop().await?;

    let mut explain = tokio::process::Command::new(binary("bellwether")?);
    explain.args(["explain", "admin", "--config"]).arg(setup.config());
    let output = explain.output().await?;
    let said = String::from_utf8([output.stdout, output.stderr].concat())?;
    ensure!(output.status.success(), "{said}");
    ensure!(said.starts_with("admin now: operational, since "), "{said}");
    ensure!(said.contains("before that: major_outage"), "{said}");
    Ok(())
}

/// Stands between a collector and PostgreSQL, and lets nothing through while it is told so.
struct Way {
    address: SocketAddr,
    open: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Way {
    async fn to(server: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let open = watch::Sender::new(true);
        let watched = open.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let (mut open, server) = (watched.subscribe(), server.clone());
                connections.spawn(async move {
                    if !*open.borrow() {
                        return;
                    }
                    let Ok(mut server) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        _ = open.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Ok(Self { address, open, _tasks: tasks })
    }
}

/// Scenario: PostgreSQL goes away while the collector runs, a router vanishes meanwhile, and PostgreSQL returns.
/// Guarantee: facts are not acknowledged while they cannot be stored, the collector says that it is not ready and
/// why, and goes on judging; afterwards the sender's next try is taken, and what was found out meanwhile is stored.
#[tokio::test]
async fn a_database_that_is_away_is_waited_for() -> anyhow::Result<()> {
    let url = schema("away").await?;
    let server = authority(&url)?;
    let way = Way::to(server.clone()).await?;
    let setup = Setup::alone()?.keeping_in(&url.replace(&server, &way.address.to_string()))?;
    let collector = setup.start().await?;
    let sender = instance(&setup, "1").await?;
    sender.manifest(&ALL).await?;
    collector.component("admin").await?;

    way.open.send_replace(false);
    ensure!(sender.manifest(&WITHOUT_ADMIN).await.is_err(), "it cannot be stored");
    wait::until("the collector to say so", LIMIT, async || {
        let why = collector.ready().await.err().context("it says that it is ready")?.to_string();
        ensure!(why.contains("store"), "{why}");
        Ok(())
    })
    .await?;
    let before = collector.status().await?.collector.now;
    wait::until("an evaluation", LIMIT, async || {
        ensure!(collector.status().await?.collector.now > before, "none yet");
        Ok(())
    })
    .await?;

    way.open.send_replace(true);
    wait::until("the manifest to be taken", LIMIT, async || {
        Ok(sender.manifest(&WITHOUT_ADMIN).await?)
    })
    .await?;
    wait::until("the outage to be stored", LIMIT, async || {
        collector.ready().await?;
        collector.is("admin", MajorOutage).await?;
        let incidents = collector.incidents().await?;
        ensure!(incidents.len() == 1, "there are {} incidents", incidents.len());
        Ok(())
    })
    .await?;
    collector.stop().await
}

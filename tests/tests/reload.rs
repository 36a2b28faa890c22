//! Another configuration for a collector that runs: what did not change is not touched, what is
//! wrong is refused, nothing that was acknowledged is lost.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use bellwether_api::Snapshot;
use bellwether_api::view::StreamState;
use bellwether_core::state::ComponentState;
use bellwether_tests::harness::http;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Bellwether, Setup, Signal};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::newrelic::{NewRelic, NewRelicConfig};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

async fn sender(setup: &Setup) -> anyhow::Result<Sender> {
    Sender::connect(setup.otlp(), "marketedge-api", "1", "instance-1").await
}

/// Changes a text in a file, which must have it.
fn edit(file: &Path, from: &str, to: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)?;
    ensure!(text.contains(from), "{} has no {from}", file.display());
    Ok(std::fs::write(file, text.replace(from, to))?)
}

/// Waits until the collector's view of itself is as wanted, and returns it.
async fn shows(
    collector: &Bellwether,
    what: &str,
    wanted: impl Fn(&Snapshot) -> bool,
) -> anyhow::Result<Snapshot> {
    wait::until(what, LIMIT, async || {
        let snapshot = collector.status().await?;
        ensure!(wanted(&snapshot), "{:?} {:?}", snapshot.collector, snapshot.destinations);
        Ok(snapshot)
    })
    .await
}

/// Returns how many requests a destination took, and how its stream is.
fn stream(snapshot: &Snapshot, name: &str) -> Option<(u64, StreamState)> {
    let found = snapshot.destinations.iter().find(|it| it.name.as_str() == name)?;
    found.signals.as_ref().map(|it| (it.sent, it.state))
}

/// A destination that takes OTLP with this key, and a collector's setup that leads there with the
/// key that is in a file.
async fn destination(setup: &Setup, key: &str) -> anyhow::Result<Standin<NewRelic>> {
    std::fs::write(setup.folder().join("key"), key)?;
    Ok(NewRelic::start(NewRelicConfig { license_key: "right".to_owned(), account_id: 1 }).await?)
}

fn leading_to(setup: &Setup, name: &str, vendor: &Standin<NewRelic>) -> anyhow::Result<()> {
    let exporter = format!(
        "exporters: {{ {name}: {{ endpoint: '{}', headers: {{ api-key: '${{file:key}}' }} }}",
        vendor.base_url()
    );
    edit(setup.config(), "exporters: {", &exporter)
}

/// Scenario: a destination refuses the key that is configured. Somebody writes the right one into
/// the file that the configuration names.
/// Guarantee: what waited arrives without a restart and without a signal, what another
/// destination was sent is neither sent again nor counted anew, and the receivers stay.
#[tokio::test]
async fn a_key_is_exchanged_while_everything_runs() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let steady =
        NewRelic::start(NewRelicConfig { license_key: "wrong".to_owned(), account_id: 1 }).await?;
    let vendor = destination(&setup, "wrong").await?;
    leading_to(&setup, "otlphttp/vendor", &vendor)?;
    edit(
        setup.config(),
        "exporters: {",
        "exporters: { otlphttp/steady: { endpoint: 'STEADY', headers: { api-key: wrong } },",
    )?;
    edit(setup.config(), "STEADY", &steady.base_url())?;
    let collector = setup.start().await?;
    let sender = sender(&setup).await?;
    sender.served("/health", Some("/health"), 200).await?;
    shows(&collector, "the key to be refused", |it| {
        stream(it, "otlphttp/vendor") == Some((0, StreamState::Paused))
            && stream(it, "otlphttp/steady") == Some((1, StreamState::Healthy))
    })
    .await?;

    std::fs::write(setup.folder().join("key"), "right\n")?;
    vendor.until("the span", LIMIT, |it| (it.spans().len() == 1).then_some(())).await?;
    let snapshot = shows(&collector, "the destination to be well", |it| {
        stream(it, "otlphttp/vendor") == Some((1, StreamState::Healthy))
    })
    .await?;
    assert_eq!(stream(&snapshot, "otlphttp/steady"), Some((1, StreamState::Healthy)));
    sender.served("/health", Some("/health"), 200).await?;
    steady.until("the second span", LIMIT, |it| (it.spans().len() == 2).then_some(())).await?;
    let tail = collector.tail();
    assert!(tail.contains("exporter otlphttp/vendor changed"), "{tail}");
    assert!(!tail.contains("otlphttp/steady changed"), "{tail}");
    collector.stop().await
}

/// Scenario: an outage is known. The catalog gets a further component, and then the configuration
/// is broken in two places and read again on SIGHUP.
/// Guarantee: the outage and its incident stay as they are, the new component is there, the
/// broken configuration is refused with both mistakes in the log and in the API, and mending it
/// ends that.
#[tokio::test]
async fn what_is_known_outlives_new_rules_and_a_wrong_configuration() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let catalog = setup.folder().join("catalog.yaml");
    let text = |extra: &str| {
        format!(
            "components:\n  admin: {{ criticality: high, services: [marketedge-api], routes: [\"/api/v1/admin/**\"] }}\n{extra}"
        )
    };
    std::fs::write(&catalog, text(""))?;
    let config = format!("{}", setup.config().display());
    let before = std::fs::read_to_string(&config)?;
    let health = before.lines().find(|it| it.starts_with("processors:")).unwrap_or_default();
    let good = before.replace(health, "processors: { health: { catalog: catalog.yaml } }");
    std::fs::write(&config, &good)?;

    let collector = setup.start().await?;
    sender(&setup).await?.manifest(&["GET /health"]).await?;
    let incident = wait::until("the outage", LIMIT, async || {
        collector.is("admin", ComponentState::MajorOutage).await?;
        collector.open_incident().await
    })
    .await?;

    std::fs::write(&catalog, text("  auth: { services: [marketedge-api], routes: [/health] }\n"))?;
    wait::until("the new component", LIMIT, async || {
        collector.is("auth", ComponentState::Operational).await
    })
    .await?;
    collector.is("admin", ComponentState::MajorOutage).await?;
    assert_eq!(collector.open_incident().await?.id, incident.id);

    std::fs::write(
        &config,
        good.replace("dashboard:", "dashbord:").replace("catalog.yaml", "absent.yaml"),
    )?;
    collector.signal(Signal::HUP)?;
    let refused = |it: &Snapshot| it.collector.configuration.refused.is_some();
    let snapshot = shows(&collector, "the refusal", refused).await?;
    let configuration = snapshot.collector.configuration.clone();
    let problems = configuration.refused.map(|it| it.problems).unwrap_or_default();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems.iter().any(|it| it.contains("no kind of extension `dashbord`")),
        "{problems:?}"
    );
    assert!(problems.iter().any(|it| it.contains("absent.yaml")), "{problems:?}");
    assert_eq!(
        snapshot.collector.warnings,
        ["the configuration on disk has 2 mistakes; the one before it goes on"]
    );
    assert!(snapshot.collector.ready, "{:?}", snapshot.collector);
    collector.is("admin", ComponentState::MajorOutage).await?;

    std::fs::write(&config, &good)?;
    shows(&collector, "the refusal to be over", |it| !refused(it)).await?;
    assert_eq!(collector.open_incident().await?.id, incident.id);
    let incidents = collector.incidents().await?;
    assert_eq!(incidents.len(), 1, "nobody was told twice");
    collector.stop().await
}

/// Reports a request as an OTLP client does: once more when its connection went away with the old
/// receiver just as it was handed over, which OTLP's table of retryable codes calls `CANCELLED`.
async fn acknowledged(sender: &Sender) -> Result<(), tonic::Status> {
    match sender.served("/health", Some("/health"), 200).await {
        Err(status) if status.code() == tonic::Code::Cancelled => {
            sender.served("/health", Some("/health"), 200).await
        }
        answer => answer,
    }
}

/// Scenario: requests come one after the other while a receiver's settings change, a destination
/// is added and another one taken away.
/// Guarantee: every request is acknowledged, on the same ports, at the latest when it is sent
/// again as OTLP has it; what was acknowledged before arrives at the one, what is acknowledged
/// afterwards at the other.
#[tokio::test]
async fn receivers_and_destinations_change_under_load() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let (old, new) = (destination(&setup, "right").await?, destination(&setup, "right").await?);
    leading_to(&setup, "otlphttp/old", &old)?;
    let collector = setup.start().await?;
    let mut sent = 0;
    let sender = sender(&setup).await?;
    for _ in 0..20 {
        sender.served("/health", Some("/health"), 200).await?;
        sent += 1;
    }
    edit(setup.config(), "otlphttp/old", "otlphttp/new")?;
    edit(setup.config(), &old.base_url(), &new.base_url())?;
    edit(setup.config(), "grpc: { ", "grpc: { max_recv_msg_size_mib: 5, ")?;
    collector.signal(Signal::HUP)?;
    while stream(&collector.status().await?, "otlphttp/new").is_none() || sent < 60 {
        acknowledged(&sender).await?;
        sent += 1;
    }
    let after = Sender::connect(setup.otlp(), "marketedge-api", "1", "instance-2").await?;
    after.served("/health", Some("/health"), 200).await?;
    sent += 1;
    new.until("what came after the change", LIMIT, |it| (!it.spans().is_empty()).then_some(()))
        .await?;
    wait::until("everything", LIMIT, async || {
        let arrived = old.spans().len() + new.spans().len();
        ensure!(arrived >= sent, "{arrived} of {sent} arrived");
        Ok(())
    })
    .await?;
    let tail = collector.tail();
    for change in [
        "receiver otlp/grpc changed",
        "exporter otlphttp/new added",
        "exporter otlphttp/old removed",
    ] {
        assert!(tail.contains(change), "{change}\n{tail}");
    }
    collector.stop().await
}

/// Scenario: the new configuration wants a port that somebody else has.
/// Guarantee: it is refused whole, and the old one goes on.
#[tokio::test]
async fn a_configuration_that_cannot_be_gone_over_to_changes_nothing() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    edit(setup.config(), &setup.otlp_http().to_string(), &taken.local_addr()?.to_string())?;
    collector.signal(Signal::HUP)?;
    let refused = |it: &Snapshot| it.collector.configuration.refused.is_some();
    let snapshot = shows(&collector, "the refusal", refused).await?;
    let problems =
        snapshot.collector.configuration.refused.map(|it| it.problems).unwrap_or_default();
    assert!(problems[0].contains("set receivers.otlp.protocols.http.endpoint"), "{problems:?}");
    sender(&setup).await?.served("/health", Some("/health"), 200).await?;
    tokio::net::TcpStream::connect(setup.otlp_http()).await?;
    collector.stop().await
}

/// Scenario: what those may do who show no token is changed, and nothing else of the API.
/// Guarantee: it holds on the same address, without a restart.
#[tokio::test]
async fn who_may_ask_the_api_is_changed_where_it_listens() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let (client, audit) = (http::client()?, format!("{}/api/v1/audit", collector.base()));
    ensure!(client.get(&audit).send().await?.status() == 200, "whoever is here is an admin");
    edit(setup.config(), "dashboard: {", "dashboard: { auth: { without_token: viewer },")?;
    wait::until("viewers to be refused", LIMIT, async || {
        let status = client.get(&audit).send().await?.status();
        ensure!(status == 403, "{status}: {}", collector.tail());
        Ok(())
    })
    .await?;
    let snapshot = collector.status().await?;
    ensure!(snapshot.collector.configuration.refused.is_none(), "{:?}", snapshot.collector);
    collector.stop().await
}

//! Deployments at PagerDuty, as change events beside its incidents.

use anyhow::{Context, ensure};
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::releases::{ALL, WITHOUT_ADMIN, instance, release};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::pagerduty::{Change, Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::{Fault, FaultPlan, Standin};
use serde_json::Value;

use crate::{LIMIT, refused};

fn setup(pagerduty: &Standin<Pagerduty>) -> anyhow::Result<Setup> {
    let key = &PagerdutyConfig::default().routing_keys[0];
    let endpoint = pagerduty.base_url();
    Setup::leading_to(&format!(
        "{{ pagerduty: {{ routing_key: {key}, endpoint: \"{endpoint}\", change_events: true }} }}"
    ))
}

/// Waits until PagerDuty has so many change events.
async fn changes(pagerduty: &Standin<Pagerduty>, count: usize) -> anyhow::Result<Vec<Change>> {
    let there = |it: &Standin<Pagerduty>| {
        let changes = it.changes();
        (changes.len() >= count).then_some(changes)
    };
    pagerduty.until("the change events", LIMIT, there).await
}

/// Returns what the collector says of its messages.
async fn messages(setup: &Setup) -> anyhow::Result<Vec<Value>> {
    let url = format!("http://{}/api/v1/notifications", setup.dashboard());
    let said: Value = reqwest::get(url).await?.error_for_status()?.json().await?;
    said["notifications"].as_array().cloned().context("messages")
}

/// Waits until the collector knows what runs: it has evaluated since it was told.
async fn known(collector: &Bellwether, version: &str) -> anyhow::Result<()> {
    wait::until("the version to be known", LIMIT, async || {
        let snapshot = collector.status().await?;
        let runs = format!("{:?}", snapshot.services);
        ensure!(runs.contains(version), "{runs}");
        Ok(())
    })
    .await
}

/// Waits until all messages are delivered, and returns them.
async fn delivered(setup: &Setup) -> anyhow::Result<Vec<Value>> {
    wait::until("the messages to be delivered", LIMIT, async || {
        let messages = messages(setup).await?;
        let all = messages.iter().all(|it| it["state"] == "delivered");
        ensure!(all && !messages.is_empty(), "{messages:?}");
        Ok(messages)
    })
    .await
}

/// Starts an instance of another name.
async fn another(setup: &Setup, version: &str, name: &str) -> anyhow::Result<()> {
    let another = Sender::connect(setup.otlp(), "marketedge-api", version, name).await?;
    Ok(another.manifest(ALL).await?)
}

/// Scenario: a service runs version 1; then version 2 starts in its place, and the collector is killed
/// once that is acknowledged, and again once it was told. It hears of another instance of version 2.
/// Then version 1 is started again.
/// Guarantee: PagerDuty has one change event which says that the service runs version 2 after 1, and
/// one that it runs version 1 again; nobody is paged. What is told of messages shows them.
#[tokio::test]
async fn a_deployment_is_one_change_event_whatever_happens_to_the_collector() -> anyhow::Result<()>
{
    let pagerduty = Pagerduty::start(PagerdutyConfig::default()).await?;
    let setup = setup(&pagerduty)?;
    let collector = setup.start().await?;
    release(setup.otlp(), 1, ALL).await?;
    known(&collector, "instance-1").await?;
    release(setup.otlp(), 2, ALL).await?;
    collector.kill().await?;
    let collector = setup.start().await?;
    let told = changes(&pagerduty, 1).await?;
    ensure!(told[0].summary == "marketedge-api runs version 2, after 1", "{told:?}");
    let details = &told[0].payload["custom_details"];
    ensure!(details["version"] == "2" && details["previous_version"] == "1", "{told:?}");
    delivered(&setup).await?;
    collector.kill().await?;
    let collector = setup.start().await?;
    instance(setup.otlp(), 2).await?.manifest(ALL).await?;
    another(&setup, "2", "instance-2b").await?;
    known(&collector, "instance-2b").await?;
    ensure!(pagerduty.changes().len() == 1, "{:?}", pagerduty.changes());
    another(&setup, "1", "instance-1b").await?;
    let told = changes(&pagerduty, 2).await?;
    ensure!(told[1].summary == "marketedge-api runs version 1 again, after 2", "{told:?}");
    let messages = delivered(&setup).await?;
    ensure!(messages.len() == 2, "{messages:?}");
    ensure!(messages[1]["deployment"]["version"] == "2", "{messages:?}");
    ensure!(messages[0]["deployment"]["again"] == true, "{messages:?}");
    ensure!(pagerduty.alerts().is_empty(), "{:?}", pagerduty.alerts());
    ensure!(refused(&pagerduty).is_empty(), "{:?}", refused(&pagerduty));
    collector.stop().await
}

/// Scenario: version 2 lacks the admin routes, while PagerDuty answers each change event with 503.
/// Guarantee: somebody is paged all the same, and the change event waits to be told.
#[tokio::test]
async fn a_page_does_not_wait_for_what_changed_before_it() -> anyhow::Result<()> {
    let pagerduty = Pagerduty::start(PagerdutyConfig::default()).await?;
    let setup = setup(&pagerduty)?;
    let collector = setup.start().await?;
    release(setup.otlp(), 1, ALL).await?;
    known(&collector, "instance-1").await?;
    let busy = Fault::Answer { status: 503, retry_after: None, body: None, after_storing: false };
    pagerduty.plan(FaultPlan::times(busy, 0).on("POST", "/v2/change/enqueue"));
    release(setup.otlp(), 2, WITHOUT_ADMIN).await?;
    pagerduty.until("the page", LIMIT, |it| (it.alerts().len() == 1).then_some(())).await?;
    wait::until("the change event to wait", LIMIT, async || {
        let messages = messages(&setup).await?;
        let change = messages.iter().find(|it| it["deployment"]["version"] == "2");
        let change = change.context("a change event")?;
        ensure!(change["state"] == "waiting" && change["attempts"] == 1, "{change:?}");
        Ok(())
    })
    .await?;
    collector.stop().await
}

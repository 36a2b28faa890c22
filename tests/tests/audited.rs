//! Who was not told is told all the same: the auditor works out anew who should have been.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_collector::app::{Clock, World};
use bellwether_core::state::ComponentState::MajorOutage;
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::releases::{admin_returns, admin_vanishes};
use bellwether_tests::harness::{http, wait};
use bellwether_tests::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::slack::{Slack, SlackConfig};
use bellwether_tests::standins::{Fault, FaultPlan, Standin};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

const CATALOG: &str = include_str!("../../examples/marketedge/catalog.yaml");

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A clock that can be put forward.
fn clock(ahead: &Arc<AtomicU64>) -> Clock {
    let (wall, ahead) = (Clock::wall(), Arc::clone(ahead));
    Clock::new(move || wall.now().plus(Duration::from_secs(ahead.load(Ordering::SeqCst))))
}

/// Takes out of the store what waits for a destination, as a damaged disk might; returns how much.
async fn lose(collector: &Collector, destination: &str) -> anyhow::Result<u64> {
    let file = collector.folder().join("bellwether.db");
    let mut store = SqliteConnectOptions::new().filename(file).connect().await?;
    let lost = sqlx::query("DELETE FROM outbox WHERE destination = $1").bind(destination);
    let lost = lost.execute(&mut store).await?.rows_affected();
    store.close().await?;
    Ok(lost)
}

/// Scenario: PagerDuty is away while the admin panel goes, the message to it waits in the store and is
/// lost there, and PagerDuty is back.
/// Guarantee: the auditor works out that PagerDuty should have been told, writes so into the incident, and
/// has it told: one page, and its end.
#[tokio::test]
async fn a_message_that_the_store_lost_is_found_and_told() -> anyhow::Result<()> {
    let pagerduty = Pagerduty::start(PagerdutyConfig::default()).await?;
    let away = Fault::Answer { status: 503, retry_after: None, body: None, after_storing: false };
    pagerduty.plan(FaultPlan::times(away, 1_000_000));
    let key = &PagerdutyConfig::default().routing_keys[0];
    let more = format!(
        "exporters: {{ pagerduty: {{ routing_key: {key}, endpoint: \"{}\", \
         retry_on_failure: {{ initial_interval: 100ms, max_interval: 500ms }} }} }}\n",
        pagerduty.base_url()
    );
    let ahead = Arc::new(AtomicU64::new(0));
    let audit_every = Duration::from_millis(200);
    let world = World { clock: clock(&ahead), audit_every, ..World::real()? };
    let collector = Collector::in_world(CATALOG, "rules: {}", &more, world).await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    pagerduty.until("a try", LIMIT, |it| it.records().first().map(drop)).await?;
    assert_eq!(lose(&collector, "pagerduty").await?, 1);
    pagerduty.clear_faults();
    // the message may be some evaluations late before it is missed
    ahead.store(60, Ordering::SeqCst);
    let paged = |it: &Standin<Pagerduty>| it.alerts().first().cloned();
    let alert = pagerduty.until("a page", LIMIT, paged).await?;
    assert_eq!(alert.payload["component"], "admin");
    let missed = "pagerduty should have been told by now, and was not";
    wait::until("what the auditor found", LIMIT, async || {
        let open = collector.snapshot().await?.incidents;
        let incident = open.first().context("it is open")?;
        ensure!(incident.timeline.iter().any(|it| it.text == missed), "{:?}", incident.timeline);
        Ok(())
    })
    .await?;
    admin_returns(collector.otlp()).await?;
    let over = |it: &Standin<Pagerduty>| {
        it.alerts().iter().all(|it| it.status == AlertStatus::Resolved).then_some(())
    };
    pagerduty.until("the resolve", LIMIT, over).await?;
    assert_eq!(pagerduty.alerts().len(), 1, "one page");
    collector.stop().await
}

/// Scenario: PagerDuty is away for longer than its settings say that a message is tried, and the step of
/// escalation behind it is an hour away.
/// Guarantee: the message is given up, and that is shown: in the message with why, as what the destination
/// dropped, in the incident and as a warning of the collector. The room of the next step is told at once.
#[tokio::test]
async fn a_message_that_is_given_up_is_shown_and_told_through_another_channel() -> anyhow::Result<()>
{
    let pagerduty = Pagerduty::start(PagerdutyConfig::default()).await?;
    let away = Fault::Answer { status: 503, retry_after: None, body: None, after_storing: false };
    pagerduty.plan(FaultPlan::times(away, 0));
    let slack = Slack::start(SlackConfig::default()).await?;
    let key = &PagerdutyConfig::default().routing_keys[0];
    let more = format!(
        "exporters:\n  pagerduty: {{ routing_key: {key}, endpoint: \"{}\", retry_on_failure: \
         {{ initial_interval: 100ms, max_interval: 200ms, max_elapsed_time: 1s }} }}\n  \
         slack/room: {{ webhook_url: \"{}{}\" }}\n\
         alerting:\n  routes: [{{ to: [pagerduty], escalate: room }}]\n  \
         escalation: {{ room: [{{ after: 0s, to: [route] }}, {{ after: 1h, to: [slack/room] }}] }}\n",
        pagerduty.base_url(),
        slack.base_url(),
        slack.webhook_path()
    );
    let world = World { audit_every: Duration::from_millis(200), ..World::real()? };
    let collector = Collector::in_world(CATALOG, "rules: {}", &more, world).await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    slack.until("the room to be told", LIMIT, |it| it.messages().first().map(drop)).await?;
    assert_eq!(pagerduty.alerts().len(), 0, "it was away");
    let found = "what pagerduty was to be told does not get there: given up: HTTP 503";
    wait::until("what the auditor found", LIMIT, async || {
        let snapshot = collector.snapshot().await?;
        let incident = snapshot.incidents.first().context("it is open")?;
        let told = incident.timeline.iter().any(|it| it.text.starts_with(found));
        ensure!(told, "{:?}", incident.timeline);
        let warnings = &snapshot.collector.warnings;
        ensure!(warnings.iter().any(|it| it.contains(found)), "{warnings:?}");
        Ok(())
    })
    .await?;
    let client = http::client()?;
    let here = format!("http://{}/api/v1/notifications", collector.dashboard());
    let said = client.get(here).send().await?.error_for_status()?.text().await?;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    let messages = said["notifications"].as_array().context("no messages")?;
    let refused =
        |it: &&serde_json::Value| it["destination"] == "pagerduty" && it["state"] == "refused";
    let given_up = messages.iter().find(refused).context("none was given up")?;
    let why = given_up["why"].as_str().unwrap_or_default();
    assert!(why.starts_with("given up: HTTP 503"), "{given_up}");
    let destinations = collector.snapshot().await?.destinations;
    let it = destinations.iter().find(|it| it.name.as_str() == "pagerduty").context("PagerDuty")?;
    let dropped = it.notices.as_ref().map(|it| it.dropped.get("retries_exhausted").copied());
    assert_eq!(dropped, Some(Some(1)));
    assert_eq!(slack.messages().len(), 1, "once");
    collector.stop().await
}

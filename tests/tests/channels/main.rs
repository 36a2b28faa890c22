//! Incidents at PagerDuty, in Slack and at webhooks: told once each, in order, through faults and
//! kills, and never left open.

mod changes;
mod kills;
mod scene;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::process::binary;
use bellwether_tests::harness::releases::{admin_returns, admin_vanishes};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::pagerduty::AlertStatus;
use bellwether_tests::standins::slack::{Message, Slack, SlackConfig};
use bellwether_tests::standins::statuspage::{Statuspage, StatuspageConfig};
use bellwether_tests::standins::{Fault, FaultPlan, ResetAt, Standin, Vendor, Verdict};
use tokio::process::Command;

use self::scene::Channels;

const CATALOG: &str = include_str!("../../../examples/marketedge/catalog.yaml");

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn refused<V: Vendor>(standin: &Standin<V>) -> Vec<String> {
    let refused = standin.records().into_iter().filter(|it| it.verdict == Verdict::Refused);
    refused.map(|it| format!("{} {}: {:?}", it.status, it.path, it.reason)).collect()
}

/// Scenario: the admin routes vanish with a deployment and return with the next. PagerDuty, Slack's
/// webhook and bot, a webhook and one for CloudEvents are told; all enforce their rules.
/// Guarantee: PagerDuty pages once and resolves; both webhooks get one incident, signed, from firing
/// to resolved, each change once; the bot keeps one message in the channel as the incident is, and
/// tells changes in its thread. Nobody refuses anything.
#[tokio::test]
async fn every_channel_hears_of_an_incident_and_of_its_end() -> anyhow::Result<()> {
    let channels = Channels::start().await?;
    let exporters = format!("exporters: {}\n", channels.exporters());
    let collector = Collector::configured(CATALOG, "rules: {}", &exporters).await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    channels.know_of_it().await?;
    admin_returns(collector.otlp()).await?;
    collector.until("admin", Operational).await?;
    channels.know_that_it_is_over().await?;
    channels.told_once();
    let payload = &channels.pagerduty.alerts()[0].payload;
    assert_eq!(payload["custom_details"]["revenue_at_risk"]["GBP"], 925_000.0);
    // the message in the channel is changed before its thread is told
    let told = |it: &Standin<Slack>| {
        let messages = it.messages();
        let of_bot = messages.into_iter().filter(|it| !it.by_webhook);
        let (top, thread): (Vec<Message>, Vec<Message>) =
            of_bot.partition(|it| it.thread_ts.is_none());
        (top.len() == 1 && top[0].updates == thread.len() as u64).then_some((top, thread))
    };
    let what = "one message in the channel, and each change in its thread";
    let (top, thread) = channels.slack.until(what, LIMIT, told).await?;
    assert!(
        !thread.is_empty() && thread.iter().all(|it| it.thread_ts.as_ref() == Some(&top[0].ts))
    );
    let types: Vec<_> =
        channels.events.taken().into_iter().filter_map(|it| it.event_type).collect();
    assert_eq!(types.first().map(String::as_str), Some("bellwether.incident.opened"));
    assert_eq!(types.last().map(String::as_str), Some("bellwether.incident.resolved"));
    let all = [
        refused(&channels.pagerduty),
        refused(&channels.slack),
        refused(&channels.webhook),
        refused(&channels.events),
    ];
    assert_eq!(all.concat(), Vec::<String>::new());
    collector.stop().await
}

fn status(status: u16, retry_after: Option<u64>, after_storing: bool) -> Fault {
    Fault::Answer { status, retry_after, body: None, after_storing }
}

/// Scenario: the same, while every channel refuses with 503 and 429, fails after it has stored,
/// answers too late, and cuts the connection before and after it has stored.
/// Guarantee: the same, but for Slack's webhook, which knows no key of ours: what it stored without
/// telling may be there twice, and the end is told all the same. The bot finds what it posted.
#[tokio::test]
async fn every_channel_hears_of_it_once_through_faults() -> anyhow::Result<()> {
    let channels = Channels::start().await?;
    let faults = [
        status(503, None, false),
        status(429, Some(1), false),
        status(500, None, true),
        Fault::Reset { at: ResetAt::Request },
        Fault::Reset { at: ResetAt::Answer },
        Fault::Late { ms: 1_500 },
    ];
    for fault in faults {
        channels.pagerduty.plan(FaultPlan::once(fault.clone()));
        channels.webhook.plan(FaultPlan::once(fault.clone()));
        channels.events.plan(FaultPlan::once(fault.clone()));
        channels.slack.plan(FaultPlan::times(fault, 2));
    }
    let exporters = format!("exporters: {}\n", channels.exporters());
    let collector = Collector::configured(CATALOG, "rules: {}", &exporters).await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    channels.know_of_it().await?;
    admin_returns(collector.otlp()).await?;
    channels.know_that_it_is_over().await?;
    channels.told_once();
    let of_bot: Vec<Message> =
        channels.slack.messages().into_iter().filter(|it| !it.by_webhook).collect();
    let top = of_bot.iter().filter(|it| it.thread_ts.is_none()).count();
    assert_eq!(top, 1, "one message in the channel: {of_bot:?}");
    let mut told: Vec<&serde_json::Value> =
        of_bot.iter().filter(|it| it.thread_ts.is_some()).map(|it| &it.metadata).collect();
    let all = told.len();
    told.dedup();
    assert_eq!(told.len(), all, "each change once in the thread: {told:?}");
    wait::until("the faults to be used up", LIMIT, async || {
        let left = channels.pagerduty.pending_faults();
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await?;
    collector.stop().await
}

/// Runs `bellwether notify test`; returns its exit code and what it wrote.
async fn notify_test(config: &Path, channel: &str) -> anyhow::Result<(i32, String)> {
    let output = Command::new(binary("bellwether")?)
        .args(["notify", "test", channel, "--config"])
        .arg(config)
        .output()
        .await?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code().context("an exit code")?, String::from_utf8(said)?))
}

/// Scenario: somebody asks of each channel whether a message arrives; of one whose key is wrong; of
/// a status page; and of a channel that there is not.
/// Guarantee: each gets a message that is marked as a test and is told its end; what was answered is
/// printed; customers read nothing; exit codes say how it went.
#[tokio::test]
async fn a_test_message_arrives_and_says_so() -> anyhow::Result<()> {
    let channels = Channels::start().await?;
    let page = Statuspage::start(StatuspageConfig::with_components(&["auth"])).await?;
    let StatuspageConfig { page_id, api_key, .. } = StatuspageConfig::default();
    let all = channels.exporters();
    let more = format!(
        "pagerduty/wrong: {{ routing_key: ffffffffffffffffffffffffffffffff, endpoint: \"{}\" }}, \
         statuspage: {{ api_key: {api_key}, page_id: {page_id}, endpoint: \"{}\", \
         components: {{ auth: {} }} }} }}",
        channels.pagerduty.base_url(),
        page.base_url(),
        StatuspageConfig::component_id("auth"),
    );
    let all = all.strip_suffix('}').context("a map")?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("bellwether.yaml");
    std::fs::write(folder.path().join("catalog.yaml"), CATALOG)?;
    let health = "processors: { health: { catalog: catalog.yaml } }\n";
    std::fs::write(&config, format!("exporters: {all}, {more}\n{health}"))?;
    for (channel, code, parts) in [
        ("pagerduty", 0, ["a test incident that is opened: taken", "HTTP 202"]),
        ("slack/room", 0, ["a test incident that is resolved: taken", "HTTP 200: ok"]),
        ("slack/bot", 0, ["post message at 127.0.0.1", "post reply at 127.0.0.1"]),
        ("webhook", 0, ["post notice at 127.0.0.1", "HTTP 204"]),
        ("pagerduty/wrong", 1, ["a test incident that is opened: NOT TAKEN", "HTTP 400"]),
        ("statuspage", 0, ["no component of the incident is on the page", "list components"]),
        ("pager", 2, ["there is no exporter `pager`", "pagerduty, slack/room, slack/bot"]),
    ] {
        let (got, said) = notify_test(&config, channel).await?;
        assert_eq!(got, code, "{channel}: {said}");
        assert!(parts.iter().all(|it| said.contains(it)), "{channel}: {said}");
        assert!(!said.contains(&SlackConfig::default().bot_token), "{said}");
    }
    let alerts = channels.pagerduty.alerts();
    assert_eq!((alerts.len(), alerts[0].status), (1, AlertStatus::Resolved));
    assert!(alerts[0].payload["summary"].as_str().is_some_and(|it| it.starts_with("TEST")));
    assert!(channels.slack.messages().iter().all(|it| it.text.contains("TEST")));
    assert_eq!(page.incidents().len(), 0);
    Ok(())
}

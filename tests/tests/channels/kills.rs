//! The collector is killed while it tells an incident everywhere.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::authority::Authority;
use bellwether_tests::harness::mailserver::{MailServer, Manners};
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::random::Seeded;
use bellwether_tests::harness::releases::{admin_returns, admin_vanishes};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::statuspage::{
    ComponentStatus, IncidentStatus, Statuspage, StatuspageConfig,
};
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::LIMIT;
use crate::scene::Channels;

/// How often the collector is killed in a story.
const KILLS: usize = 2;

/// Every channel, customers' page and mails included.
struct Everywhere {
    channels: Channels,
    page: Standin<Statuspage>,
    mail: MailServer,
    folder: TempDir,
}

/// How many messages came again, where a vendor knows no key of ours.
#[derive(Clone, Copy, Debug, Default)]
struct Again {
    /// Into the room of Slack's webhook.
    room: usize,
    /// By mail, with the `Message-ID` of the first, by which mail programs know them.
    mail: usize,
}

impl Everywhere {
    async fn start() -> anyhow::Result<Self> {
        let (authority, folder) = (Authority::new("ours")?, tempfile::tempdir()?);
        std::fs::write(folder.path().join("ca.crt"), authority.pem())?;
        let manners = Manners { encryption: "starttls", ..Manners::default() };
        Ok(Self {
            channels: Channels::start().await?,
            page: Statuspage::start(StatuspageConfig::with_components(&["admin"])).await?,
            mail: MailServer::start(&manners, &authority, folder.path()).await?,
            folder,
        })
    }

    /// Returns them as `exporters:`, in YAML.
    fn exporters(&self) -> anyhow::Result<String> {
        let channels = self.channels.exporters();
        let channels = channels.trim_end().strip_suffix('}').context("a map")?;
        // an answer that a busy machine makes late is not what this is about: what was taken without
        // that being heard comes again, and is no message that was on its way at a kill
        let channels = channels.replace("timeout: 1s", "timeout: 30s");
        let StatuspageConfig { page_id, api_key, .. } = StatuspageConfig::default();
        let (page, admin) = (self.page.base_url(), StatuspageConfig::component_id("admin"));
        let (port, place) = (self.mail.port(), self.folder.path().display());
        Ok(format!(
            "{channels}, statuspage: {{ api_key: {api_key}, page_id: {page_id}, endpoint: \"{page}\", \
             components: {{ admin: {admin} }}, hold: {{ open: 0s, resolve: 0s }} }}, \
             email: {{ smtp: {{ host: localhost, port: {port} }}, from: alerts@marketedge.example, \
             to: [owner@marketedge.example], tls: {{ ca_file: \"{place}/ca.crt\" }}, \
             retry_on_failure: {{ initial_interval: 100ms, max_interval: 500ms }} }} }}"
        ))
    }

    async fn know_of_it(&self) -> anyhow::Result<()> {
        self.channels.know_of_it().await?;
        let red = |it: &Standin<Statuspage>| {
            let is_red = it.component("admin")?.status == ComponentStatus::MajorOutage;
            (is_red && !it.incidents().is_empty()).then_some(())
        };
        self.page.until("the incident on the page", LIMIT, red).await?;
        self.mail.until(1, LIMIT).await.map(drop)
    }

    async fn know_that_it_is_over(&self) -> anyhow::Result<()> {
        self.channels.know_that_it_is_over().await?;
        let green = |it: &Standin<Statuspage>| {
            let is_green = it.component("admin")?.status == ComponentStatus::Operational;
            let over = it.incidents().iter().all(|it| it.status == IncidentStatus::Resolved);
            (is_green && over).then_some(())
        };
        self.page.until("the end on the page", LIMIT, green).await?;
        wait::until("the end by mail", LIMIT, async || {
            let mails = self.mail.mails();
            let last = mails.last().context("a mail")?.header("Subject")?.to_owned();
            ensure!(last.starts_with("Resolved: "), "{last}");
            Ok(())
        })
        .await
    }

    /// Holds that there was one incident wherever a vendor lets us see to that, and that elsewhere
    /// nothing came again but what was on its way when the collector was killed.
    fn told_once(&self) -> anyhow::Result<Again> {
        self.channels.told_once();
        let incidents = self.page.incidents();
        ensure!(incidents.len() == 1, "one on the page: {incidents:?}");
        let messages = self.channels.slack.messages();
        let of_bot = messages.iter().filter(|it| !it.by_webhook && it.thread_ts.is_none());
        ensure!(of_bot.count() == 1, "one in the bot's channel: {messages:?}");
        let room = messages.iter().filter(|it| it.by_webhook);
        let room = again(room.map(|it| format!("{} {}", it.text, it.blocks)));
        let mails = self.mail.mails();
        let ids: anyhow::Result<Vec<&str>> =
            mails.iter().map(|it| it.header("Message-ID")).collect();
        let mail = again(ids?.into_iter().map(str::to_owned));
        let again = Again { room, mail };
        ensure!(
            room <= KILLS && mail <= KILLS,
            "{again:?} after {KILLS} kills: {messages:?} {mails:?}"
        );
        Ok(again)
    }
}

/// Returns how many of these were there before.
fn again(messages: impl Iterator<Item = String>) -> usize {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    messages.for_each(|it| *counts.entry(it).or_default() += 1);
    counts.values().map(|it| it - 1).sum()
}

/// Kills the collector once at some moment of an outage, and once at some moment of the recovery.
async fn killed_twice(seed: u64) -> anyhow::Result<Again> {
    let mut random = Seeded::new(seed);
    let everywhere = Everywhere::start().await?;
    let setup = Setup::leading_to(&everywhere.exporters()?)?;
    let collector = setup.start().await?;
    admin_vanishes(setup.otlp()).await?;
    // the moment is the scenario
    sleep(Duration::from_millis(random.below(2_500))).await;
    collector.kill().await?;
    let collector = setup.start().await?;
    everywhere.know_of_it().await?;
    admin_returns(setup.otlp()).await?;
    sleep(Duration::from_millis(random.below(2_500))).await;
    collector.kill().await?;
    let collector = setup.start().await?;
    everywhere.know_that_it_is_over().await?;
    let again = everywhere.told_once()?;
    collector.stop().await?;
    Ok(again)
}

/// Scenario: the collector is killed at seeded moments between the outage and its messages, and
/// again between the recovery and its messages (3 seeds, or `CHANNEL_KILLS`).
/// Guarantee: exactly one page at PagerDuty, one incident on the status page, one message in the
/// channel of Slack's bot and one group at the webhooks, all resolved. Slack's webhook and mails, where no
/// vendor knows a key of ours, tell the end, and nothing comes again but what was on its way when the
/// collector was killed: at most one message for each kill, mails with the same `Message-ID`.
#[tokio::test]
async fn one_incident_and_its_end_whenever_it_is_killed() -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is said from outside")]
    let asked = std::env::var("CHANNEL_KILLS").ok();
    let seeds = asked.and_then(|it| it.parse().ok()).unwrap_or(3_u64);
    let (mut all, mut failed) = (Again::default(), Vec::new());
    for first in (0..seeds).step_by(4) {
        let runs = first..seeds.min(first + 4);
        for (seed, run) in runs.clone().zip(join_all(runs.map(killed_twice)).await) {
            match run {
                Ok(again) => {
                    all.room += again.room;
                    all.mail += again.mail;
                }
                Err(error) => failed.push(format!("seed {seed}: {error:#}")),
            }
        }
    }
    ensure!(failed.is_empty(), "{} of {seeds} seeds failed:\n{}", failed.len(), failed.join("\n"));
    println!(
        "channels: {} kills, one incident and its end each time; came again: {} to the room, {} by mail",
        KILLS as u64 * seeds,
        all.room,
        all.mail
    );
    Ok(())
}

//! The order of the story, and its deployments.

use std::time::Duration;

use anyhow::ensure;
use bellwether_api::Snapshot;
use bellwether_api::view::{Amount, Component};
use bellwether_core::state::ComponentState;

use super::stage::{HOLD, Stage};
use super::summary::Summary;
use super::tell::Tell;
use super::{outage, recovery, vendors};
use crate::harness::process::Answer;
use crate::harness::wait;

/// Longest wait for any one thing.
pub(super) const LIMIT: Duration = Duration::from_secs(45);

/// Tells the story from an empty stage to the summary.
pub(super) async fn tell(stage: &mut Stage, tell: &Tell) -> anyhow::Result<()> {
    let mut summary = Summary::default();
    opening(stage, tell);

    tell.step("1. Version 1 of the service is deployed. It is healthy.");
    let version = stage.deployment("1");
    stage.deploy(&version).await?;
    let answers = visited(stage, tell, [200, 200, 200]).await?;
    let status = all_operational(stage).await?;
    tell.good("Bellwether", &format!("{}; at risk: {}", states(&status), at_risk(&status)));
    summary.column("version 1", &answers, &state_of(&status, outage::COMPONENT), &at_risk(&status));
    quiet(stage, tell, &mut summary).await?;

    tell.step("2. Version 2 is deployed. Its admin router is not mounted; nothing else is wrong.");
    let version = stage.deployment("2").without_admin();
    stage.deploy(&version).await?;
    let answers = visited(stage, tell, [200, 200, 404]).await?;
    tell.say(
        "This is what everybody else would have seen: it started, /health says 200, people can \
         log in. No error, no exception, no alarm.",
    );
    let incident = outage::detected(stage, tell, &answers, &mut summary).await?;
    outage::told(stage, tell, &incident, &mut summary).await?;

    tell.step("5. Version 3 is deployed. The admin router is back.");
    let version = stage.deployment("3");
    stage.deploy(&version).await?;
    let answers = visited(stage, tell, [200, 200, 200]).await?;
    recovery::told(stage, tell, &incident, &answers, &mut summary).await?;

    tell.step("The whole story");
    summary.rows().iter().for_each(|row| tell.raw(row));
    Ok(())
}

fn opening(stage: &Stage, tell: &Tell) {
    let addresses = stage.standins.addresses();
    tell.step("Bellwether: a router vanishes, and everybody who should know does.");
    tell.say(
        "What is told here is read from running processes: the collector's API, what the vendors' \
         stand-ins received, what the service answers. No vendor is reached.",
    );
    tell.row(
        "collector",
        &format!("{}, OTLP on {}", stage.collector.base(), stage.setup.otlp_url()),
    );
    tell.row("Datadog", &addresses.datadog);
    tell.row("New Relic", &addresses.newrelic);
    tell.row("Statuspage", &addresses.statuspage);
    tell.row("database", stage.database());
    tell.row(
        "shortened",
        &format!(
            "Statuspage is told after a hold of {} s, so that nobody has to wait here. In \
             examples/marketedge/production it is a minute or two: customers need not read \
             of what is over at once.",
            HOLD.as_secs()
        ),
    );
}

/// Visits the service as a customer does, and shows what it answered.
async fn visited(stage: &Stage, tell: &Tell, expected: [u16; 3]) -> anyhow::Result<[Answer; 3]> {
    let service = stage.service()?;
    tell.row("service", service.url());
    let answers = service.visit().await?;
    for answer in &answers {
        let text = format!("{:28} {}", answer.request, answer.status);
        if answer.status < 400 { tell.good("", &text) } else { tell.bad("", &text) }
    }
    let statuses = answers.each_ref().map(|it| it.status);
    ensure!(statuses == expected, "the service answered {statuses:?} instead of {expected:?}");
    Ok(answers)
}

/// Shows that no vendor has heard of anything yet.
async fn quiet(stage: &Stage, tell: &Tell, summary: &mut Summary) -> anyhow::Result<()> {
    let alerts = format!("{} alerts", vendors::datadog(&stage.standins).await?.alerts.len());
    let events = format!("{} events", vendors::newrelic(&stage.standins).await?.events.len());
    let page = vendors::statuspage(&stage.standins).await?;
    tell.good("Datadog", &alerts);
    tell.good("New Relic", &events);
    tell.good("Statuspage", &format!("{}; {} incidents", page.list(), page.incidents.len()));
    summary.vendors(&alerts, &events, page.state_of(outage::COMPONENT));
    Ok(())
}

/// Waits until the collector calls every component operational.
pub(super) async fn all_operational(stage: &Stage) -> anyhow::Result<Snapshot> {
    wait::until("the collector to call every component operational", LIMIT, async || {
        let status = stage.collector.status().await?;
        let well = |it: &Component| it.effective == ComponentState::Operational;
        ensure!(status.components.iter().all(well), "{}", states(&status));
        Ok(status)
    })
    .await
}

/// Lists the components' states, as `auth operational, admin major_outage`.
pub(super) fn states(status: &Snapshot) -> String {
    let one = |it: &Component| format!("{} {}", it.id, it.effective);
    status.components.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Returns the state of one component, empty when there is none of that name.
pub(super) fn state_of(status: &Snapshot, id: &str) -> String {
    let found = status.components.iter().find(|it| it.id.as_str() == id);
    found.map(|it| it.effective.to_string()).unwrap_or_default()
}

/// Says what is at risk now.
pub(super) fn at_risk(status: &Snapshot) -> String {
    Amount::sum(&status.impact.revenue_at_risk).unwrap_or("nothing".to_owned())
}

/// Says where everything is, and how to break it again.
pub(super) fn stay(stage: &Stage, tell: &Tell) {
    let addresses = stage.standins.addresses();
    tell.step("Everything stays up until ctrl-c.");
    tell.row(
        "Bellwether",
        &format!("{}  and {}/api/v1/status", stage.collector.base(), stage.collector.base()),
    );
    tell.row("Datadog", &addresses.datadog);
    tell.row("New Relic", &addresses.newrelic);
    tell.row("Statuspage", &addresses.statuspage);
    if let Ok(service) = stage.service() {
        tell.row("service", &format!("{}/health", service.url()));
    }
    tell.say(
        "To break it again, start a version without the admin router beside the one that runs:",
    );
    tell.raw("");
    if let Ok(command) = stage.break_again() {
        tell.raw(&command);
    }
    tell.step(&format!("Open {} to see it.", stage.collector.base()));
}

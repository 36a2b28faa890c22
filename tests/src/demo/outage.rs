//! What Bellwether found, and whom it told.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_api::view::{Amount, Incident, Time};
use bellwether_core::state::ComponentState;
use jiff::Timestamp;

use super::stage::{HOLD, Stage};
use super::story::{LIMIT, at_risk, state_of, states};
use super::summary::Summary;
use super::tell::Tell;
use super::vendors::{self, Counts};
use crate::harness::process::Answer;
use crate::harness::wait;

/// The component whose router is missing, and the service that should have it.
pub(super) const COMPONENT: &str = "admin";
pub(super) const SERVICE: &str = "marketedge-api";

/// Waits for the collector's incident and tells what, when, why, and what it puts at risk.
pub(super) async fn detected(
    stage: &Stage,
    tell: &Tell,
    answers: &[Answer],
    summary: &mut Summary,
) -> anyhow::Result<Incident> {
    let started = stage.service()?.started();
    let incident = wait::until("the collector to open an incident", LIMIT, async || {
        stage.collector.is(COMPONENT, ComponentState::MajorOutage).await?;
        stage.collector.open_incident().await
    });
    let incident = incident.await?;
    let measured = started.at.elapsed();
    let found = incident.fault_at.age(incident.opened_at);

    tell.step("3. What Bellwether found");
    tell.bad("what", &format!("{}, severity {}", incident.title, incident.severity));
    tell.row("when", &format!("{} after the fault", seconds(found)));
    let (fault, opened) = (time_of(incident.fault_at), time_of(incident.opened_at));
    tell.row("", &format!("first sign of the fault at {fault}, incident opened at {opened} (UTC)"));
    let measured = seconds(measured);
    tell.row(
        "",
        &format!("the demo's own clock: {measured} after it started the process of version 2"),
    );
    for (number, cause) in incident.causes.iter().enumerate() {
        tell.row(if number == 0 { "why" } else { "" }, cause);
    }
    let status = stage.collector.status().await?;
    tell.row("components", &states(&status));
    tell.bad("at risk", &at_risk(&status));
    for it in &status.impact.opportunities {
        tell.row("", &format!("{} of {}: {}", it.name, it.customer_name, Amount::text(&it.amount)));
    }
    ensure!(
        !status.impact.opportunities.is_empty(),
        "nothing is at risk, though {COMPONENT} is out"
    );
    summary.column(
        "version 2",
        answers,
        &format!("{}, {}", state_of(&status, COMPONENT), seconds(found)),
        &at_risk(&status),
    );
    Ok(incident)
}

/// Waits until each vendor shows the incident, and tells what it shows.
pub(super) async fn told(
    stage: &Stage,
    tell: &Tell,
    incident: &Incident,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    tell.step(&format!(
        "4. Whom it told (counted from the fault; Statuspage with its hold of {})",
        seconds(HOLD)
    ));
    let datadog = datadog(stage, tell, incident).await?;
    let newrelic = newrelic(stage, tell, incident).await?;
    let statuspage = statuspage(stage, tell, incident).await?;
    summary.vendors(&datadog, &newrelic, &statuspage);
    let health = stage.service()?.health().await?;
    ensure!(health.status == 200, "{} was answered with {}", health.request, health.status);
    tell.row("meanwhile", &format!("{} still says {}", health.request, health.status));
    Ok(())
}

async fn datadog(stage: &Stage, tell: &Tell, incident: &Incident) -> anyhow::Result<String> {
    let (alert, counts) = wait::until("Datadog to show the alert", LIMIT, async || {
        let mut seen = vendors::datadog(&stage.standins).await?;
        let alert = seen.alerts.pop().context("there is no alert")?;
        ensure!(alert.key == incident.id.as_str(), "the alert is {}", alert.key);
        let counts = seen.services.get(SERVICE).copied().unwrap_or_default();
        ensure!(counts.spans > 0 && counts.metric_points > 0, "from {SERVICE}: {}", items(&counts));
        Ok((alert, counts))
    })
    .await?;
    let first = alert.history.first().context("the alert has no history")?;
    let after = after(timestamp(incident.fault_at), first.received);
    tell.bad(
        "Datadog",
        &format!(
            "after {after}: alert `{}`, status {}, priority {}",
            alert.title, alert.status, alert.priority
        ),
    );
    tell.row("", &format!("telemetry of {SERVICE}: {}", items(&counts)));
    Ok(format!("{}, {after}", alert.status))
}

async fn newrelic(stage: &Stage, tell: &Tell, incident: &Incident) -> anyhow::Result<String> {
    let (event, counts) = wait::until("New Relic to show the event", LIMIT, async || {
        let seen = vendors::newrelic(&stage.standins).await?;
        let ours = |it: &vendors::CustomEvent| it.text("incidentId") == incident.id.as_str();
        let event = seen.events.into_iter().find(ours).context("there is no event")?;
        let counts = seen.services.get(SERVICE).copied().unwrap_or_default();
        ensure!(counts.spans > 0 && counts.metric_points > 0, "from {SERVICE}: {}", items(&counts));
        Ok((event, counts))
    })
    .await?;
    let after = after(timestamp(incident.fault_at), event.received);
    tell.bad(
        "New Relic",
        &format!(
            "after {after}: event {} `{}`, {}",
            event.event_type,
            event.text("title"),
            event.text("change"),
        ),
    );
    tell.bad("", &format!("at risk: {}", event.text("revenueAtRisk")));
    tell.row("", &format!("telemetry of {SERVICE}: {}", items(&counts)));
    Ok(format!("{}, {after}", event.text("change")))
}

async fn statuspage(stage: &Stage, tell: &Tell, incident: &Incident) -> anyhow::Result<String> {
    let mut page = wait::until("Statuspage to show the outage", LIMIT, async || {
        let page = vendors::statuspage(&stage.standins).await?;
        ensure!(page.state_of(COMPONENT) == "major_outage", "{}", page.list());
        ensure!(page.incidents.len() == 1, "it has {} incidents", page.incidents.len());
        Ok(page)
    })
    .await?;
    let shown = page.incidents.pop().context("there is no incident")?;
    let update = shown.incident_updates.last().context("the incident has no update")?;
    let after = after(timestamp(incident.fault_at), update.created_at);
    tell.bad("Statuspage", &format!("after {after}: {}", page.list()));
    tell.row("", &format!("incident `{}`, {}, impact {}", shown.name, shown.status, shown.impact));
    tell.row("", &format!("\"{}\"", update.body));
    tell.row("", &format!("mail to {} subscribers", page.mails_sent));
    Ok(format!("{}, {after}", page.state_of(COMPONENT)))
}

fn items(counts: &Counts) -> String {
    format!(
        "{} spans, {} metric points, {} log records",
        counts.spans, counts.metric_points, counts.log_records
    )
}

/// Writes a length of time, as `1.2 s`.
pub(super) fn seconds(length: Duration) -> String {
    format!("{:.1} s", length.as_secs_f64())
}

/// Writes how long after `from` something happened.
pub(super) fn after(from: Timestamp, at: Timestamp) -> String {
    seconds(Duration::try_from(at.duration_since(from)).unwrap_or_default())
}

/// Returns a time of the collector's API as the stand-ins have it.
pub(super) fn timestamp(at: Time) -> Timestamp {
    Timestamp::from_nanosecond(at.get().nanos().into()).unwrap_or_default()
}

/// Writes the time of day in UTC, with milliseconds.
pub(super) fn time_of(at: Time) -> String {
    let text = at.to_string();
    let time = text.split_once('T').map(|(_, time)| time.trim_end_matches('Z'));
    time.unwrap_or(&text).to_owned()
}

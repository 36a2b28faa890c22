//! How everything returns to operational, everywhere.

use anyhow::{Context, ensure};
use bellwether_api::view::Incident;
use bellwether_core::incident::IncidentStatus;
use jiff::Timestamp;

use super::outage::{COMPONENT, after, seconds, timestamp};
use super::stage::{HOLD, Stage};
use super::story::{LIMIT, all_operational, at_risk, state_of, states};
use super::summary::Summary;
use super::tell::Tell;
use super::vendors;
use crate::harness::process::Answer;
use crate::harness::wait;

/// Waits until the collector and each vendor have seen the recovery, and tells it.
pub(super) async fn told(
    stage: &Stage,
    tell: &Tell,
    incident: &Incident,
    answers: &[Answer],
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let started = stage.service()?.started();
    let resolved = wait::until("the collector to resolve the incident", LIMIT, async || {
        let incidents = stage.collector.incidents().await?;
        let ours = incidents.into_iter().find(|it| it.id == incident.id);
        let ours = ours.context("the incident is not in the store")?;
        ensure!(ours.status == IncidentStatus::Resolved, "it is {}", ours.status);
        Ok(ours)
    })
    .await?;
    let status = all_operational(stage).await?;

    tell.step(&format!(
        "6. Everybody sees it (counted from the start of version 3; Statuspage with its hold of {})",
        seconds(HOLD)
    ));
    let from = started.wall;
    let resolved_at = resolved.resolved_at.unwrap_or(resolved.updated_at);
    let took = after(from, timestamp(resolved_at));
    tell.good("Bellwether", &format!("after {took}: {}", states(&status)));
    tell.good("", &format!("at risk: {}", at_risk(&status)));
    let lasted = resolved.fault_at.age(resolved_at);
    tell.row(
        "",
        &format!("incident `{}`, {}, lasted {}", resolved.title, resolved.status, seconds(lasted)),
    );
    ensure!(status.impact.revenue_at_risk.is_empty(), "still at risk: {}", at_risk(&status));
    let state = state_of(&status, COMPONENT);
    summary.column("version 3", answers, &format!("{state}, {took}"), &at_risk(&status));

    let datadog = datadog(stage, tell, incident, from).await?;
    let newrelic = newrelic(stage, tell, incident, from).await?;
    let statuspage = statuspage(stage, tell, from).await?;
    summary.vendors(&datadog, &newrelic, &statuspage);
    Ok(())
}

async fn datadog(
    stage: &Stage,
    tell: &Tell,
    incident: &Incident,
    from: Timestamp,
) -> anyhow::Result<String> {
    let alert = wait::until("Datadog to show the recovery", LIMIT, async || {
        let seen = vendors::datadog(&stage.standins).await?;
        let ours = seen.alerts.into_iter().find(|it| it.key == incident.id.as_str());
        let alert = ours.context("there is no alert")?;
        ensure!(alert.status == "ok", "the alert is {}", alert.status);
        Ok(alert)
    })
    .await?;
    let last = alert.history.last().context("the alert has no history")?;
    let after = after(from, last.received);
    let statuses: Vec<&str> = alert.history.iter().map(|it| it.status.as_str()).collect();
    let statuses = statuses.join(", ");
    tell.good("Datadog", &format!("after {after}: alert `{}`, statuses {statuses}", alert.title));
    Ok(format!("{}, {after}", alert.status))
}

async fn newrelic(
    stage: &Stage,
    tell: &Tell,
    incident: &Incident,
    from: Timestamp,
) -> anyhow::Result<String> {
    let events = wait::until("New Relic to show the recovery", LIMIT, async || {
        let mut events = vendors::newrelic(&stage.standins).await?.events;
        events.retain(|it| it.text("incidentId") == incident.id.as_str());
        let last = events.last().context("there is no event")?;
        ensure!(last.text("change") == "resolved", "the last event is {}", last.text("change"));
        Ok(events)
    })
    .await?;
    let last = events.last().context("there is no event")?;
    let after = after(from, last.received);
    let changes: Vec<&str> = events.iter().map(|it| it.text("change")).collect();
    let changes = changes.join(", ");
    tell.good("New Relic", &format!("after {after}: events {}, {changes}", last.event_type));
    Ok(format!("{}, {after}", last.text("change")))
}

async fn statuspage(stage: &Stage, tell: &Tell, from: Timestamp) -> anyhow::Result<String> {
    let page = wait::until("Statuspage to show the recovery", LIMIT, async || {
        let page = vendors::statuspage(&stage.standins).await?;
        let well = |it: &vendors::Component| it.status == "operational";
        ensure!(page.components.iter().all(well), "{}", page.list());
        let open = page.incidents.iter().filter(|it| it.status != "resolved").count();
        ensure!(open == 0, "{open} incidents are open");
        Ok(page)
    })
    .await?;
    let count = page.incidents.len();
    ensure!(count == 1, "Statuspage has {count} incidents for one outage");
    let shown = page.incidents.first().context("there is no incident")?;
    let last = shown.incident_updates.first().context("the incident has no update")?;
    let after = after(from, last.created_at);
    tell.good("Statuspage", &format!("after {after}: {}", page.list()));
    let updates: Vec<&str> =
        shown.incident_updates.iter().rev().map(|it| it.status.as_str()).collect();
    tell.row("", &format!("incident `{}`, {}", shown.name, updates.join(", ")));
    tell.row("", &format!("\"{}\"", last.body));
    Ok(format!("{}, {after}", page.state_of(COMPONENT)))
}

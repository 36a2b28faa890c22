//! What a status page is told besides incidents: work that is planned, and points of metrics.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_api::view::{StreamState, Transition};
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::{http, wait};
use bellwether_tests::standins::statuspage::{IncidentStatus, Statuspage, StatuspageConfig};
use bellwether_tests::standins::{Fault, FaultPlan, Standin, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Returns the exporter that leads to a page, as YAML, with more settings.
fn leading_to(page: &Standin<Statuspage>, more: &str) -> String {
    let StatuspageConfig { page_id, api_key, .. } = StatuspageConfig::default();
    let (endpoint, admin) = (page.base_url(), StatuspageConfig::component_id("admin"));
    format!(
        "{{ statuspage: {{ api_key: {api_key}, page_id: {page_id}, endpoint: \"{endpoint}\", \
         components: {{ admin: {admin} }}, hold: {{ open: 0s, resolve: 0s }}{more} }} }}"
    )
}

/// Checks that the page refused nothing.
fn refused_nothing(page: &Standin<Statuspage>) {
    let refused = page.records().into_iter().filter(|it| it.verdict == Verdict::Refused);
    let refused: Vec<_> = refused.map(|it| (it.status, it.path, it.reason)).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// Waits until so many announcements were delivered, and none waits.
async fn delivered(collector: &Bellwether, wanted: usize) -> anyhow::Result<()> {
    let url = format!("{}/api/v1/notifications?destination=statuspage", collector.base());
    let client = http::client()?;
    wait::until("the announcements to be delivered", LIMIT, async || {
        let answer: Value = client.get(&url).send().await?.json().await?;
        let all = answer["notifications"].as_array().context("a list")?;
        let ours = |it: &&Value| it["change"].is_string() && it["incident"].is_null();
        let told = all.iter().filter(ours).filter(|it| it["state"] == "delivered").count();
        ensure!(told == wanted && all.iter().filter(ours).count() == wanted, "{answer}");
        Ok(())
    })
    .await
}

/// Scenario: work is announced for in two hours, moved by an hour, and called off. Each time the
/// collector is killed while the page has stored the change and not answered yet, so that the collector
/// cannot know.
/// Guarantee: started again it finds what the page has: one scheduled incident, at the new times, ended in
/// the end; subscribers get one mail for each change; the page refuses nothing.
#[tokio::test]
async fn planned_work_is_told_once_whenever_the_collector_is_killed() -> anyhow::Result<()> {
    let page = Statuspage::start(StatuspageConfig::with_components(&["admin"])).await?;
    let setup = Setup::leading_to(&leading_to(&page, ""))?;
    let config = std::fs::read_to_string(setup.config())?;
    let begin = Timestamp::from_second(Timestamp::now().as_second())?;
    let hours = |more: i64| begin + SignedDuration::from_hours(more);
    let planned = |from: i64| {
        format!(
            "alerting: {{ maintenance: {{ upgrade: {{ components: [admin], from: \"{}\", to: \"{}\", \
             announce: 6h, reason: a new disk }} }} }}\n",
            hours(from),
            hours(from + 1)
        )
    };
    let steps = [
        ("POST", planned(2), IncidentStatus::Scheduled, hours(2)),
        ("PATCH", planned(3), IncidentStatus::Scheduled, hours(3)),
        ("PATCH", String::new(), IncidentStatus::Completed, hours(3)),
    ];
    for (n, (method, alerting, status, from)) in steps.into_iter().enumerate() {
        std::fs::write(setup.config(), format!("{config}{alerting}"))?;
        page.plan(FaultPlan::once(Fault::Hold).on(method, "/incidents"));
        let collector = setup.start().await?;
        let is_told = |it: &Standin<Statuspage>| (it.mails().len() == n + 1).then_some(());
        page.until("the change on the page", LIMIT, is_told).await?;
        collector.kill().await?;
        page.release();

        let collector = setup.start().await?;
        delivered(&collector, n + 1).await?;
        collector.stop().await?;
        let incidents = page.incidents();
        ensure!(incidents.len() == 1, "one on the page: {incidents:?}");
        let shown = &incidents[0];
        assert_eq!((shown.status, shown.scheduled_for), (status, Some(from)));
        assert_eq!(page.mails().len(), n + 1, "{:?}", page.mails());
    }
    refused_nothing(&page);
    Ok(())
}

/// Asks the collector's API.
async fn asked(collector: &Bellwether, path: &str) -> anyhow::Result<Value> {
    let url = format!("{}{path}", collector.base());
    Ok(http::client()?.get(url).send().await?.error_for_status()?.json().await?)
}

/// Writes a configuration, a part of it put in another's place.
fn configured(setup: &Setup, config: &str, from: &str, to: &str) -> anyhow::Result<()> {
    ensure!(config.contains(from), "the configuration has no {from}");
    Ok(std::fs::write(setup.config(), config.replace(from, to))?)
}

/// Returns for which share of the minute before a time a component was up, by the changes of its state.
fn share(changes: &[Transition], until: f64) -> f64 {
    let secs = |it: &Transition| it.at.get().nanos() as f64 / 1e9;
    let newest_first = std::iter::once(until).chain(changes.iter().map(secs));
    let (mut up, mut measured) = (0.0, 0.0);
    for (end, change) in newest_first.zip(changes) {
        let time = (end.min(until) - secs(change).max(until - 60.0)).max(0.0);
        measured += if change.effective.is_up().is_some() { time } else { 0.0 };
        up += if change.effective.is_up() == Some(true) { time } else { 0.0 };
    }
    100.0 * up / measured
}

/// Scenario: a probe of the admin panel passes, and then fails. A page shows the panel's uptime and how
/// often the probe passed; the configuration names a third metric that the page does not have.
/// Guarantee: the first two have points at their ids, with the share of the minute in which the panel was
/// up and the average of the probe's runs, at the time of that minute; the third is named in the status,
/// and the page refuses one request for it and no other.
#[tokio::test]
async fn metrics_of_a_page_tell_what_the_history_has() -> anyhow::Result<()> {
    let page = Statuspage::start(StatuspageConfig {
        metrics: vec!["uptime0".to_owned(), "passed0".to_owned()],
        ..StatuspageConfig::with_components(&["admin"])
    });
    let page = page.await?;
    let panel = TcpListener::bind("127.0.0.1:0").await?;
    let catalog = "components: { admin: { name: Admin panel, criticality: high } }\n";
    let setup = Setup::leading_to(&leading_to(&page, ""))?;
    let setup = setup.of_catalog(catalog)?.ruled_by("rules: {}\n")?;
    let config = std::fs::read_to_string(setup.config())?;
    let probe = format!(
        "receivers: {{ probes: {{ panel: {{ tcp: {{ address: \"{}\" }}, every: 500ms, component: admin }} }}, ",
        panel.local_addr()?
    );
    configured(&setup, &config, "receivers: { ", &probe)?;
    let collector = setup.start().await?;
    let is = async |wanted: bool| {
        let what = format!("the panel to be up: {wanted}");
        wait::until(&what, LIMIT, async || {
            let now = collector.component("admin").await?.effective;
            ensure!(now.is_up() == Some(wanted), "it is {now}");
            Ok(())
        })
        .await
    };
    is(true).await?;
    drop(panel);
    is(false).await?;
    let names = asked(&collector, "/api/v1/series/names?prefix=monitor:").await?;
    let series = names["series"][0].as_str().context("a series of the probe")?.to_owned();
    collector.stop().await?;

    // the probe is gone, so that all that was ever measured is in the first minute
    let metrics = format!(
        ", metrics: {{ uptime0: {{ uptime: admin }}, passed0: {{ series: \"{series}\" }}, lacks0: {{ uptime: admin }} }}"
    );
    configured(&setup, &config, &leading_to(&page, ""), &leading_to(&page, &metrics))?;
    let collector = setup.start().await?;
    let both = |it: &Standin<Statuspage>| {
        let first = |metric: &str| it.points_of(metric).first().copied();
        Some((first("uptime0")?, first("passed0")?))
    };
    let (uptime, passed) = page.until("points of both metrics", LIMIT, both).await?;
    let transitions = collector.transitions().await?;
    let of_admin: Vec<Transition> =
        transitions.into_iter().filter(|it| it.component.as_str() == "admin").collect();
    let (at, now) = (uptime.0, Timestamp::now().as_second());
    // the page puts points into slots of 30 s
    ensure!((now - 90..=now).contains(&at) && at == passed.0, "{uptime:?} {passed:?} at {now}");
    let told = page.records().into_iter().filter(|it| it.path.ends_with("/metrics/data"));
    let told: Vec<_> = told.map(|it| (it.status, it.summary)).collect();
    ensure!(told.iter().map(|it| it.0).eq([404, 202]), "{told:?}");
    let until = told[1].1["data"]["uptime0"][0]["timestamp"].as_i64().context("a timestamp")?;
    // the point's time is in whole seconds, and the panel was out by then
    let (most, least) = (share(&of_admin, until as f64), share(&of_admin, until as f64 + 1.0));
    let fits = (least - 0.01..=most + 0.01).contains(&uptime.1);
    ensure!(fits, "{uptime:?}, and not {least} to {most}: {of_admin:?}");
    let from = Timestamp::from_second(until - 60)?;
    let measured = asked(&collector, &format!("/api/v1/series?name={series}&from={from}")).await?;
    let steps = measured["steps"].as_array().context("steps")?;
    let sum = |of: &str| -> f64 { steps.iter().filter_map(|it| it[of].as_f64()).sum() };
    let average = (sum("count") - sum("failed")) / sum("count");
    ensure!((average - passed.1).abs() < 1e-9, "{passed:?}, and not {average}: {measured}");

    wait::until("the status to name the metric", LIMIT, async || {
        let status = collector.status().await?;
        let metrics = status.destinations[0].metrics.as_ref().context("a stream of metrics")?;
        let why = metrics.why.as_deref().unwrap_or_default();
        ensure!(metrics.state == StreamState::Refusing && why.contains("`lacks0`"), "{metrics:?}");
        ensure!((metrics.sent, metrics.queued) == (2, 1), "{metrics:?}");
        Ok(())
    })
    .await?;
    collector.stop().await
}

//! What a status page is told besides incidents: work that is planned.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::{http, wait};
use bellwether_tests::standins::statuspage::{IncidentStatus, Statuspage, StatuspageConfig};
use bellwether_tests::standins::{Fault, FaultPlan, Standin, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

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

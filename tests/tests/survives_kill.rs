//! `kill -9` of the collector at bad moments: nothing acknowledged is forgotten, nothing is
//! told twice, and no recovery is lost.

use std::time::Duration;

use anyhow::ensure;
use bellwether_api::view::Time;
use bellwether_core::incident::IncidentStatus;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::random::Seeded;
use bellwether_tests::harness::vendors::Vendors;
use bellwether_tests::harness::{http, wait};
use bellwether_tests::standins::statuspage::{
    ComponentStatus, IncidentStatus as PageStatus, Statuspage,
};
use bellwether_tests::standins::{Fault, FaultPlan, Standin};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// What the example serves.
const ALL: [&str; 3] = ["GET /health", "POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"];

/// What is left of it when the admin router is not mounted.
const WITHOUT_ADMIN: [&str; 2] = ["GET /health", "POST /api/v1/auth/login"];

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The requirement, from the start of the collector.
const DETECTION: Duration = Duration::from_secs(10);

/// Returns the one instance of a version of the service, connected to the collector.
async fn instance(setup: &Setup, version: &str) -> anyhow::Result<Sender> {
    Sender::connect(setup.otlp(), "marketedge-api", version, &format!("instance-{version}")).await
}

/// Has version 1 replaced by version 2, which lacks the admin routes; all is acknowledged.
async fn admin_vanishes(setup: &Setup) -> anyhow::Result<()> {
    let first = instance(setup, "1").await?;
    first.manifest(&ALL).await?;
    first.stopping().await?;
    instance(setup, "2").await?.manifest(&WITHOUT_ADMIN).await?;
    Ok(())
}

/// Has version 2 replaced by version 3, which has the admin routes; all is acknowledged.
async fn admin_returns(setup: &Setup) -> anyhow::Result<()> {
    instance(setup, "2").await?.stopping().await?;
    instance(setup, "3").await?.manifest(&ALL).await?;
    Ok(())
}

/// Waits until exactly one incident of admin is open.
async fn named(collector: &Bellwether) -> anyhow::Result<String> {
    let incident = wait::until("the collector to name admin", LIMIT, async || {
        collector.is("admin", ComponentState::MajorOutage).await?;
        collector.open_incident().await
    });
    let incident = incident.await?;
    assert_eq!(incident.component.as_str(), "admin");
    Ok(incident.id.as_str().to_owned())
}

/// Waits until the only incident that ever was is resolved.
async fn resolved(collector: &Bellwether, incident: Option<&str>) -> anyhow::Result<()> {
    wait::until("the incident to be resolved", LIMIT, async || {
        let incidents = collector.incidents().await?;
        ensure!(incidents.len() == 1, "there are {} incidents", incidents.len());
        ensure!(incidents[0].status == IncidentStatus::Resolved, "it is {}", incidents[0].status);
        assert!(incident.is_none_or(|id| incidents[0].id.as_str() == id), "another incident");
        collector.is("admin", ComponentState::Operational).await?;
        Ok(())
    })
    .await
}

/// Waits until the page shows the outage under exactly one incident.
async fn page_shows_outage(page: &Standin<Statuspage>) -> anyhow::Result<()> {
    page.until("the outage", LIMIT, |it| {
        let admin = it.component("admin")?.status == ComponentStatus::MajorOutage;
        (admin && it.incidents().len() == 1).then_some(())
    })
    .await
}

/// Waits until the page shows that all is over, and checks that there was one incident.
async fn page_shows_recovery(page: &Standin<Statuspage>) -> anyhow::Result<()> {
    page.until("the recovery", LIMIT, |it| {
        let well = it.components().iter().all(|it| it.status == ComponentStatus::Operational);
        let incidents = it.incidents();
        let over = incidents.iter().all(|it| it.status == PageStatus::Resolved);
        (well && over && !incidents.is_empty()).then_some(())
    })
    .await?;
    assert_eq!(page.incidents().len(), 1, "one outage is one incident");
    Ok(())
}

/// Scenario: the manifests of version 1 and of version 2, without admin routes, are
/// acknowledged, and the collector is killed at once. Nobody sends anything again.
/// Guarantee: started again, it names admin within 10 s.
#[tokio::test]
async fn an_acknowledged_manifest_survives() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let second = instance(&setup, "2").await?;
    instance(&setup, "1").await?.manifest(&ALL).await?;
    second.manifest(&WITHOUT_ADMIN).await?;
    collector.kill().await?;

    let collector = setup.start().await?;
    named(&collector).await?;
    let after = collector.started().at.elapsed();
    assert!(after < DETECTION, "named after {after:?}");
    Ok(())
}

/// Scenario: the collector is killed while Statuspage has stored the incident and not answered
/// yet, so that the collector cannot know.
/// Guarantee: started again, it finds its own incident instead of opening another; the recovery
/// resolves it and the component is operational.
#[tokio::test]
async fn an_incident_whose_answer_was_lost_is_not_opened_twice() -> anyhow::Result<()> {
    let vendors = Vendors::start().await?;
    let page = &vendors.statuspage;
    page.plan(FaultPlan::once(Fault::Hold).on("POST", "/incidents"));
    let setup = Setup::with_vendors(&vendors.addresses(), Duration::ZERO)?;
    let collector = setup.start().await?;
    admin_vanishes(&setup).await?;
    page.until("the incident", LIMIT, |it| (it.incidents().len() == 1).then_some(())).await?;
    collector.kill().await?;
    page.release();

    let collector = setup.start().await?;
    let incident = named(&collector).await?;
    page_shows_outage(page).await?;
    admin_returns(&setup).await?;
    resolved(&collector, Some(&incident)).await?;
    page_shows_recovery(page).await
}

/// Waits until the collector has evaluated its rules twice from now on: then what it took before
/// is stored. Returns when that was.
async fn evaluated(collector: &Bellwether) -> anyhow::Result<Timestamp> {
    let mut newest = collector.status().await?.collector.now.get();
    for _ in 0..2 {
        newest = wait::until("an evaluation", LIMIT, async || {
            let now = collector.status().await?.collector.now.get();
            ensure!(now > newest, "none since {newest}");
            Ok(now)
        })
        .await?;
    }
    Ok(newest)
}

/// Scenario: more than four requests within ten minutes have to fail, for five seconds. The
/// collector is killed after the third, and again after the fifth, while the alert is pending.
/// Nobody sends anything again.
/// Guarantee: the fifth makes it pending, so the window survived; it fires although nothing more
/// comes, and knows that the fault began before the second kill.
#[tokio::test]
async fn windows_and_pending_alerts_survive() -> anyhow::Result<()> {
    let rule = "{ component: auth, kind: threshold, indicator: count, match: { http.response.status_code: 500 }, above: 4, window: 10m, for: 5s, state: major_outage }";
    let setup = Setup::alone()?.ruled_by(&format!("rules:\n  failures: {rule}\n"))?;
    let mut killed = Timestamp::default();
    for requests in [3, 2] {
        let collector = setup.start().await?;
        let sender = instance(&setup, "1").await?;
        for _ in 0..requests {
            sender.served("/api/v1/auth/login", Some("/api/v1/auth/login"), 500).await?;
        }
        killed = evaluated(&collector).await?;
        collector.kill().await?;
    }

    let collector = setup.start().await?;
    let incident = wait::until("the incident", LIMIT, async || collector.open_incident().await);
    let incident = incident.await?;
    assert!(incident.alerts.iter().any(|it| it.rule.as_str() == "failures"), "{incident:?}");
    assert!(incident.fault_at.get() <= killed, "the pending alert was forgotten");
    Ok(())
}

/// Scenario: of each of 3,000 paths a request comes, and the collector is killed. Of one path two
/// more come, which is one more than may come within ten minutes, and it is killed again while
/// the alert is pending. Nobody sends anything again.
/// Guarantee: the window of that path survived among thousands, so that it fires; the others do not.
#[tokio::test]
async fn the_windows_of_thousands_of_groups_survive() -> anyhow::Result<()> {
    let rule = "{ component: auth, kind: threshold, indicator: count, match: { http.response.status_code: 200 }, group_by: [url.path], above: 2, window: 10m, for: 5s, state: major_outage }";
    let setup = Setup::alone()?.ruled_by(&format!("rules:\n  busy: {rule}\n"))?;
    let paths: Vec<String> = (0..3_000).map(|it| format!("/api/v1/auth/login/{it}")).collect();
    let all: Vec<&str> = paths.iter().map(String::as_str).collect();
    let one = all[1_234];
    for requests in [&all[..], &[one, one]] {
        let collector = setup.start().await?;
        let sender = instance(&setup, "1").await?;
        sender.all_served(requests, Some("/api/v1/auth/login"), 200).await?;
        evaluated(&collector).await?;
        collector.kill().await?;
    }

    let collector = setup.start().await?;
    let incident = wait::until("the incident", LIMIT, async || collector.open_incident().await);
    let incident = incident.await?;
    let mut alerts = incident.alerts.iter().filter(|it| it.rule.as_str() == "busy");
    let alert = alerts.next().map(|it| it.labels.get("url.path").cloned());
    assert_eq!(alert, Some(Some(one.to_owned())), "{incident:?}");
    assert_eq!(alerts.count(), 0, "others fire, too");
    Ok(())
}

/// The alert of a rule as it is stored.
async fn alert(collector: &Bellwether, rule: &str) -> anyhow::Result<Value> {
    let url = format!("{}/api/v1/alerts?rule={rule}", collector.base());
    let mut answer: Value = http::client()?.get(url).send().await?.json().await?;
    Ok(answer["alerts"][0].take())
}

/// Scenario: an alert has to stay clear for 20 s before it is over. Its routes return, and the
/// collector is killed while it recovers, twice. Nobody sends anything again.
/// Guarantee: it goes on to recover since the same moment, is over when those 20 s are and not
/// before, and the component failed once and recovered once.
#[tokio::test]
async fn a_recovery_survives() -> anyhow::Result<()> {
    let rule = "{ component: admin, kind: routes, keep_firing_for: 20s }";
    let setup = Setup::alone()?.ruled_by(&format!("rules:\n  gone: {rule}\n"))?;
    let mut collector = setup.start().await?;
    admin_vanishes(&setup).await?;
    let incident = named(&collector).await?;
    admin_returns(&setup).await?;
    let since = wait::until("the recovery to begin", LIMIT, async || {
        let alert = alert(&collector, "gone").await?;
        ensure!(alert["phase"] == "recovering", "{alert}");
        Ok(alert["since"].clone())
    });
    let since = since.await?;
    for _ in 0..2 {
        collector.kill().await?;
        collector = setup.start().await?;
        evaluated(&collector).await?;
        let alert = alert(&collector, "gone").await?;
        // on a busy machine it may be over by now
        let goes_on = alert["phase"] == "recovering" && alert["since"] == since;
        ensure!(goes_on || alert["phase"] == "resolved", "it recovered since {since}: {alert}");
    }
    resolved(&collector, Some(&incident)).await?;
    let moment = |it: Value| serde_json::from_value::<Time>(it);
    let over = moment(alert(&collector, "gone").await?["since"].take())?;
    let held = moment(since)?.age(over);
    ensure!(held >= Duration::from_secs(20), "it was over after {held:?}");
    let mut told = collector.transitions().await?;
    told.retain(|it| it.component.as_str() == "admin");
    // it may have been seen well before, or not
    let out = |it: &ComponentState| *it == ComponentState::MajorOutage;
    let states = told.iter().rev().map(|it| it.own).skip_while(|it| !out(it));
    let states: Vec<ComponentState> = states.collect();
    assert_eq!(states, [ComponentState::MajorOutage, ComponentState::Operational]);
    collector.stop().await
}

/// Kills the collector once at some moment of an outage, and once at some moment of the
/// recovery from it.
async fn killed_twice(seed: u64) -> anyhow::Result<()> {
    let mut moments = Seeded::new(seed);
    let vendors = Vendors::start().await?;
    let setup = Setup::with_vendors(&vendors.addresses(), Duration::ZERO)?;
    let collector = setup.start().await?;
    admin_vanishes(&setup).await?;
    // the moment is the scenario
    sleep(Duration::from_millis(moments.below(2_500))).await;
    collector.kill().await?;

    let collector = setup.start().await?;
    let incident = named(&collector).await?;
    page_shows_outage(&vendors.statuspage).await?;
    admin_returns(&setup).await?;
    sleep(Duration::from_millis(moments.below(5_000))).await;
    collector.kill().await?;

    let collector = setup.start().await?;
    resolved(&collector, Some(&incident)).await?;
    page_shows_recovery(&vendors.statuspage).await?;
    let alerts = vendors.datadog.until("the recovery", LIMIT, |it| {
        it.alert(&incident).filter(|alert| alert.status == "ok")
    });
    alerts.await?;
    assert_eq!(vendors.datadog.alerts().len(), 1, "one alert for one outage");
    collector.stop().await
}

/// Scenario: the collector is killed at seeded moments between the acknowledgement of the
/// manifest and the end of the outage, and again between that of the mended one and the
/// recovery.
/// Guarantee: Statuspage and Datadog end with one incident, resolved, and all is operational.
#[tokio::test]
async fn one_incident_and_one_recovery_whenever_it_is_killed() -> anyhow::Result<()> {
    let runs = (1..=4_u64).map(async |seed| {
        let began = Instant::now();
        let result = killed_twice(seed).await;
        result.map_err(|error| error.context(format!("seed {seed}, after {:?}", began.elapsed())))
    });
    try_join_all(runs).await?;
    Ok(())
}

//! The story with real processes: a router vanishes from the example service, and the
//! collector tells everybody.

use std::time::Duration;

use anyhow::ensure;
use bellwether_api::view::Incident;
use bellwether_core::incident::IncidentStatus;
use bellwether_core::state::ComponentState;
use bellwether_tests::harness::database::postgres_url;
use bellwether_tests::harness::process::{Bellwether, Deployment, Marketedge, Setup, Started};
use bellwether_tests::harness::vendors::Vendors;
use bellwether_tests::harness::wait;
use bellwether_tests::standins::newrelic::CustomEvent;
use bellwether_tests::standins::statuspage::{ComponentStatus, IncidentStatus as PageStatus};
use jiff::Timestamp;
use tokio::time::{sleep, sleep_until};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The requirement: from the start of the broken version, or of the collector where it comes
/// later, to the incident.
const DETECTION: Duration = Duration::from_secs(10);

/// Waits until the collector names `admin`, and says so within the requirement.
async fn named(collector: &Bellwether, since: Started) -> anyhow::Result<Incident> {
    let incident = wait::until("the collector to name admin", LIMIT, async || {
        collector.is("admin", ComponentState::MajorOutage).await?;
        collector.open_incident().await
    })
    .await?;
    assert_eq!(incident.component.as_str(), "admin");
    assert_eq!(incident.worst, ComponentState::MajorOutage);
    let opened = Timestamp::from_nanosecond(incident.opened_at.get().nanos().into())?;
    let found = Duration::try_from(opened.duration_since(since.wall))?;
    assert!(found < DETECTION, "named after {found:?}");
    Ok(incident)
}

async fn operational(collector: &Bellwether) -> anyhow::Result<()> {
    wait::until("everything to be operational", LIMIT, async || {
        for component in ["auth", "admin", "database"] {
            collector.is(component, ComponentState::Operational).await?;
        }
        Ok(())
    })
    .await
}

async fn statuses(service: &Marketedge) -> anyhow::Result<[u16; 3]> {
    Ok(service.visit().await?.map(|answer| answer.status))
}

/// Scenario: version 1 is replaced by version 2, whose admin router is not mounted, and that by
/// version 3, which has it again. Vendors are stand-ins that enforce their documented rules.
/// Guarantee: /health says 200 throughout, yet within 10 s of the start of version 2 there is an
/// incident with 925,000 GBP of Zebra Associates at risk. Statuspage goes operational,
/// major_outage, operational with exactly one incident, which is resolved; Datadog's alert opens
/// and closes under one key; New Relic gets the changes in order. Afterwards nothing is at risk.
#[tokio::test]
async fn a_vanished_router_is_caught_told_and_put_right() -> anyhow::Result<()> {
    let postgres = postgres_url()?;
    let vendors = Vendors::start().await?;
    let setup = Setup::with_vendors(&vendors.addresses(), Duration::from_millis(500))?;
    let collector = setup.start().await?;
    let version = |version| Deployment::new(version, &postgres, &setup.otlp_url());

    let service = version("1").start().await?;
    assert_eq!(statuses(&service).await?, [200, 200, 200]);
    operational(&collector).await?;
    assert_eq!(collector.status().await?.impact.revenue_at_risk, []);
    service.stop().await?;

    let service = version("2").without_admin().start().await?;
    assert_eq!(statuses(&service).await?, [200, 200, 404]);
    let outage = async {
        let incident = named(&collector, service.started()).await?;
        at_risk(&collector, &incident).await?;
        opened_everywhere(&vendors, incident.id.as_str()).await?;
        anyhow::Ok(incident)
    };
    let incident = tokio::select! {
        incident = outage => incident?,
        Err(error) = always_healthy(&service) => return Err(error),
    };
    service.stop().await?;

    let service = version("3").start().await?;
    assert_eq!(statuses(&service).await?, [200, 200, 200]);
    resolved(&collector, &incident).await?;
    operational(&collector).await?;
    assert_eq!(collector.status().await?.impact.revenue_at_risk, []);
    resolved_everywhere(&vendors, incident.id.as_str()).await?;
    service.stop().await?;
    collector.stop().await?;
    nothing_was_refused(&vendors);
    Ok(())
}

/// Asks the plain health endpoint for ever; ends when it does not say 200.
async fn always_healthy(service: &Marketedge) -> anyhow::Result<()> {
    loop {
        let answer = service.health().await?;
        ensure!(answer.status == 200, "{} said {}", answer.request, answer.status);
        sleep(Duration::from_millis(100)).await;
    }
}

/// Checks that the opportunity of Zebra Associates is at risk, by incident and in all.
async fn at_risk(collector: &Bellwether, incident: &Incident) -> anyhow::Result<()> {
    assert_eq!(incident.impact.customers, ["Zebra Associates"]);
    let impact = collector.status().await?.impact;
    let amounts: Vec<String> = impact.revenue_at_risk.iter().map(|it| it.text()).collect();
    assert_eq!(amounts, ["925,000 GBP"]);
    assert_eq!(impact.opportunities.len(), 1);
    Ok(())
}

async fn resolved(collector: &Bellwether, incident: &Incident) -> anyhow::Result<()> {
    wait::until("the incident to be resolved", LIMIT, async || {
        let incidents = collector.incidents().await?;
        assert_eq!(incidents.len(), 1, "one outage is one incident");
        assert_eq!(incidents[0].id, incident.id);
        ensure!(incidents[0].status == IncidentStatus::Resolved, "{}", incidents[0].status);
        Ok(())
    })
    .await
}

async fn opened_everywhere(vendors: &Vendors, incident: &str) -> anyhow::Result<()> {
    let status = vendors.datadog.until("the alert", LIMIT, |it| it.alert(incident));
    assert_eq!(status.await?.status, "error");
    let event = vendors.newrelic.until("the event", LIMIT, |it| it.events().into_iter().next());
    let event = event.await?;
    assert_eq!(event.event_type, "BellwetherIncident");
    assert_eq!(event.attributes["incidentId"], incident);
    assert_eq!(event.attributes["change"], "opened");
    assert_eq!(event.attributes["revenueAtRiskGBP"], 925_000.0);
    let page = &vendors.statuspage;
    page.until("the outage", LIMIT, |it| {
        let admin = it.component("admin")?.status == ComponentStatus::MajorOutage;
        (admin && it.incidents().len() == 1).then_some(())
    })
    .await
}

async fn resolved_everywhere(vendors: &Vendors, incident: &str) -> anyhow::Result<()> {
    let alert = vendors
        .datadog
        .until("the recovery", LIMIT, |it| it.alert(incident).filter(|alert| alert.status == "ok"));
    let alert = alert.await?;
    assert_eq!(vendors.datadog.alerts().len(), 1, "one key for the whole incident");
    assert_eq!(alert.history[0].status, "error");

    let seen = vendors.newrelic.until("the recovery", LIMIT, |it| {
        let events = it.events();
        let change = |it: &CustomEvent| it.attributes["change"].as_str().map(str::to_owned);
        let changes: Vec<String> = events.iter().filter_map(change).collect();
        changes.iter().any(|change| change == "resolved").then_some(changes)
    });
    let seen = seen.await?;
    assert_eq!(seen.first().map(String::as_str), Some("opened"));
    assert_eq!(seen.last().map(String::as_str), Some("resolved"));
    assert!(seen[1..seen.len() - 1].iter().all(|change| change == "updated"), "{seen:?}");

    let page = &vendors.statuspage;
    page.until("the recovery", LIMIT, |it| {
        let components = it.components();
        let well = components.iter().all(|it| it.status == ComponentStatus::Operational);
        let over = it.incidents().iter().all(|it| it.status == PageStatus::Resolved);
        (well && over).then_some(())
    })
    .await?;
    use ComponentStatus::{MajorOutage, Operational};
    assert_eq!(page.states_of("admin"), [Operational, MajorOutage, Operational]);
    assert_eq!(page.states_of("auth"), []);
    assert_eq!(page.incidents().len(), 1, "one outage is one incident");
    Ok(())
}

/// No vendor refused, cut or warned about anything that it was sent.
fn nothing_was_refused(vendors: &Vendors) {
    let all = [vendors.datadog.records(), vendors.newrelic.records(), vendors.statuspage.records()];
    for record in all.iter().flatten() {
        assert!(record.status < 300, "{record:?}");
        assert_eq!(record.warnings, Vec::<String>::new(), "{record:?}");
    }
    assert_eq!(vendors.datadog.rejected_points(), 0);
    assert_eq!(vendors.newrelic.integration_errors(), []);
}

/// Scenario: the collector knows version 1 and is away. Version 2, without the admin router, is
/// started meanwhile, and the collector 30 s after it.
/// Guarantee: within 10 s of its own start the collector names admin, by comparison with what
/// version 1 served.
#[tokio::test]
async fn a_collector_that_comes_30_seconds_late_still_names_it() -> anyhow::Result<()> {
    let postgres = postgres_url()?;
    let setup = Setup::alone()?;
    let version = |version| Deployment::new(version, &postgres, &setup.otlp_url());
    let collector = setup.start().await?;
    let service = version("1").start().await?;
    operational(&collector).await?;
    collector.stop().await?;
    service.stop().await?;

    let service = version("2").without_admin().start().await?;
    // not a wait for something to happen: these 30 s are the scenario
    sleep_until(service.started().at + Duration::from_secs(30)).await;
    let collector = setup.start().await?;
    let incident = named(&collector, collector.started()).await?;
    let causes = incident.causes.join("; ");
    assert!(causes.contains("that version 1 served"), "{causes}");
    assert!(causes.contains("GET /api/v1/admin/dashboard"), "{causes}");
    Ok(())
}

/// Scenario: a rolling deployment: version 1 and version 2, without the admin router, run side
/// by side.
/// Guarantee: admin is named within 10 s of the start of version 2, though version 1 serves it.
#[tokio::test]
async fn two_versions_side_by_side_are_told_apart() -> anyhow::Result<()> {
    let postgres = postgres_url()?;
    let setup = Setup::alone()?;
    let version = |version| Deployment::new(version, &postgres, &setup.otlp_url());
    let collector = setup.start().await?;
    let _first = version("1").start().await?;
    operational(&collector).await?;
    let second = version("2").without_admin().start().await?;
    let incident = named(&collector, second.started()).await?;
    let causes = incident.causes.join("; ");
    assert!(causes.contains("marketedge-api 2 "), "{causes}");
    assert!(!causes.contains("marketedge-api 1 "), "{causes}");
    Ok(())
}

/// Scenario: the very first version that a collector ever sees lacks the admin router, which
/// the catalog declares.
/// Guarantee: admin is named within 10 s of its start, by what the catalog declares.
#[tokio::test]
async fn the_very_first_version_is_held_against_the_catalog() -> anyhow::Result<()> {
    let postgres = postgres_url()?;
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let version = Deployment::new("1", &postgres, &setup.otlp_url()).without_admin();
    let service = version.start().await?;
    let incident = named(&collector, service.started()).await?;
    let causes = incident.causes.join("; ");
    assert!(causes.contains("/api/v1/admin/**"), "{causes}");
    Ok(())
}

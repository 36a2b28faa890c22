//! An instance that is killed is missed, one that stops is not. With real processes.

use std::time::Duration;

use bellwether_core::state::ComponentState;
use bellwether_tests::harness::database::postgres_url;
use bellwether_tests::harness::process::{Bellwether, Deployment, Setup};
use bellwether_tests::harness::wait;
use tokio::time::{Instant, sleep};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// The requirement, from the kill to the incident.
const DETECTION: Duration = Duration::from_secs(60);

async fn operational(collector: &Bellwether) -> anyhow::Result<()> {
    wait::until("everything to be operational", LIMIT, async || {
        for component in ["auth", "admin", "database"] {
            collector.is(component, ComponentState::Operational).await?;
        }
        Ok(())
    })
    .await
}

/// Scenario: a service that has run for seconds is killed (SIGKILL). Nothing was learnt before.
/// Guarantee: in less than a minute it is a major outage, and one incident says which instance fell
/// silent.
#[tokio::test]
async fn a_killed_service_is_missed_within_a_minute() -> anyhow::Result<()> {
    let postgres = postgres_url()?;
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let service = Deployment::new("1", &postgres, &setup.otlp_url()).start().await?;
    operational(&collector).await?;

    let killed = Instant::now();
    service.kill().await?;
    let incident = wait::until("the collector to miss the service", LIMIT, async || {
        collector.is("database", ComponentState::MajorOutage).await?;
        collector.open_incident().await
    })
    .await?;
    assert!(killed.elapsed() < DETECTION, "missed after {:?}", killed.elapsed());
    let causes = incident.causes.join("; ");
    assert!(causes.contains("without saying that it stops"), "{causes}");
    Ok(())
}

/// Scenario: a service stops in an orderly way (SIGTERM) and stays away.
/// Guarantee: that is no incident, not even when it would have been missed long ago.
#[tokio::test]
async fn a_service_that_stops_is_not_missed() -> anyhow::Result<()> {
    let postgres = postgres_url()?;
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let service = Deployment::new("1", &postgres, &setup.otlp_url()).start().await?;
    operational(&collector).await?;
    service.stop().await?;
    // not a wait for something to happen: that nothing does is the guarantee
    sleep(DETECTION).await;
    let status = collector.status().await?;
    assert_eq!(status.incidents.len(), 0, "{:?}", status.incidents);
    assert_eq!(status.impact.revenue_at_risk, []);
    Ok(())
}

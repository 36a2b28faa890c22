//! Who watches the watcher: a collector that is killed, frozen or blind keeps its dead-man's
//! switch waiting, and the switch alarms.

use std::time::Duration;

use bellwether_tests::harness::process::{Setup, Signal};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::deadman::{Cause, Deadman, DeadmanConfig};
use bellwether_tests::standins::{Fault, FaultPlan, Standin};
use tokio::time::Instant;

/// How often the collector beats and the switch expects it.
const PERIOD: Duration = Duration::from_secs(2);

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

async fn switch() -> anyhow::Result<Standin<Deadman>> {
    let (period, grace) = (PERIOD, PERIOD / 2);
    Ok(Deadman::start(DeadmanConfig { period, grace, ..DeadmanConfig::default() }).await?)
}

/// Returns a collector's setup with a heartbeat to the switch.
fn beating(switch: &Standin<Deadman>) -> anyhow::Result<Setup> {
    let url = format!("{}{}", switch.base_url(), switch.ping_path());
    Setup::alone()?.with_extension(&format!("heartbeat: {{ url: '{url}', every: {PERIOD:?} }}"))
}

async fn beats(switch: &Standin<Deadman>, so_many: usize) -> anyhow::Result<()> {
    switch.until("heartbeats", LIMIT, |it| (it.pings().len() >= so_many).then_some(())).await
}

/// Scenario: a collector that beats is killed.
/// Guarantee: there was no alarm before, and there is one within two periods.
#[tokio::test]
async fn a_killed_collector_is_missed() -> anyhow::Result<()> {
    let switch = switch().await?;
    let setup = beating(&switch)?;
    let collector = setup.start().await?;
    beats(&switch, 3).await?;
    assert_eq!(switch.alarms(), []);
    collector.kill().await?;
    let killed = Instant::now();
    let alarm = switch.until_alarm(PERIOD * 2).await?;
    assert_eq!(alarm.cause, Cause::Silence);
    assert!(killed.elapsed() <= PERIOD * 2, "{:?}", killed.elapsed());
    Ok(())
}

/// Scenario: a collector that beats is frozen, and thawed later.
/// Guarantee: the switch alarms within two periods, and the alarm ends when it beats again.
#[tokio::test]
async fn a_frozen_collector_is_missed_until_it_is_back() -> anyhow::Result<()> {
    let switch = switch().await?;
    let setup = beating(&switch)?;
    let collector = setup.start().await?;
    beats(&switch, 1).await?;
    collector.signal(Signal::STOP)?;
    switch.until_alarm(PERIOD * 2).await?;
    let before = switch.pings().len();
    collector.signal(Signal::CONT)?;
    beats(&switch, before + 1).await?;
    assert_eq!(switch.alarm(), None);
    collector.stop().await
}

/// Scenario: the switch itself cannot be reached for a while.
/// Guarantee: the collector says so where people look, stays ready, and beats again by itself.
#[tokio::test]
async fn a_heartbeat_that_does_not_arrive_is_told() -> anyhow::Result<()> {
    let switch = switch().await?;
    let setup = beating(&switch)?;
    let collector = setup.start().await?;
    beats(&switch, 1).await?;
    switch.plan(FaultPlan::times(
        Fault::Answer { status: 503, retry_after: None, body: None, after_storing: false },
        0,
    ));
    wait::until("a warning", LIMIT, async || {
        let status = collector.status().await?.collector;
        anyhow::ensure!(
            status.warnings == ["the heartbeat does not arrive: HTTP 503"],
            "{status:?}"
        );
        anyhow::ensure!(status.ready, "{status:?}");
        Ok(())
    })
    .await?;
    switch.clear_faults();
    let before = switch.pings().len();
    beats(&switch, before + 1).await?;
    wait::until("the warning to go", LIMIT, async || {
        let status = collector.status().await?.collector;
        anyhow::ensure!(status.warnings.is_empty(), "{status:?}");
        Ok(())
    })
    .await?;
    collector.stop().await
}

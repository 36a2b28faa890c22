//! The live dashboard in a real browser, against a real collector.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::wait;
use tokio::process::Command;
use tokio::time::timeout;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

const ALL: &[&str] = &["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"];
const WITHOUT_ADMIN: &[&str] = &["POST /api/v1/auth/login"];

fn dashboard() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/web")
}

/// Runs a scenario of `dashboards/web/e2e` to its end.
async fn look(scenario: &str, base: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let folder = dashboard();
    ensure!(
        folder.join("node_modules/playwright-core").is_dir(),
        "playwright-core is missing: run `scripts/setup web chromium`"
    );
    let run = Command::new("node")
        .args(["e2e/run.mjs", scenario, base])
        .args(arguments)
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let run = timeout(LIMIT, run).await.with_context(|| format!("{scenario} does not end"))?;
    let run = run.context("node is not there: run `scripts/setup web`")?;
    let (said, error) =
        (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    ensure!(run.status.success(), "{scenario}: {said}\n{error}");
    Ok(())
}

/// Replaces a version of the service by the next one.
async fn deploy(setup: &Setup, version: u32, routes: &[&str]) -> anyhow::Result<()> {
    let instance = async |version: u32| {
        let (number, id) = (version.to_string(), format!("instance-{version}"));
        Sender::connect(setup.otlp(), "marketedge-api", &number, &id).await
    };
    if version > 1 {
        instance(version - 1).await?.stopping().await?;
    }
    Ok(instance(version).await?.manifest(routes).await?)
}

async fn until(
    collector: &Bellwether,
    component: &str,
    state: bellwether_core::state::ComponentState,
) -> anyhow::Result<()> {
    let what = format!("{component} to be {state}");
    wait::until(&what, LIMIT, async || collector.is(component, state).await.map(drop)).await
}

/// Scenario: nothing has reported; then all is well; then a version without its admin router runs.
/// Guarantee: every page shows that in light and dark and on a phone, with nothing that axe finds,
/// nothing refused by the page's policy, nothing from another host, and nothing that shifts.
#[tokio::test]
async fn every_page_shows_the_story_to_everybody() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    look("empty", collector.base(), &[]).await?;
    deploy(&setup, 1, ALL).await?;
    until(&collector, "admin", Operational).await?;
    until(&collector, "database", Operational).await?;
    look("well", collector.base(), &[]).await?;
    deploy(&setup, 2, WITHOUT_ADMIN).await?;
    until(&collector, "admin", MajorOutage).await?;
    look("outage", collector.base(), &[]).await?;
    collector.stop().await
}

//! What docs/any-language.md says that a shell can say, said by a shell to a collector.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, ensure};
use bellwether_core::facts::StartupOutcome;
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::wait;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const CATALOG: &str = "components:\n  \
    auth: { services: [marketedge-shell], routes: [\"/api/v1/auth/**\"] }\n  \
    admin: { services: [marketedge-shell], routes: [\"/api/v1/admin/**\"] }\n";

/// Returns the page's blocks for a shell, one after the other.
fn script() -> anyhow::Result<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/any-language.md");
    let page = std::fs::read_to_string(page)?;
    let blocks: Vec<&str> =
        page.split("```sh\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    ensure!(blocks.len() == 4, "helpers, requests, checks, routes; found {}", blocks.len());
    Ok(blocks.concat())
}

/// Scenario: a shell runs what the page for other languages shows, against OTLP over HTTP as JSON; then it ends.
/// Guarantee: each step is taken, and says of the component what the page says that it does; the end is announced.
#[tokio::test]
async fn what_the_page_sends_with_curl_is_understood() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, "rules: {}").await?;
    // it goes on after its last line, as a service would, until its standard input is closed
    let script = script()? + "echo all sent\nread -r _ || true\n";
    let mut shell = Command::new("sh")
        .args(["-eu", "-c", &script])
        .env("OTLP", format!("http://{}", collector.otlp_http()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = shell.stdin.take().context("a pipe")?;

    let snapshot = collector.until("admin", MajorOutage).await?;
    ensure!(snapshot.components.iter().any(|it| it.id.as_str() == "auth"), "auth is known");
    let expected = [
        "serves nothing under /api/v1/admin/**, which the catalog declares",
        "answered 2 requests for /api/v1/admin/** with 404 or 405, and no route matched",
        "started degraded: admin router: admin.sh: No such file or directory",
    ];
    let limit = std::time::Duration::from_secs(60);
    wait::until("all three reasons", limit, async || {
        let snapshot = collector.snapshot().await?;
        let admin = snapshot.components.iter().find(|it| it.id.as_str() == "admin");
        let reasons: Vec<_> =
            admin.context("admin")?.reasons.iter().map(|it| it.text.clone()).collect();
        for text in expected {
            ensure!(reasons.iter().any(|it| it.contains(text)), "{text}: {reasons:?}");
        }
        Ok(())
    })
    .await?;
    collector.until("auth", Operational).await?;

    stdin.shutdown().await?;
    drop(stdin);
    let ended = shell.wait_with_output().await?;
    ensure!(ended.status.success(), "{ended:?}");
    let told = String::from_utf8_lossy(&ended.stdout);
    ensure!(
        told.matches("{}").count() == 4,
        "each request is answered with an empty success: {told}"
    );
    wait::until("the end", limit, async || {
        let services = collector.snapshot().await?.services;
        let instance =
            services.iter().flat_map(|it| &it.instances).next().context("an instance")?;
        ensure!(instance.startup == Some(StartupOutcome::Degraded), "{instance:?}");
        ensure!(instance.stopped.is_some(), "it has not said that it stops");
        Ok(())
    })
    .await?;
    collector.stop().await
}

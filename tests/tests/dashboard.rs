//! The live dashboard in a real browser, against a real collector.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::state::ComponentState::{self, MajorOutage, Operational};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::identity::IdentityProvider;
use bellwether_tests::harness::process::{Bellwether, Setup, binary};
use bellwether_tests::harness::releases::{ALL, WITHOUT_ADMIN, instance, release};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use tokio::process::Command;
use tokio::time::timeout;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(600);

const CATALOG: &str = include_str!("../../examples/marketedge/catalog.yaml");

const KEYS: [&str; 2] = ["fake0pagerduty0routing0key000001", "fake0pagerduty0routing0key000002"];

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

async fn until(
    collector: &Bellwether,
    component: &str,
    state: ComponentState,
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
    release(setup.otlp(), 1, ALL).await?;
    until(&collector, "admin", Operational).await?;
    until(&collector, "database", Operational).await?;
    look("well", collector.base(), &[]).await?;
    release(setup.otlp(), 2, WITHOUT_ADMIN).await?;
    until(&collector, "admin", MajorOutage).await?;
    look("outage", collector.base(), &[]).await?;
    collector.stop().await
}

/// Scenario: the socket breaks half-way, and later the collector does not answer at all; a collector
/// cannot see; history cannot be read; answers are slow.
/// Guarantee: the page says so, goes on by asking, keeps what it knew with its age, and is live
/// again as soon as it can be.
#[tokio::test]
async fn the_page_says_what_it_does_not_know() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    release(setup.otlp(), 1, ALL).await?;
    until(&collector, "admin", Operational).await?;
    look("lost", collector.base(), &[]).await?;
    look("trouble", collector.base(), &[]).await?;
    collector.stop().await
}

/// Scenario: the admin panel is gone, and an escalation pages a second key later. Somebody
/// acknowledges on the page, writes what is wrong, resolves it and says that it was real.
/// Guarantee: PagerDuty's alert is acknowledged, the step that was to come is cancelled, and the
/// alert is resolved at the end; only the first key paged.
#[tokio::test]
async fn who_acknowledges_on_the_page_stops_the_escalation() -> anyhow::Result<()> {
    let (pagerduty, collector) = escalating().await?;
    look("work", &format!("http://{}", collector.dashboard()), &[]).await?;
    let over = |it: &Standin<Pagerduty>| {
        it.alerts().iter().all(|it| it.status == AlertStatus::Resolved).then_some(())
    };
    pagerduty.until("the resolve", LIMIT, over).await?;
    assert_eq!(pagerduty.alerts().len(), 1, "one page, by the first key");
    collector.stop().await
}

/// Scenario: the admin panel is gone, and a step of its escalation is an hour away. Somebody sees
/// that on the page, and escalates.
/// Guarantee: the second key pages now, and once; the page tells who escalated and why, and that
/// there is no further step.
#[tokio::test]
async fn who_escalates_on_the_page_pages_the_next_step() -> anyhow::Result<()> {
    let (pagerduty, collector) = escalating().await?;
    look("escalate", &format!("http://{}", collector.dashboard()), &[]).await?;
    pagerduty.until("a second page", LIMIT, |it| (it.alerts().len() == 2).then_some(())).await?;
    collector.stop().await
}

/// The admin panel is gone, one key of PagerDuty paged, and another one pages an hour later.
async fn escalating() -> anyhow::Result<(Standin<Pagerduty>, Collector)> {
    let routing_keys = KEYS.map(str::to_owned).to_vec();
    let pagerduty =
        Pagerduty::start(PagerdutyConfig { routing_keys, ..Default::default() }).await?;
    let (url, [first, second]) = (pagerduty.base_url(), KEYS);
    let more = format!(
        "exporters:\n  pagerduty: {{ routing_key: {first}, endpoint: \"{url}\" }}\n  \
         pagerduty/second: {{ routing_key: {second}, endpoint: \"{url}\" }}\n\
         alerting:\n  routes: [{{ to: [pagerduty], escalate: second }}]\n  \
         escalation: {{ second: [{{ after: 0s, to: [route] }}, {{ after: 1h, to: [pagerduty/second] }}] }}\n"
    );
    let collector = Collector::configured(CATALOG, "rules: {}", &more).await?;
    release(collector.otlp(), 1, ALL).await?;
    release(collector.otlp(), 2, WITHOUT_ADMIN).await?;
    collector.until("admin", MajorOutage).await?;
    pagerduty.until("a page", LIMIT, |it| (!it.alerts().is_empty()).then_some(())).await?;
    Ok((pagerduty, collector))
}

/// Scenario: requests to the admin panel fail, each as a part of a trace, and the configuration says
/// where single traces are looked at.
/// Guarantee: the incident and the rule link to the trace that shows it.
#[tokio::test]
async fn an_incident_links_to_a_trace_that_shows_it() -> anyhow::Result<()> {
    let links = "trace_links: [{ name: Jaeger, url: \"http://127.0.0.1:16686/trace/{trace}\" }]";
    let collector = Collector::answering(CATALOG, links, "{}").await?;
    release(collector.otlp(), 1, ALL).await?;
    collector.until("admin", Operational).await?;
    let service = instance(collector.otlp(), 1).await?;
    for _ in 0..20 {
        service.served("/api/v1/admin/dashboard", Some("/api/v1/admin/dashboard"), 500).await?;
    }
    collector.until("admin", MajorOutage).await?;
    look("traced", &format!("http://{}", collector.dashboard()), &[&"01".repeat(16)]).await?;
    collector.stop().await
}

/// Scenario: a collector asks for tokens. Somebody opens a page without one, with a wrong one, as a
/// viewer, and as an operator.
/// Guarantee: nobody sees anything without a token, no script reads it, and who may only look
/// cannot act.
#[tokio::test]
async fn who_has_no_token_sees_nothing_and_viewers_cannot_act() -> anyhow::Result<()> {
    let setup = Setup::alone()?.asking_for_tokens()?;
    let collector = setup.start().await?;
    let mut tokens = Vec::new();
    for role in ["viewer", "operator"] {
        let made = Command::new(binary("bellwether")?)
            .args(["token", "create", "--role", role, "--name", role, "--storage"])
            .arg(setup.data())
            .output()
            .await?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        tokens.push(String::from_utf8(made.stdout)?.trim().to_owned());
    }
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    look("tokens", collector.base(), &tokens).await?;
    collector.stop().await
}

/// Scenario: people sign in by an identity provider. A viewer does, signs out, and somebody without a
/// role tries, in Chromium.
/// Guarantee: the page leads there, back to where it was, and out again, with nothing that axe finds;
/// no script reads the session, and who has no role is told why.
#[tokio::test]
async fn people_sign_in_by_an_identity_provider() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let provider = IdentityProvider::start(setup.dashboard()).await?;
    let auth = provider.auth(setup.dashboard(), "");
    let setup = setup.with_auth(&auth)?;
    let collector = setup.start().await?;
    look("provider", collector.base(), &[provider.issuer()]).await?;
    collector.stop().await
}

//! Who is told by a policy, and what people do about it: with sockets, a database, and the command
//! line as people use it.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::http;
use bellwether_tests::harness::process::binary;
use bellwether_tests::harness::releases::{admin_returns, admin_vanishes};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::slack::{Slack, SlackConfig};
use bellwether_tests::standins::statuspage::{IncidentStatus, Statuspage, StatuspageConfig};
use ring::hmac;
use tokio::process::Command;

const CATALOG: &str = include_str!("../../examples/marketedge/catalog.yaml");

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

const KEYS: [&str; 2] = ["fake0pagerduty0routing0key000001", "fake0pagerduty0routing0key000002"];

/// A collector that pages the second key of PagerDuty this long after the first.
async fn escalating(after: &str) -> anyhow::Result<(Standin<Pagerduty>, Collector)> {
    let routing_keys = KEYS.map(str::to_owned).to_vec();
    let pagerduty =
        Pagerduty::start(PagerdutyConfig { routing_keys, ..Default::default() }).await?;
    let (url, [first, second]) = (pagerduty.base_url(), KEYS);
    let more = format!(
        "exporters:\n  pagerduty: {{ routing_key: {first}, endpoint: \"{url}\" }}\n  \
         pagerduty/second: {{ routing_key: {second}, endpoint: \"{url}\" }}\n\
         alerting:\n  routes: [{{ when: 'component == \"admin\"', to: [pagerduty], escalate: second }}]\n  \
         escalation: {{ second: [{{ after: 0s, to: [route] }}, {{ after: {after}, to: [pagerduty/second] }}] }}\n"
    );
    Ok((pagerduty, Collector::configured(CATALOG, "rules: {}", &more).await?))
}

/// Runs the command line against a collector, and returns what it prints.
async fn bellwether(collector: &Collector, arguments: &[&str]) -> anyhow::Result<String> {
    let url = format!("http://{}", collector.dashboard());
    let output = Command::new(binary("bellwether")?)
        .args(arguments)
        .args(["--url", &url])
        .env_remove("BELLWETHER_TOKEN_FILE")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {said}{error}");
    Ok(said)
}

/// Scenario: the admin panel is gone, and nobody acknowledges.
/// Guarantee: the second key pages after its time, each key once; both are resolved at the end.
#[tokio::test]
async fn what_nobody_acknowledges_is_escalated() -> anyhow::Result<()> {
    let (pagerduty, collector) = escalating("2s").await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    let both = |it: &Standin<Pagerduty>| (it.alerts().len() == 2).then_some(());
    pagerduty.until("a page by each key", LIMIT, both).await?;
    let alerts = pagerduty.alerts();
    assert_eq!(alerts[0].dedup_key, alerts[1].dedup_key, "one incident");
    admin_returns(collector.otlp()).await?;
    collector.until("admin", Operational).await?;
    let over = |it: &Standin<Pagerduty>| {
        it.alerts().iter().all(|it| it.status == AlertStatus::Resolved).then_some(())
    };
    pagerduty.until("both to be resolved", LIMIT, over).await?;
    assert_eq!(pagerduty.alerts().len(), 2, "each paged once");
    collector.stop().await
}

/// Scenario: the admin panel is gone. Somebody looks at incidents from the command line,
/// acknowledges, notes why, and silences the component; the collector starts anew; the panel comes
/// back.
/// Guarantee: PagerDuty's alert is acknowledged, and resolved at the end; no other key pages; the
/// acknowledgement, the note, the silence and every decision survive the restart and can be read.
#[tokio::test]
async fn who_acknowledges_from_the_command_line_stops_the_escalation() -> anyhow::Result<()> {
    let (pagerduty, collector) = escalating("1h").await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    pagerduty.until("a page", LIMIT, |it| (!it.alerts().is_empty()).then_some(())).await?;
    let id = collector.snapshot().await?.incidents[0].id.to_string();
    let open = bellwether(&collector, &["incidents"]).await?;
    assert!(open.contains(&id) && open.contains("nobody works on it"), "{open}");
    let ack = ["ack", &id, "--by", "ann", "--for", "2h", "--note", "the router is not mounted"];
    let said = bellwether(&collector, &ack).await?;
    assert!(said.contains("acknowledged by ann"), "{said}");
    let acknowledged = |it: &Standin<Pagerduty>| {
        (it.alerts()[0].status == AlertStatus::Acknowledged).then_some(())
    };
    pagerduty.until("the acknowledgement", LIMIT, acknowledged).await?;
    let said = bellwether(&collector, &["incidents", "assign", &id, "bob", "--by", "ann"]).await?;
    assert!(said.ends_with("given to bob\n"), "{said}");
    let silence =
        ["silence", "--component", "auth", "--for", "1h", "--reason", "the move", "--by", "ann"];
    let said = bellwether(&collector, &silence).await?;
    assert!(said.starts_with("sil-") && said.contains("the move"), "{said}");

    let collector = collector.restart().await?;
    let incident = wait::until("the incident", LIMIT, async || {
        let open = collector.snapshot().await?.incidents;
        ensure!(open.len() == 1, "{} are open", open.len());
        Ok(open[0].clone())
    })
    .await?;
    assert_eq!(incident.response.owner.as_deref(), Some("bob"));
    assert_eq!(incident.response.notes[0].text, "the router is not mounted");
    assert!(bellwether(&collector, &["silence", "--list"]).await?.contains("component auth"));
    let told = bellwether(&collector, &["incidents", &id]).await?;
    for decision in ["pagerduty told: step 1 of second", "everybody cancelled: acknowledged by ann"]
    {
        assert!(told.contains(decision), "{decision}: {told}");
    }
    admin_returns(collector.otlp()).await?;
    collector.until("admin", Operational).await?;
    let over = |it: &Standin<Pagerduty>| {
        it.alerts().iter().all(|it| it.status == AlertStatus::Resolved).then_some(())
    };
    pagerduty.until("the resolve", LIMIT, over).await?;
    assert_eq!(pagerduty.alerts().len(), 1, "one page, by the first key");
    // what it was can be said afterwards, too
    let late = ["ack", &id, "--by", "ann"];
    assert!(bellwether(&collector, &late).await.is_err(), "it is over");
    collector.stop().await
}

/// Scenario: the admin panel is gone, and somebody acknowledges. It is more than they can mend, and
/// from the command line they see who is next, and escalate.
/// Guarantee: the second key pages now though its time is an hour away and the first is acknowledged;
/// who did it and why is in the timeline, the decisions and the audit.
#[tokio::test]
async fn who_escalates_from_the_command_line_pages_the_next_step() -> anyhow::Result<()> {
    let (pagerduty, collector) = escalating("1h").await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    pagerduty.until("a page", LIMIT, |it| (!it.alerts().is_empty()).then_some(())).await?;
    let id = collector.snapshot().await?.incidents[0].id.to_string();
    bellwether(&collector, &["ack", &id, "--by", "ann"]).await?;
    wait::until("the step to be stopped", LIMIT, async || {
        let told = bellwether(&collector, &["incidents", &id]).await?;
        let stopped = "step 2 of second: pagerduty/second: stopped: acknowledged by ann";
        ensure!(told.contains(stopped), "{told}");
        Ok(())
    })
    .await?;
    let escalate = ["incidents", "escalate", &id, "--by", "ann", "--reason", "I cannot get in"];
    let said = bellwether(&collector, &escalate).await?;
    let line = "escalated to step 2 of second by ann: I cannot get in";
    assert!(said.trim_end().ends_with(line), "{said}");
    let both = |it: &Standin<Pagerduty>| (it.alerts().len() == 2).then_some(());
    pagerduty.until("a page by the second key", LIMIT, both).await?;
    let incident = wait::until("the acknowledgement to be over", LIMIT, async || {
        let incident = collector.snapshot().await?.incidents.remove(0);
        ensure!(incident.response.acknowledged.is_none(), "it is still acknowledged");
        Ok(incident)
    })
    .await?;
    assert!(incident.timeline.iter().any(|it| it.text == line), "{:?}", incident.timeline);
    let told = bellwether(&collector, &["incidents", &id]).await?;
    assert!(told.contains(&format!("pagerduty/second told: {line}")), "{told}");
    let again = bellwether(&collector, &escalate).await.unwrap_err().to_string();
    assert!(again.contains("every step was taken"), "{again}");
    let here = format!("http://{}/api/v1/audit", collector.dashboard());
    let audit: serde_json::Value =
        serde_json::from_str(&http::client()?.get(here).send().await?.text().await?)?;
    let entries = audit["audit"].as_array().context("no audit")?;
    let escalated = entries.iter().filter(|it| it["act"] == "POST /api/v1/incidents/{id}/escalate");
    let outcomes: Vec<_> = escalated.map(|it| it["outcome"].as_str().unwrap_or_default()).collect();
    assert_eq!(outcomes, ["refused", "done"]);
    collector.stop().await
}

/// A channel of Slack that hears of the admin panel, with links to the collector.
async fn in_slack() -> anyhow::Result<(Standin<Slack>, Collector)> {
    let slack = Slack::start(SlackConfig::default()).await?;
    let (url, path) = (slack.base_url(), slack.webhook_path());
    let more = format!(
        "exporters:\n  slack/room: {{ webhook_url: \"{url}{path}\", external_url: \"{OUTSIDE}\" }}\n\
         alerting: {{ routes: [{{ to: [slack/room] }}] }}\n"
    );
    let collector = Collector::configured(CATALOG, "rules: {}", &more).await?;
    Ok((slack, collector))
}

/// Where links lead, for whoever is told.
const OUTSIDE: &str = "https://health.example";

/// Scenario: the admin panel is gone, and Slack hears of it. A program follows every link of the
/// message; then somebody presses the button of one, without a token and from a page that says
/// nothing of itself.
/// Guarantee: the program changes nothing; the button acknowledges in the name of the channel, Slack
/// hears that, and the audit tells who it was, and nothing that could be used again.
#[tokio::test]
async fn who_follows_a_link_in_a_message_acknowledges() -> anyhow::Result<()> {
    let (slack, collector) = in_slack().await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    let told = |it: &Standin<Slack>| it.messages().first().map(|it| it.blocks.clone());
    let blocks = slack.until("a message", LIMIT, told).await?;
    let links = blocks.to_string();
    let links = links.split('"').filter_map(|it| it.strip_prefix(OUTSIDE)).collect::<Vec<_>>();
    let here = format!("http://{}", collector.dashboard());
    let client = http::client()?;
    for link in &links {
        let answer = client.get(format!("{here}{link}")).send().await?;
        ensure!(answer.status().is_success(), "{link}: {answer:?}");
    }
    ensure!(collector.snapshot().await?.incidents[0].response.acknowledged.is_none());
    let link = links.iter().find(|it| it.starts_with("/links/acknowledge/"));
    let link = *link.context("no link to acknowledge by")?;
    let answer = client.post(format!("{here}{link}")).header("origin", "null").send().await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    ensure!(answer.text().await?.contains("slack/room"));
    let known = |it: &Standin<Slack>| {
        it.messages().iter().any(|it| it.text.starts_with("Acknowledged")).then_some(())
    };
    slack.until("the acknowledgement", LIMIT, known).await?;
    let audit = client.get(format!("{here}/api/v1/audit")).send().await?.text().await?;
    let entry: serde_json::Value = serde_json::from_str(&audit)?;
    let entry = &entry["audit"][0];
    assert_eq!((&entry["by"], &entry["outcome"]), (&"slack/room".into(), &"done".into()));
    let proof = link.split_once("proof=").context("no proof")?.1;
    assert!(!audit.contains(proof), "{audit}");
    collector.stop().await
}

/// Scenario: PagerDuty pages for the admin panel, and whoever is on call acknowledges there.
/// Guarantee: the incident is acknowledged here in that person's name, so that no other key pages.
#[tokio::test]
async fn who_acknowledges_in_pagerduty_is_heard() -> anyhow::Result<()> {
    const SECRET: &str = "fake-pagerduty-webhook-secret";
    let pagerduty = Pagerduty::start(PagerdutyConfig::default()).await?;
    let (url, key) = (pagerduty.base_url(), KEYS[0]);
    let exporters = format!("{{ pagerduty: {{ routing_key: {key}, endpoint: \"{url}\" }} }}");
    let webhooks = format!("pagerduty: {{ webhook_secret: {SECRET} }}");
    let collector = Collector::answering(CATALOG, &webhooks, &exporters).await?;
    admin_vanishes(collector.otlp()).await?;
    let paged = |it: &Standin<Pagerduty>| it.alerts().first().map(|it| it.dedup_key.clone());
    let id = pagerduty.until("a page", LIMIT, paged).await?;
    let agent = serde_json::json!({ "type": "user_reference", "summary": "Ann Other" });
    let body = serde_json::json!({ "event": {
        "event_type": "incident.acknowledged", "occurred_at": jiff::Timestamp::now().to_string(),
        "agent": agent, "data": { "incident_key": id },
    } })
    .to_string();
    let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
    let hex: String = signed.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    let answer = http::client()?
        .post(format!("http://{}/webhooks/pagerduty", collector.dashboard()))
        .header("x-pagerduty-signature", format!("v1={hex}"))
        .body(body)
        .send()
        .await?;
    ensure!(answer.status() == 200, "{answer:?}");
    let acknowledged = |it: &Standin<Pagerduty>| {
        (it.alerts()[0].status == AlertStatus::Acknowledged).then_some(())
    };
    pagerduty.until("the acknowledgement", LIMIT, acknowledged).await?;
    let owner = wait::until("the owner", LIMIT, async || {
        let open = collector.snapshot().await?.incidents;
        open.first().and_then(|it| it.response.owner.clone()).context("nobody's")
    })
    .await?;
    assert_eq!(owner, "Ann Other");
    collector.stop().await
}

/// Scenario: the page opens no incident before a person has it published. The admin panel is gone;
/// somebody reads what customers would, and has it published through the API under a headline of
/// their own; the panel comes back.
/// Guarantee: until then the page has no incident and nobody a mail; then it has one, with that
/// headline and the drafted text; who did it stands in the incident and in the audit; the page
/// has it resolved at the end, and no other.
#[tokio::test]
async fn what_a_person_has_published_is_on_the_page_and_nothing_before() -> anyhow::Result<()> {
    let page = Statuspage::start(StatuspageConfig::with_components(&["admin"])).await?;
    let StatuspageConfig { api_key, page_id, .. } = StatuspageConfig::default();
    let (url, theirs) = (page.base_url(), StatuspageConfig::component_id("admin"));
    let more = format!(
        "exporters: {{ statuspage: {{ api_key: {api_key}, page_id: {page_id}, endpoint: \"{url}\", \
         components: {{ admin: {theirs} }}, incidents: draft, hold: {{ open: 0s, resolve: 0s }} }} }}\n"
    );
    let collector = Collector::configured(CATALOG, "rules: {}", &more).await?;
    admin_vanishes(collector.otlp()).await?;
    let incidents = collector.until("admin", MajorOutage).await?.incidents;
    let id = &incidents.first().context("no incident")?.id;
    let here = format!("http://{}/api/v1", collector.dashboard());
    let client = http::client()?;
    let read = async |path: &str| -> anyhow::Result<serde_json::Value> {
        let answer = client.get(format!("{here}{path}")).send().await?.error_for_status()?;
        Ok(serde_json::from_str(&answer.text().await?)?)
    };
    // the state of the component does not wait for a person, and tells that the page was reached
    let red = |it: &Standin<Statuspage>| (it.states_of("admin").len() == 2).then_some(());
    page.until("the component to be red", LIMIT, red).await?;
    let drafts = read(&format!("/incidents/{id}/drafts")).await?;
    let draft = &drafts["drafts"][0];
    let text = draft["text"].as_str().context("no draft")?;
    assert_eq!((page.incidents().len(), page.mails().len()), (0, 0), "{drafts}");

    let body = serde_json::json!({ "by": "ann", "headline": "We are on it" }).to_string();
    let publish = client.post(format!("{here}/incidents/{id}/publish"));
    let answer = publish.header("content-type", "application/json").body(body).send().await?;
    ensure!(answer.status() == 200, "{answer:?}");
    let first = |it: &Standin<Statuspage>| it.incidents().first().cloned();
    let shown = page.until("the incident on the page", LIMIT, first).await?;
    assert_eq!((shown.name.as_str(), shown.incident_updates.len()), ("We are on it", 1));
    assert_eq!(shown.incident_updates[0].body, text, "as drafted");
    assert_eq!(page.mails().len(), 1);
    let by = wait::until("who published it", LIMIT, async || {
        let open = collector.snapshot().await?.incidents;
        let published = open.first().and_then(|it| it.response.published.clone());
        Ok(published.context("nobody")?.by)
    })
    .await?;
    assert_eq!(by, "ann");
    let audit = read("/audit").await?;
    let entry = &audit["audit"][0];
    let said = (&entry["act"], &entry["by"], &entry["outcome"]);
    let act = "POST /api/v1/incidents/{id}/publish";
    assert_eq!(said, (&act.into(), &"ann".into(), &"done".into()));

    admin_returns(collector.otlp()).await?;
    collector.until("admin", Operational).await?;
    let over = |it: &Standin<Statuspage>| {
        (it.incidents()[0].status == IncidentStatus::Resolved).then_some(())
    };
    page.until("the page to have it resolved", LIMIT, over).await?;
    assert_eq!(page.incidents().len(), 1);
    collector.stop().await
}

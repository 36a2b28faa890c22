//! The collector about itself: what it counts is true, others can read it, and it is sent like
//! any other telemetry.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::state::ComponentState;
use bellwether_tests::harness::http;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Bellwether, Setup, Signal, reserve};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::newrelic::{NewRelic, NewRelicConfig};
use bellwether_tests::standins::otlp::{LogRecord, MetricKind, MetricPoint, Span, Temporality};
use serde_json::Value;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

async fn vendor() -> anyhow::Result<Standin<NewRelic>> {
    Ok(NewRelic::start(NewRelicConfig { license_key: "key".to_owned(), account_id: 1 }).await?)
}

fn leading_to(name: &str, url: &str) -> String {
    format!("otlphttp/{name}: {{ endpoint: '{url}', headers: {{ api-key: key }} }}")
}

fn add(setup: &Setup, text: &str) -> anyhow::Result<()> {
    let before = std::fs::read_to_string(setup.config())?;
    Ok(std::fs::write(setup.config(), format!("{before}{text}"))?)
}

async fn get(collector: &Bellwether, path: &str) -> anyhow::Result<(u16, String)> {
    let response = http::client()?.get(format!("{}{path}", collector.base())).send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

/// The samples of a text by what stands before the value.
async fn samples(collector: &Bellwether) -> anyhow::Result<BTreeMap<String, f64>> {
    let (_, text) = get(collector, "/metrics").await?;
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').context("a name and a value")?;
            Ok((name.to_owned(), value.parse()?))
        })
        .collect()
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Has Prometheus's own tool read and judge an exposition.
fn judge(text: &str) -> anyhow::Result<()> {
    let promtool = project().join(".cache/promtool/promtool");
    ensure!(promtool.is_file(), "promtool is missing: run `scripts/setup promtool`");
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("a pipe")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success() && told.is_empty(), "{told}\n{text}");
    Ok(())
}

/// Scenario: one destination takes what it is sent, another is down. Requests are taken, and one
/// that is broken is not.
/// Guarantee: Prometheus's own tool has nothing to say against `/metrics`; the numbers are those
/// of what happened, by receiver and by destination; `/status` tells which part is unwell, since
/// when, why, and what waits; the collector stays ready.
#[tokio::test]
async fn what_happened_is_counted_and_every_part_says_how_it_is() -> anyhow::Result<()> {
    let up = vendor().await?;
    let down = format!("http://{}", reserve()?);
    let exporters =
        format!("{{ {}, {} }}", leading_to("up", &up.base_url()), leading_to("down", &down));
    let setup = Setup::leading_to(&exporters)?;
    add(&setup, "service: { shutdown_timeout: 2s }\n")?;
    let collector = setup.start().await?;
    let sender = Sender::connect(setup.otlp(), "marketedge-api", "1", "instance-1").await?;
    for _ in 0..3 {
        sender.served("/health", Some("/health"), 200).await?;
    }
    let broken = http::client()?.post(format!("http://{}/v1/logs", setup.otlp_http()));
    let broken = broken.header("content-type", "application/x-protobuf").body("no").send().await?;
    assert_eq!(broken.status(), 400);

    let grpc = "receiver=\"otlp/grpc\",signal=\"traces\"";
    let stream = |name: &str| format!("destination=\"otlphttp/{name}\",stream=\"signals\"");
    let (up, down) = (stream("up"), stream("down"));
    let seen = wait::until("the counts", LIMIT, async || {
        let seen = samples(&collector).await?;
        let is = |name: String, wanted: f64| {
            let found = seen.get(&name);
            ensure!(found == Some(&wanted), "{name} is {found:?}, not {wanted}: {seen:#?}");
            Ok(())
        };
        is(format!("collector_receiver_accepted_requests_total{{{grpc}}}"), 3.0)?;
        is(format!("collector_receiver_accepted_items_total{{{grpc}}}"), 3.0)?;
        let refused = "receiver=\"otlp/http\",signal=\"logs\",reason=\"malformed\"";
        is(format!("collector_receiver_refused_requests_total{{{refused}}}"), 1.0)?;
        is(format!("collector_destination_accepted_requests_total{{{up}}}"), 3.0)?;
        is(format!("collector_destination_sent_items_total{{{up}}}"), 3.0)?;
        is(format!("collector_destination_queued_requests{{{up}}}"), 0.0)?;
        is(format!("collector_destination_healthy{{{up}}}"), 1.0)?;
        is(format!("collector_destination_sent_requests_total{{{down}}}"), 0.0)?;
        is(format!("collector_destination_queued_requests{{{down}}}"), 3.0)?;
        is(format!("collector_destination_queued_items{{{down}}}"), 3.0)?;
        is(format!("collector_destination_healthy{{{down}}}"), 0.0)?;
        is("collector_ready".to_owned(), 1.0)?;
        Ok(seen)
    })
    .await?;
    for name in ["queued_age_seconds", "failing_duration_seconds", "queued_size_bytes"] {
        let name = format!("collector_destination_{name}{{{down}}}");
        assert!(seen.get(&name).is_some_and(|it| *it > 0.0), "{name}: {seen:#?}");
    }
    assert!(seen["health_evaluation_duration_seconds_count"] > 0.0);
    assert!(seen["process_memory_usage_bytes"] > 1e6);
    judge(&get(&collector, "/metrics").await?.1)?;

    // it shows what stood at the newest evaluation
    let status = wait::until("the status", LIMIT, async || {
        let (code, text) = get(&collector, "/status").await?;
        let status: Value = serde_json::from_str(&text)?;
        ensure!(code == 200 && status["healthy"] == false, "{code}: {status:#}");
        let waits = &status["components"]["exporter:otlphttp/down"]["components"]["signals"];
        ensure!(waits["queue"]["requests"] == 3, "{status:#}");
        Ok(status)
    })
    .await?;
    let part = |name: &str| &status["components"][name];
    for well in ["receiver:otlp/grpc", "processor:health", "extension:storage", "configuration"] {
        assert_eq!(part(well)["status"], "StatusOK", "{status:#}");
    }
    assert_eq!(part("exporter:otlphttp/up")["healthy"], true, "{status:#}");
    let down = &part("exporter:otlphttp/down")["components"]["signals"];
    assert_eq!(down["status"], "StatusRecoverableError", "{status:#}");
    assert!(down["error"].as_str().is_some_and(|it| !it.is_empty()), "{status:#}");
    assert!(down["status_time"].as_str() > status["start_time"].as_str(), "{status:#}");
    assert!(down["queue"]["age_seconds"].as_f64() > Some(0.0), "{status:#}");
    collector.stop().await
}

/// Scenario: a pipeline begins to take from `self` while the collector runs, and stops again.
/// Guarantee: what the collector says arrives, and then no more of it, without a restart.
#[tokio::test]
async fn it_can_be_turned_on_and_off_while_the_collector_runs() -> anyhow::Result<()> {
    let vendor = vendor().await?;
    let exporters = format!("{{ {} }}", leading_to("vendor", &vendor.base_url()));
    let setup = Setup::leading_to(&exporters)?;
    let before = std::fs::read_to_string(setup.config())?;
    let collector = setup.start().await?;
    let after = before.replace("receivers: { ", "receivers: { self: { collection_interval: 1s }, ");
    std::fs::write(setup.config(), after)?;
    collector.signal(Signal::HUP)?;
    let uptimes =
        |it: &NewRelic| it.metric_points().iter().filter(|it| it.name == "process.uptime").count();
    vendor.until("metrics", LIMIT, |it| (uptimes(it) >= 2).then_some(())).await?;
    std::fs::write(setup.config(), before)?;
    collector.signal(Signal::HUP)?;
    wait::until("the change", LIMIT, async || {
        let changes = collector.tail().matches("receiver self changed").count();
        ensure!(changes == 2, "{}", collector.tail());
        Ok(())
    })
    .await?;
    let sent = samples(&collector).await?;
    let stream = "destination=\"otlphttp/vendor\",stream=\"signals\"";
    let accepted = format!("collector_destination_accepted_requests_total{{{stream}}}");
    let evaluations = sent["health_evaluation_duration_seconds_count"];
    // two evaluations later, a second has passed for sure
    let later = wait::until("time to pass", LIMIT, async || {
        let now = samples(&collector).await?;
        ensure!(now["health_evaluation_duration_seconds_count"] >= evaluations + 3.0, "not yet");
        Ok(now)
    })
    .await?;
    assert_eq!(later[&accepted], sent[&accepted]);
    collector.stop().await
}

/// Returns the newest point of a metric whose attributes hold all of these.
fn newest(points: &[MetricPoint], name: &str, attributes: &[(&str, &str)]) -> Option<MetricPoint> {
    let fits = |it: &&MetricPoint| {
        let has = |(key, value): &(&str, &str)| it.attributes.get(*key) == Some(&(*value).into());
        it.name == name && attributes.iter().all(has)
    };
    points.iter().filter(fits).max_by_key(|it| it.time_unix_nano).cloned()
}

/// Scenario: pipelines take from `self`. A component of the story goes out, and comes back.
/// Guarantee: what is at risk, the components' health and the health score arrive at the
/// destination as metrics; the outage, the incident and its end as events; how it was found as the
/// root of a trace that bears the incident. None of it counts as evidence of the component.
#[tokio::test]
async fn what_the_collector_knows_is_sent_like_any_other_telemetry() -> anyhow::Result<()> {
    let vendor = vendor().await?;
    let exporters = format!("{{ {} }}", leading_to("vendor", &vendor.base_url()));
    let setup = Setup::leading_to(&exporters)?;
    let pipeline =
        "{ receivers: [otlp, self], processors: [health], exporters: [otlphttp/vendor] }";
    add(
        &setup,
        &format!(
            "service: {{ pipelines: {{ traces: {pipeline}, metrics: {pipeline}, logs: {pipeline} }} }}\n"
        ),
    )?;
    let config = std::fs::read_to_string(setup.config())?;
    let config =
        config.replace("receivers: { ", "receivers: { self: { collection_interval: 1s }, ");
    std::fs::write(setup.config(), config)?;
    let collector = setup.start().await?;
    let sender = Sender::connect(setup.otlp(), "marketedge-api", "1", "instance-1").await?;
    sender.manifest(&["GET /health"]).await?;
    let (incident, unwell) = wait::until("the outage", LIMIT, async || {
        let incident = collector.open_incident().await?;
        let status = collector.status().await?;
        let unwell =
            status.components.iter().find(|it| it.effective == ComponentState::MajorOutage);
        Ok((incident, unwell.context("a component that is out")?.id.to_string()))
    })
    .await?;

    let component = [("business.component", unwell.as_str())];
    let points = vendor
        .until("metrics", LIMIT, |it| {
            let points = it.metric_points();
            newest(&points, "component.health", &component)
                .is_some_and(|it| it.value == 3.0)
                .then_some(points)
        })
        .await?;
    assert!(points.iter().all(|it| it.service == "bellwether"), "{points:#?}");
    let opportunity = [("business.opportunity", "zebra-cinema"), ("business.currency", "GBP")];
    let at_risk = newest(&points, "business.revenue_at_risk", &opportunity);
    let at_risk = at_risk.context("revenue at risk")?;
    assert_eq!((at_risk.value, at_risk.unit.as_str()), (925_000.0, "{GBP}"), "{at_risk:?}");
    let score = newest(&points, "business.health_score", &[]).context("a health score")?;
    assert!(score.value < 100.0, "{score:?}");
    let received =
        newest(&points, "collector.receiver.accepted.requests", &[("receiver", "otlp/grpc")]);
    let received = received.context("counts of the receiver")?;
    assert_eq!(received.kind, MetricKind::MonotonicSum);
    assert_eq!(received.temporality, Temporality::Cumulative);

    let named = |logs: &[LogRecord], name: &str| {
        logs.iter().find(|it| it.event_name == name).cloned().with_context(|| name.to_owned())
    };
    let logs = vendor
        .until("events", LIMIT, |it| {
            it.event_names().contains("incident.opened").then(|| it.logs())
        })
        .await?;
    let changed = named(&logs, "component.state_changed")?;
    assert_eq!(changed.attributes["component.state"], "major_outage", "{changed:?}");
    let opened = named(&logs, "incident.opened")?;
    assert_eq!(opened.attributes["incident.id"], incident.id.as_str(), "{opened:?}");
    let at_risk = incident.impact.revenue_at_risk[0].amount.as_str();
    assert_eq!(opened.attributes["business.revenue_at_risk"], at_risk, "{opened:?}");
    let detected = |spans: Vec<Span>| spans.into_iter().find(|it| it.name == "health.detection");
    let found = vendor.until("a span", LIMIT, |it| detected(it.spans())).await?;
    assert_eq!(found.attributes["incident.id"], incident.id.as_str(), "{found:?}");
    assert_eq!(found.parent_span_id, "", "{found:?}");

    // nothing that the collector says is a service of the catalog
    let services = collector.status().await?.services;
    assert!(services.iter().all(|it| it.name.as_str() != "bellwether"), "{services:?}");
    collector.stop().await?;
    // what was left at the stop went with it
    let last = newest(&vendor.metric_points(), "process.uptime", &[]).context("an uptime")?;
    assert!(last.value > 0.0);
    Ok(())
}

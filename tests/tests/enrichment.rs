//! What becomes of signals on their way through pipelines, at the collector's edge: OTLP in over a
//! socket, OTLP out to stock servers.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use bellwether_core::state::ComponentState::MajorOutage;
use bellwether_tests::harness::backend::Backend;
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::wait;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

const CATALOG: &str = include_str!("../../examples/marketedge/catalog.yaml");

/// Returns the texts among the attributes of the newest span that a backend was sent.
async fn newest_span(backend: &Backend) -> anyhow::Result<BTreeMap<String, String>> {
    wait::until("a span to arrive", Duration::from_secs(20), async || {
        let mut received = backend.received();
        let mut request = received.traces.pop().context("nothing came")?;
        let mut resource = request.resource_spans.pop().context("no resource")?;
        let mut scope = resource.scope_spans.pop().context("no scope")?;
        let span = scope.spans.pop().context("no span")?;
        let texts = span.attributes.into_iter().filter_map(|it| match it.value?.value? {
            Value::StringValue(text) => Some((it.key, text)),
            _ => None,
        });
        Ok(texts.collect())
    })
    .await
}

/// Scenario: a service without its admin router, on which a deal hangs, answers a request for it.
/// One pipeline has `health` and leads to one backend, another has nothing and leads to another.
/// Guarantee: the first backend is told whose the span is, how that component is, and what is at
/// risk; the second gets the span as it was sent.
#[tokio::test]
async fn a_span_carries_what_hangs_on_it() -> anyhow::Result<()> {
    let (rich, plain) = (Backend::start().await?, Backend::start().await?);
    let exporters = format!(
        "exporters:\n  otlp/rich: {{ endpoint: \"{}\", tls: {{ insecure: true }} }}\n  \
         otlp/plain: {{ endpoint: \"{}\", tls: {{ insecure: true }} }}\n\
         service:\n  pipelines:\n    \
         traces: {{ receivers: [otlp], processors: [health], exporters: [otlp/rich] }}\n    \
         traces/plain: {{ receivers: [otlp], exporters: [otlp/plain] }}\n    \
         logs: {{ receivers: [otlp], processors: [health], exporters: [] }}\n",
        rich.address(),
        plain.address(),
    );
    let collector = Collector::configured(CATALOG, "rules: {}", &exporters).await?;
    let sender = Sender::connect(collector.otlp(), "marketedge-api", "1", "a").await?;
    sender.manifest(&["POST /api/v1/auth/login"]).await?;
    collector.until("admin", MajorOutage).await?;
    sender.served("/api/v1/admin/dashboard", None, 404).await?;

    let sent = newest_span(&plain).await?;
    let names: Vec<&str> = sent.keys().map(String::as_str).collect();
    assert_eq!(names, ["http.request.method", "url.path"]);
    let mut told = newest_span(&rich).await?;
    told.retain(|key, _| !sent.contains_key(key));
    let told: Vec<(&str, &str)> = told.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected = [
        ("business.component", "admin"),
        ("business.currency", "GBP"),
        ("business.revenue_at_risk", "925000"),
        ("component.state", "major_outage"),
        ("service.criticality", "high"),
    ];
    assert_eq!(told, expected);
    collector.stop().await
}

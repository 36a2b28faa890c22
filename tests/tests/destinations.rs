//! What arrives at an OTLP backend is what was sent: each signal, each compression, with TLS.

use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::authority::Authority;
use bellwether_tests::harness::backend::{Backend, Received};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::wait;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::metrics::v1::{
    Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use tonic::transport::{Channel, Identity, ServerTlsConfig};

/// Longest wait for what was sent, on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

fn value(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

/// Returns attributes of several kinds of values.
fn attributes(of: &str) -> Vec<KeyValue> {
    let values = vec![
        AnyValue { value: Some(Value::BoolValue(true)) },
        AnyValue { value: Some(Value::DoubleValue(0.5)) },
    ];
    [
        ("of", Value::StringValue(of.to_owned())),
        ("number", Value::IntValue(-7)),
        ("list", Value::ArrayValue(ArrayValue { values })),
        ("bytes", Value::BytesValue(vec![0, 255])),
    ]
    .map(|(key, it)| KeyValue { key: key.to_owned(), value: value(it), ..KeyValue::default() })
    .into()
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: attributes("resource"), ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: "scope".to_owned(), ..InstrumentationScope::default() })
}

fn traces() -> ExportTraceServiceRequest {
    let span = |number: u8| Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        name: format!("span {number}"),
        attributes: attributes("span"),
        status: Some(Status { message: "odd".to_owned(), code: 2 }),
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        ..Span::default()
    };
    let spans = (1..=200).map(span).collect();
    let scope_spans = vec![ScopeSpans { scope: scope(), spans, ..ScopeSpans::default() }];
    let resource_spans =
        vec![ResourceSpans { resource: resource(), scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

fn metrics() -> ExportMetricsServiceRequest {
    let point = NumberDataPoint {
        attributes: attributes("point"),
        time_unix_nano: 3,
        value: Some(number_data_point::Value::AsDouble(1.5)),
        ..NumberDataPoint::default()
    };
    let histogram = HistogramDataPoint {
        count: 6,
        sum: Some(9.0),
        bucket_counts: vec![1, 2, 3],
        explicit_bounds: vec![1.0, 2.0],
        ..HistogramDataPoint::default()
    };
    let (sum, temporality) = (vec![point], 2);
    let data = [
        Data::Sum(Sum {
            data_points: sum,
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
        Data::Histogram(Histogram {
            data_points: vec![histogram],
            aggregation_temporality: temporality,
        }),
    ];
    let metric = |data| Metric { name: "m".to_owned(), data: Some(data), ..Metric::default() };
    let metrics = data.map(metric).into();
    let scope_metrics = vec![ScopeMetrics { scope: scope(), metrics, ..ScopeMetrics::default() }];
    let resource_metrics =
        vec![ResourceMetrics { resource: resource(), scope_metrics, ..ResourceMetrics::default() }];
    ExportMetricsServiceRequest { resource_metrics }
}

fn logs() -> ExportLogsServiceRequest {
    let record = LogRecord {
        body: value(Value::StringValue("hello".to_owned())),
        attributes: attributes("record"),
        event_name: "greeting".to_owned(),
        ..LogRecord::default()
    };
    let log_records = vec![record];
    let scope_logs = vec![ScopeLogs { scope: scope(), log_records, ..ScopeLogs::default() }];
    let resource_logs =
        vec![ResourceLogs { resource: resource(), scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }
}

/// Sends one request of each signal to a collector.
async fn send(collector: &Collector) -> anyhow::Result<()> {
    let channel = Channel::from_shared(format!("http://{}", collector.otlp()))?.connect().await?;
    TraceServiceClient::new(channel.clone()).export(traces()).await?;
    MetricsServiceClient::new(channel.clone()).export(metrics()).await?;
    LogsServiceClient::new(channel).export(logs()).await?;
    Ok(())
}

/// Waits until each signal has arrived once, and checks that it is as it was sent.
async fn arrived(backend: &Backend) -> anyhow::Result<Received> {
    let received = wait::until("each signal", LIMIT, async || {
        let received = backend.received();
        ensure!(received.encodings.len() == 3, "{} requests came", received.encodings.len());
        Ok(received)
    });
    let received = received.await?;
    assert_eq!(received.traces, [traces()]);
    assert_eq!(received.metrics, [metrics()]);
    assert_eq!(received.logs, [logs()]);
    Ok(received)
}

/// Scenario: each signal goes through a collector to a stock server over gRPC, without
/// compression, with gzip and with zstd.
/// Guarantee: the server decodes what the client encoded, and is shown the header asked for.
#[tokio::test]
async fn what_arrives_over_grpc_is_what_was_sent() -> anyhow::Result<()> {
    for compression in ["none", "gzip", "zstd"] {
        let backend = Backend::start().await?;
        let collector = Collector::leading_to(&format!(
            "{{ otlp: {{ endpoint: \"{}\", tls: {{ insecure: true }}, compression: {compression}, headers: {{ authorization: \"Bearer b\" }} }} }}",
            backend.address()
        ))
        .await?;
        send(&collector).await?;
        let received = arrived(&backend).await?;
        let encoding = if compression == "none" { "" } else { compression };
        assert_eq!(received.encodings, vec![encoding; 3]);
        assert_eq!(received.authorizations, vec!["Bearer b"; 3]);
        collector.stop().await?;
    }
    Ok(())
}

/// Scenario: the server speaks TLS with a certificate of an authority of our own, and wants to
/// know who comes.
/// Guarantee: with that authority and a certificate of ours everything arrives.
#[tokio::test]
async fn a_server_is_trusted_and_trusts_us_by_certificates() -> anyhow::Result<()> {
    let authority = Authority::new("ours")?;
    let server = authority.sign("localhost")?;
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(server.certificate, server.key))
        .client_ca_root(tonic::transport::Certificate::from_pem(authority.pem()));
    let backend = Backend::with_tls(tls).await?;
    let folder = tempfile::tempdir()?;
    let ours = authority.sign("collector")?;
    for (name, text) in
        [("ca.pem", authority.pem()), ("our.pem", ours.certificate), ("our.key", ours.key)]
    {
        std::fs::write(folder.path().join(name), text)?;
    }
    let path = folder.path().display();
    let exporters = format!(
        "{{ otlp: {{ endpoint: \"localhost:{}\", tls: {{ ca_file: {path}/ca.pem, cert_file: {path}/our.pem, key_file: {path}/our.key }} }} }}",
        backend.address().port(),
    );
    let collector = Collector::leading_to(&exporters).await?;
    send(&collector).await?;
    arrived(&backend).await?;
    collector.stop().await
}

/// Scenario: the server's certificate is of an authority that nobody trusts.
/// Guarantee: nothing is sent to it; what waits is kept, and the status tells why.
#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() -> anyhow::Result<()> {
    let server = Authority::new("nobody's")?.sign("localhost")?;
    let tls = ServerTlsConfig::new().identity(Identity::from_pem(server.certificate, server.key));
    let backend = Backend::with_tls(tls).await?;
    let endpoint = format!("localhost:{}", backend.address().port());
    let collector =
        Collector::leading_to(&format!("{{ otlp: {{ endpoint: \"{endpoint}\" }} }}")).await?;
    send(&collector).await?;
    let told = wait::until("the failure to be told", LIMIT, async || {
        let snapshot = collector.snapshot().await?;
        let signals = snapshot.destinations.first().and_then(|it| it.signals.clone());
        let signals = signals.context("the destination")?;
        ensure!(signals.queued == 3, "{signals:?}");
        // of two calls at once the second may only be told that the first one failed
        let why = signals.why.context("it is well")?;
        ensure!(why.contains("certificate"), "{why}");
        Ok(())
    });
    told.await?;
    assert!(backend.received().encodings.is_empty());
    collector.stop().await
}

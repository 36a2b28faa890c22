//! Stock clients: what arrives at a destination is what they sent, item by item. The SDKs for
//! Python and JavaScript as they are installed from their registries, and the OpenTelemetry
//! Collector in front of ours and behind it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::authority::Authority;
use bellwether_tests::harness::backend::{Backend, Received};
use bellwether_tests::harness::installed::{cached, node, project};
use bellwether_tests::harness::process::{Bellwether, Process, Setup, reserve};
use bellwether_tests::harness::{everything, wait};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use tonic::transport::Channel;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The token of those tests that want one.
const TOKEN: &str = "t0ken";

/// An SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sdk {
    Python,
    JavaScript,
}

impl Sdk {
    /// Starts the program that sends everything that this SDK can say.
    fn start(self, variables: &[(String, String)]) -> anyhow::Result<Process> {
        let clients = project().join("tests/clients");
        let (program, script) = match self {
            Self::Python => (cached("clients/python/bin/python", "clients")?, "python/send.py"),
            Self::JavaScript => (node()?, "javascript/send.cjs"),
        };
        let mut variables = variables.to_vec();
        let modules = cached("clients/javascript/node_modules", "clients")?;
        variables.push(("NODE_PATH".to_owned(), modules));
        variables.push(("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()));
        Process::start(&program, &[clients.join(script).display().to_string()], &variables)
    }
}

/// A collector that leads everything to a stock backend over gRPC.
struct World {
    setup: Setup,
    collector: Bellwether,
    backend: Backend,
}

impl World {
    /// Starts one; a secure one speaks TLS only, and wants a token.
    async fn start(secure: bool) -> anyhow::Result<Self> {
        let backend = Backend::start().await?;
        let exporters = format!(
            "{{ otlp: {{ endpoint: \"{}\", tls: {{ insecure: true }} }} }}",
            backend.address()
        );
        Self::leading_to(backend, &exporters, secure).await
    }

    async fn leading_to(backend: Backend, exporters: &str, secure: bool) -> anyhow::Result<Self> {
        let mut setup = Setup::leading_to(exporters)?;
        if secure {
            setup = setup.with_extension(&format!("bearertokenauth: {{ token: {TOKEN} }}"))?;
            secured(&setup)?;
        }
        let collector = setup.start().await?;
        Ok(Self { setup, collector, backend })
    }

    /// Returns what senders have to be told.
    fn variables(&self, protocol: &str, secure: bool) -> Vec<(String, String)> {
        let port =
            if protocol == "grpc" { self.setup.otlp() } else { self.setup.otlp_http() }.port();
        let scheme = if secure { "https" } else { "http" };
        let mut variables = vec![
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{scheme}://localhost:{port}")),
        ];
        if secure {
            let authority = self.setup.folder().join("ca.crt").display().to_string();
            variables.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", authority));
            variables
                .push(("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer%20{TOKEN}")));
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Lets both protocols speak TLS with a certificate of our own, and ask for the token.
fn secured(setup: &Setup) -> anyhow::Result<()> {
    let authority = Authority::new("ours")?;
    let server = authority.sign("localhost")?;
    let files =
        [("ca.crt", authority.pem()), ("tls.crt", server.certificate), ("tls.key", server.key)];
    for (name, text) in files {
        std::fs::write(setup.folder().join(name), text)?;
    }
    let mut text = std::fs::read_to_string(setup.config())?;
    for protocol in ["grpc: {", "http: {"] {
        ensure!(text.contains(protocol), "{text}");
        let keys = "tls: { cert_file: tls.crt, key_file: tls.key }, auth: { authenticator: bearertokenauth }";
        text = text.replace(protocol, &format!("{protocol} {keys}, "));
    }
    Ok(std::fs::write(setup.config(), text)?)
}

/// Waits until each signal has come once.
async fn all_signals(backend: &Backend) -> anyhow::Result<Received> {
    wait::until("each signal", LIMIT, async || {
        let came = backend.received();
        let counts = [came.traces.len(), came.metrics.len(), came.logs.len()];
        ensure!(counts == [1; 3], "{counts:?} requests of each signal");
        Ok(came)
    })
    .await
}

/// Counts the kinds of what was sent, so that nothing passes because nothing was sent.
fn assert_rich(sdk: Sdk, sent: &Received) -> anyhow::Result<()> {
    let scopes = || sent.traces[0].resource_spans.iter().flat_map(|it| &it.scope_spans);
    let spans: Vec<_> = scopes().flat_map(|it| &it.spans).collect();
    assert_eq!(spans.len(), 3);
    let parent = spans.iter().find(|it| it.name == "parent").context("no parent")?;
    let kinds: Vec<_> =
        parent.attributes.iter().flat_map(|it| it.value.iter().flat_map(|it| &it.value)).collect();
    for (kind, is) in [
        ("string", (|it| matches!(it, Value::StringValue(_))) as fn(&Value) -> bool),
        ("bool", |it| matches!(it, Value::BoolValue(_))),
        ("int", |it| matches!(it, Value::IntValue(_))),
        ("double", |it| matches!(it, Value::DoubleValue(_))),
        ("array", |it| matches!(it, Value::ArrayValue(_))),
    ] {
        assert!(kinds.iter().any(|it| is(it)), "{sdk:?} sent no {kind}");
    }
    assert_eq!(parent.events.len(), 2);
    assert!(spans.iter().any(|it| !it.links.is_empty()), "{sdk:?} sent no link");
    assert!(spans.iter().any(|it| it.status.as_ref().is_some_and(|it| it.code == 2)));

    let scopes = || sent.metrics[0].resource_metrics.iter().flat_map(|it| &it.scope_metrics);
    let data: Vec<_> = scopes().flat_map(|it| &it.metrics).flat_map(|it| &it.data).collect();
    for (kind, is) in [
        ("gauge", (|it| matches!(it, Data::Gauge(_))) as fn(&Data) -> bool),
        ("sum", |it| matches!(it, Data::Sum(it) if it.is_monotonic)),
        ("level", |it| matches!(it, Data::Sum(it) if !it.is_monotonic)),
        ("histogram", |it| matches!(it, Data::Histogram(_))),
        ("exponential histogram", |it| matches!(it, Data::ExponentialHistogram(_))),
    ] {
        assert!(data.iter().any(|it| is(it)), "{sdk:?} sent no {kind}");
    }
    let exemplars = |it: &&Data| match it {
        Data::Histogram(it) => it.data_points.iter().any(|it| !it.exemplars.is_empty()),
        _ => false,
    };
    // the SDK for JavaScript knows none
    assert_eq!(data.iter().any(exemplars), sdk == Sdk::Python);

    let scopes = || sent.logs[0].resource_logs.iter().flat_map(|it| &it.scope_logs);
    let records: Vec<_> = scopes().flat_map(|it| &it.log_records).collect();
    assert!(records.len() >= 7, "{}", records.len());
    assert!(records.iter().all(|it| it.event_name == "stock.event" && !it.trace_id.is_empty()));
    let bodies: Vec<_> = records.iter().flat_map(|it| &it.body).flat_map(|it| &it.value).collect();
    assert!(bodies.iter().any(|it| matches!(it, Value::KvlistValue(_))));
    assert!(bodies.iter().any(|it| matches!(it, Value::BytesValue(_))));
    Ok(())
}

/// Lets an SDK send the same to a stock backend and to a collector that leads to another one, and
/// compares what both got.
async fn holds(sdk: Sdk, protocol: &str, secure: bool) -> anyhow::Result<()> {
    let world = World::start(secure).await?;
    let reference = Backend::start().await?;
    let mut variables = world.variables(protocol, secure);
    variables.push(("REFERENCE".to_owned(), format!("http://{}", reference.address())));
    let mut client = sdk.start(&variables)?;
    let ended = client.ended(LIMIT).await?;
    ensure!(ended.status.success(), "{sdk:?} over {protocol}: {}", client.tail());
    let sent = all_signals(&reference).await?;
    let came = all_signals(&world.backend).await?;
    assert_rich(sdk, &sent)?;
    assert_eq!(came.traces, sent.traces, "{sdk:?} over {protocol}");
    assert_eq!(came.metrics, sent.metrics, "{sdk:?} over {protocol}");
    assert_eq!(came.logs, sent.logs, "{sdk:?} over {protocol}");
    world.collector.stop().await
}

/// Scenario: a program in Python sends spans, metrics and log records of every kind that its SDK
/// has, over gRPC and over HTTP; in plain text, and with TLS and a token as the standard
/// variables say.
/// Guarantee: what arrives at a stock backend behind the collector is what arrives at one that
/// the same program sends to directly.
#[tokio::test]
async fn the_sdk_for_python() -> anyhow::Result<()> {
    for secure in [false, true] {
        for protocol in ["grpc", "http/protobuf"] {
            holds(Sdk::Python, protocol, secure).await?;
        }
    }
    Ok(())
}

/// Scenario: the same from a program in JavaScript, over HTTP with protobuf and with JSON.
/// Guarantee: the same.
#[tokio::test]
async fn the_sdk_for_javascript() -> anyhow::Result<()> {
    for secure in [false, true] {
        for protocol in ["grpc", "http/protobuf", "http/json"] {
            holds(Sdk::JavaScript, protocol, secure).await?;
        }
    }
    Ok(())
}

/// How the OpenTelemetry Collector speaks to ours, and ours to it.
struct Chain {
    /// Its exporter, and what is set of it.
    front: &'static str,
    /// Our exporter.
    behind: &'static str,
    secure: bool,
}

/// An OpenTelemetry Collector with a way that leads to ours and another one that ours leads to.
struct Otelcol {
    front: SocketAddr,
    _process: Process,
}

impl Otelcol {
    async fn start(
        world: &World,
        chain: &Chain,
        behind: (SocketAddr, SocketAddr),
    ) -> anyhow::Result<Self> {
        let front = reserve()?;
        let ours =
            if chain.front == "otlp_grpc" { world.setup.otlp() } else { world.setup.otlp_http() };
        let scheme = if chain.secure { "https" } else { "http" };
        let encoding = if chain.front.ends_with("json") { ", encoding: json" } else { "" };
        let tls = match chain.secure {
            true => format!("ca_file: '{}'", world.setup.folder().join("ca.crt").display()),
            false => "insecure: true".to_owned(),
        };
        let kind = chain.front.trim_end_matches("/json");
        let config = format!(
            "receivers:\n  otlp/front: {{ protocols: {{ grpc: {{ endpoint: {front} }} }} }}\n  \
             otlp/behind: {{ protocols: {{ grpc: {{ endpoint: {} }}, http: {{ endpoint: {} }} }} }}\n\
             exporters:\n  {kind}/ours: {{ endpoint: '{scheme}://localhost:{}', tls: {{ {tls} }}, headers: {{ authorization: 'Bearer {TOKEN}' }}, sending_queue: {{ enabled: false }}{encoding} }}\n  \
             otlp_grpc/backend: {{ endpoint: '{}', tls: {{ insecure: true }}, sending_queue: {{ enabled: false }} }}\n\
             service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  pipelines:\n{}",
            behind.0,
            behind.1,
            ours.port(),
            world.backend.address(),
            ["traces", "metrics", "logs"]
                .map(|it| format!(
                    "    {it}/front: {{ receivers: [otlp/front], exporters: [{kind}/ours] }}\n    {it}/behind: {{ receivers: [otlp/behind], exporters: [otlp_grpc/backend] }}\n"
                ))
                .concat(),
        );
        let file = world.setup.folder().join("otelcol.yaml");
        std::fs::write(&file, config)?;
        let arguments = ["--config".to_owned(), file.display().to_string()];
        let process = Process::start(&cached("otelcol/otelcol", "otelcol")?, &arguments, &[])?;
        let ready = |line: &str| line.contains("Everything is ready").then_some(());
        process.until_line("the OpenTelemetry Collector to be ready", LIMIT, ready).await?;
        Ok(Self { front, _process: process })
    }
}

/// Scenario: telemetry with everything that OTLP can say goes through an OpenTelemetry Collector,
/// through ours, through an OpenTelemetry Collector again and to a stock backend: over gRPC, over
/// HTTP with protobuf and with JSON; once with TLS and a token.
/// Guarantee: the backend gets what was sent.
#[tokio::test]
async fn the_opentelemetry_collector_in_front_and_behind() -> anyhow::Result<()> {
    for chain in [
        Chain { front: "otlp_grpc", behind: "otlp", secure: false },
        Chain { front: "otlp_http", behind: "otlphttp", secure: false },
        Chain { front: "otlp_http/json", behind: "otlphttp", secure: false },
        Chain { front: "otlp_grpc", behind: "otlp", secure: true },
    ] {
        let behind = (reserve()?, reserve()?);
        let exporters = match chain.behind {
            "otlp" => {
                format!("{{ otlp: {{ endpoint: '{}', tls: {{ insecure: true }} }} }}", behind.0)
            }
            _ => format!("{{ otlphttp: {{ endpoint: 'http://{}' }} }}", behind.1),
        };
        let world = World::leading_to(Backend::start().await?, &exporters, chain.secure).await?;
        let otelcol = Otelcol::start(&world, &chain, behind).await?;
        let channel = Channel::from_shared(format!("http://{}", otelcol.front))?.connect().await?;
        let (traces, metrics, logs) =
            (everything::traces(), everything::metrics(), everything::logs());
        TraceServiceClient::new(channel.clone()).export(traces.clone()).await?;
        MetricsServiceClient::new(channel.clone()).export(metrics.clone()).await?;
        LogsServiceClient::new(channel).export(logs.clone()).await?;
        let came = all_signals(&world.backend).await?;
        assert_eq!(came.traces, [traces], "{}", chain.front);
        assert_eq!(came.metrics, [metrics], "{}", chain.front);
        assert_eq!(came.logs, [logs], "{}", chain.front);
        world.collector.stop().await?;
    }
    Ok(())
}

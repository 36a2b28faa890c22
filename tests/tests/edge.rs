//! What the collector makes of bad input: a clear answer, and it goes on.

use std::process::Command;

use bellwether_core::state::ComponentState::Operational;
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::http;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::binary;
use bytes::{Buf, BufMut};
use serde_json::json;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};

const CATALOG: &str = include_str!("../../examples/marketedge/catalog.yaml");

/// Sends bytes as they are, where a well-behaved client would encode a message.
#[derive(Clone, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}

async fn export(sender: &Sender, service: &'static str, body: Vec<u8>) -> Result<(), Status> {
    let mut client = Grpc::new(sender.channel());
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let path = ::http::uri::PathAndQuery::from_static(service);
    client.unary(Request::new(body), path, Raw).await.map(drop)
}

const SERVICES: [&str; 3] = [
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
];

/// Scenario: clients send bytes that are no OTLP: cut short, of wrong types, text, nothing.
/// Guarantee: each gets INVALID_ARGUMENT with what is wrong and where, an empty request is
/// fine, and the collector goes on to do its work.
#[tokio::test]
async fn malformed_requests_are_refused_and_harm_nobody() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, "rules: {}").await?;
    let sender = Sender::connect(collector.otlp(), "marketedge-api", "1", "a").await?;
    let bodies: [&[u8]; 4] =
        [b"\x0a\x7f\x01", b"\x08\x01", b"hello, collector", b"\x0a\x02\x12\xff"];
    for service in SERVICES {
        for body in bodies {
            let status = export(&sender, service, body.to_vec()).await.expect_err("refused");
            assert_eq!(status.code(), Code::InvalidArgument, "{service} {body:?}: {status}");
            assert!(status.message().contains("byte"), "says where: {status}");
        }
        export(&sender, service, Vec::new()).await?;
    }
    sender.manifest(&["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"]).await?;
    collector.until("admin", Operational).await?;
    collector.stop().await
}

/// Scenario: a service reports its routes as a person with `curl` would: JSON over HTTP.
/// Guarantee: the collector takes it for what it is, as it does over gRPC.
#[tokio::test]
async fn json_over_http_is_as_good_as_grpc() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, "rules: {}").await?;
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let routes = ["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"]
        .map(|route| json!({ "stringValue": route }));
    let record = json!({
        "eventName": "service.routes",
        "timeUnixNano": "1700000000000000000",
        "attributes": [
            { "key": "routes", "value": { "arrayValue": { "values": routes } } },
            text("startup.outcome", "ready"),
        ],
    });
    let service = [text("service.name", "marketedge-api"), text("service.instance.id", "a")];
    let request = json!({ "resourceLogs": [{
        "resource": { "attributes": service },
        "scopeLogs": [{ "logRecords": [record] }],
    }] });
    let url = format!("http://{}/v1/logs", collector.otlp_http());
    let answer = http::client()?.post(url).json(&request).send().await?;
    assert_eq!((answer.status().as_u16(), answer.text().await?.as_str()), (200, "{}"));
    collector.until("admin", Operational).await?;
    collector.stop().await
}

/// Scenario: a person starts the collector with a misspelt key.
/// Guarantee: it says file, line, column and what was probably meant, and does not start.
#[test]
fn an_unknown_key_is_told_with_its_place_and_a_suggestion() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bellwether.yaml");
    std::fs::write(&file, "processors:\n  health:\n    evaluate_evry: 1s\n")?;
    for arguments in [vec!["run", "--config"], vec!["check"]] {
        let output = Command::new(binary("bellwether")?).args(arguments).arg(&file).output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("unknown key `evaluate_evry`"), "{told}");
        assert!(told.contains("bellwether.yaml:3:5"), "{told}");
        assert!(told.contains("did you mean `evaluate_every`?"), "{told}");
        assert!(!told.contains("listening"), "{told}");
    }
    Ok(())
}

/// Scenario: the port is taken by another program.
/// Guarantee: the collector says which one and what to do, and ends with 1.
#[test]
fn a_taken_port_is_named() -> anyhow::Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bellwether.yaml");
    let text = format!(
        "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: \"{}\" }} }} }} }}\nextensions: {{ storage: {{ path: {:?} }} }}\n",
        taken.local_addr()?,
        folder.path().join("data"),
    );
    std::fs::write(&file, text)?;
    let output =
        Command::new(binary("bellwether")?).args(["run", "--config"]).arg(&file).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let named = format!(
        "cannot listen on {}: free it, or set receivers.otlp.protocols.grpc.endpoint",
        taken.local_addr()?
    );
    assert!(told.contains(&named), "{told}");
    Ok(())
}

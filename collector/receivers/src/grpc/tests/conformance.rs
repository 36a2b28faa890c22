//! What the specification of OTLP asks of a server.

use std::time::Duration;

use bellwether_core::ingest::{Accepted, Refusal, Signal};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost::Message;
use tonic::Code;
use tonic::codec::CompressionEncoding::{self, Gzip, Zstd};
use tonic_types::StatusExt;

use super::harness::{LOGS, METRICS, Receiver, TRACES};

fn traces(name: &str) -> ExportTraceServiceRequest {
    let span = Span { name: name.to_owned(), ..Span::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }
}

fn metrics() -> ExportMetricsServiceRequest {
    let metric = Metric { name: "monitor.status".to_owned(), ..Metric::default() };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let resource = ResourceMetrics { scope_metrics: vec![scope], ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource] }
}

fn logs() -> ExportLogsServiceRequest {
    let record = LogRecord { event_name: "service.routes".to_owned(), ..LogRecord::default() };
    let scope = ScopeLogs { log_records: vec![record], ..ScopeLogs::default() };
    let resource = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![resource] }
}

/// Scenario: stock clients send one request of each signal.
/// Guarantee: each is taken as what it is, byte for byte, and answered without `partial_success`.
#[tokio::test]
async fn takes_every_signal_byte_for_byte() {
    let receiver = Receiver::accepting().await;
    let channel = receiver.channel().await;

    let answer = TraceServiceClient::new(channel.clone()).export(traces("a")).await;
    assert_eq!(answer.expect("taken").into_inner().partial_success, None);
    let answer = MetricsServiceClient::new(channel.clone()).export(metrics()).await;
    assert_eq!(answer.expect("taken").into_inner().partial_success, None);
    let answer = LogsServiceClient::new(channel).export(logs()).await;
    assert_eq!(answer.expect("taken").into_inner().partial_success, None);

    let expected = [
        (Signal::Traces, traces("a").encode_to_vec()),
        (Signal::Metrics, metrics().encode_to_vec()),
        (Signal::Logs, logs().encode_to_vec()),
    ];
    assert_eq!(receiver.got(), expected.map(|(signal, body)| (signal, body.into())));
}

/// Scenario: stock clients send gzip and zstd.
/// Guarantee: what is handed on is what was compressed.
#[tokio::test]
async fn takes_gzip_and_zstd() {
    for encoding in [Gzip, Zstd] {
        let receiver = Receiver::accepting().await;
        let client = TraceServiceClient::new(receiver.channel().await);
        let answer = client.send_compressed(encoding).export(traces("squeezed")).await;
        answer.expect("taken");
        let body = traces("squeezed").encode_to_vec().into();
        assert_eq!(receiver.got(), [(Signal::Traces, body)], "{encoding:?}");
    }
}

/// Scenario: a request without any telemetry.
/// Guarantee: it succeeds.
#[tokio::test]
async fn an_empty_request_succeeds() {
    let receiver = Receiver::accepting().await;
    for path in [TRACES, METRICS, LOGS] {
        assert_eq!(receiver.send(path, Vec::new()).await.expect("taken"), "");
    }
}

/// Scenario: some items are dropped for good, or all are taken with a warning.
/// Guarantee: `partial_success` tells it, and only then is it there.
#[tokio::test]
async fn partial_success_tells_what_was_dropped() {
    let accepted = |rejected, message: Option<&'static str>| {
        move || Ok(Accepted { rejected, message: message.map(str::to_owned) })
    };
    let receiver = Receiver::answering(accepted(300, Some("too many series"))).await;
    let bytes = receiver.send(TRACES, Vec::new()).await.expect("taken");
    let partial = ExportTraceServiceResponse::decode(bytes).expect("sound").partial_success;
    let partial = partial.expect("partial");
    assert_eq!((partial.rejected_spans, &*partial.error_message), (300, "too many series"));

    let receiver = Receiver::answering(accepted(0, Some("old names"))).await;
    let bytes = receiver.send(LOGS, Vec::new()).await.expect("taken");
    let partial = ExportLogsServiceResponse::decode(bytes).expect("sound").partial_success;
    let partial = partial.expect("a warning");
    assert_eq!((partial.rejected_log_records, &*partial.error_message), (0, "old names"));
}

/// Scenario: bodies that are not OTLP, or OTLP of another signal.
/// Guarantee: INVALID_ARGUMENT with reason and position, and nobody behind the receiver sees them.
#[tokio::test]
async fn malformed_is_told_with_its_place() {
    let receiver = Receiver::accepting().await;
    let mut not_utf8 = traces("name").encode_to_vec();
    let last = not_utf8.len() - 1;
    not_utf8[last] = 0xff;
    let cases = [
        (TRACES, vec![0x0a, 0x05, 0x01], "truncated field at byte 1 in ExportTraceServiceRequest"),
        (TRACES, not_utf8, "string that is not UTF-8 at byte 11 in Span.name"),
        (METRICS, vec![0x08, 0x01], "wrong wire type at byte 0"),
        (LOGS, vec![0xff; 20], "varint of more than 64 bits at byte 0"),
    ];
    for (path, body, why) in cases {
        let status = receiver.send(path, body).await.expect_err("refused");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains(why), "{} has no {why}", status.message());
        assert!(status.details().is_empty(), "nothing invites a retry");
    }
    assert_eq!(receiver.got(), []);
}

/// Scenario: a body that says it is compressed and is not.
/// Guarantee: an answer that no client retries, and the receiver lives on.
#[tokio::test]
async fn broken_compression_is_final() {
    let receiver = Receiver::accepting().await;
    // The same way with sound compression works.
    receiver.send_with(TRACES, vec![], Some(Gzip)).await.expect("control");
    let status = post_raw(&receiver, "gzip", &frame(1, b"this is not gzip")).await;
    assert_eq!(status.as_deref(), Some("13"), "INTERNAL, as gRPC says");
    let status = post_raw(&receiver, "zstd", &frame(1, b"nor is it zstd")).await;
    assert_eq!(status.as_deref(), Some("13"));
    let status = post_raw(&receiver, "br", &frame(1, b"unknown encoding")).await;
    assert_eq!(status.as_deref(), Some("12"), "UNIMPLEMENTED, as gRPC says");
    receiver.send(TRACES, Vec::new()).await.expect("it lives on");
}

/// Scenario: messages above the limit, plain, and only once decompressed.
/// Guarantee: RESOURCE_EXHAUSTED without RetryInfo, which clients do not retry.
#[tokio::test]
async fn oversize_is_final_before_and_after_decompression() {
    let receiver = Receiver::accepting().await;
    let name = "x".repeat(1 << 20);
    let cases: [Option<CompressionEncoding>; 3] = [None, Some(Gzip), Some(Zstd)];
    for encoding in cases {
        let body = traces(&name).encode_to_vec();
        let status = receiver.send_with(TRACES, body, encoding).await.expect_err("refused");
        assert_eq!(status.code(), Code::ResourceExhausted, "{encoding:?}: {}", status.message());
        assert!(status.details().is_empty(), "{encoding:?}");
    }
    let just_fits = traces(&name[64..]).encode_to_vec();
    receiver.send(TRACES, just_fits).await.expect("taken");
    assert_eq!(receiver.got().len(), 1);
}

/// Scenario: there is no room, or the collector is about to stop.
/// Guarantee: UNAVAILABLE, with the time to wait in RetryInfo when there is no room.
#[tokio::test]
async fn overload_says_when_to_come_back() {
    let retry_after = Duration::from_millis(2_500);
    let receiver = Receiver::answering(move || Err(Refusal::Overloaded { retry_after })).await;
    let status = receiver.send(LOGS, Vec::new()).await.expect_err("refused");
    assert_eq!(status.code(), Code::Unavailable);
    let info = status.get_details_retry_info().expect("RetryInfo");
    assert_eq!(info.retry_delay, Some(retry_after));

    let receiver = Receiver::answering(|| Err(Refusal::Stopping)).await;
    let status = receiver.send(LOGS, Vec::new()).await.expect_err("refused");
    assert_eq!(status.code(), Code::Unavailable);

    let receiver = Receiver::answering(|| Err(Refusal::Malformed("no service.name".into()))).await;
    let status = receiver.send(LOGS, Vec::new()).await.expect_err("refused");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("no service.name"));
}

/// Scenario: calls that are not OTLP.
/// Guarantee: UNIMPLEMENTED for another method, HTTP 415 for what is not gRPC.
#[tokio::test]
async fn other_calls_are_turned_away() {
    let receiver = Receiver::accepting().await;
    let status = receiver.send("/some.Service/Method", Vec::new()).await.expect_err("refused");
    assert_eq!(status.code(), Code::Unimplemented);

    let request = http::Request::post(format!("{}{TRACES}", receiver.address))
        .header("content-type", "application/x-protobuf")
        .body(tonic::body::Body::empty());
    let mut channel = receiver.channel().await;
    let response = call(&mut channel, request.expect("a request")).await;
    assert_eq!(response.status(), 415);

    let status = post_raw(&receiver, "identity", b"").await;
    assert_eq!(status.as_deref(), Some("13"), "INTERNAL, as gRPC says of a call without a message");
}

/// Scenario: any bytes at all, framed as gRPC messages and not.
/// Guarantee: an answer that fits, never a panic, and the receiver lives on.
#[test]
fn any_bytes_are_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let receiver = runtime.block_on(Receiver::accepting());
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    });
    let outcome = runner.run(&(bytes, 0..3_u8), |(bytes, how)| {
        runtime.block_on(async {
            match how {
                0 => drop(post_raw(&receiver, "gzip", &bytes).await),
                1 => drop(post_raw(&receiver, "zstd", &frame(1, &bytes)).await),
                _ => {
                    let sound = ExportTraceServiceRequest::decode(&*bytes).is_ok();
                    let answer = receiver.send(TRACES, bytes).await;
                    prop_assert_eq!(
                        answer.map(drop).map_err(|status| status.code()),
                        if sound { Ok(()) } else { Err(Code::InvalidArgument) }
                    );
                }
            }
            Ok(())
        })
    });
    outcome.expect("answered");
    runtime.block_on(receiver.send(TRACES, Vec::new())).expect("it lives on");
}

/// Frames a gRPC message.
fn frame(compressed: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    [&[compressed][..], &length, body].concat()
}

/// Posts bytes as they are and returns the `grpc-status` of the answer's headers.
async fn post_raw(receiver: &Receiver, encoding: &str, bytes: &[u8]) -> Option<String> {
    let request = http::Request::post(format!("{}{TRACES}", receiver.address))
        .header("content-type", "application/grpc")
        .header("grpc-encoding", encoding)
        .body(tonic::body::Body::new(http_body_util::Full::from(bytes.to_vec())));
    let mut channel = receiver.channel().await;
    let response = call(&mut channel, request.expect("a request")).await;
    let status = response.headers().get("grpc-status")?;
    Some(status.to_str().expect("a number").to_owned())
}

async fn call(
    channel: &mut tonic::transport::Channel,
    request: http::Request<tonic::body::Body>,
) -> http::Response<tonic::body::Body> {
    use tower::{Service, ServiceExt};
    channel.ready().await.expect("connected").call(request).await.expect("an answer")
}

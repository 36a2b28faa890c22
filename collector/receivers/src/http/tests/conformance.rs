//! What the specification of OTLP asks of a server over HTTP.

use std::io::Write;
use std::time::Duration;

use bellwether_core::ingest::{Accepted, Refusal, Signal};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost::Message;

use super::harness::{JSON, PROTOBUF, Receiver};

const PATHS: [(&str, Signal); 3] =
    [("/v1/traces", Signal::Traces), ("/v1/metrics", Signal::Metrics), ("/v1/logs", Signal::Logs)];

pub(super) fn traces(name: &str) -> ExportTraceServiceRequest {
    let span = Span { name: name.to_owned(), trace_id: vec![1; 16], ..Span::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource = ResourceSpans {
        resource: Some(Resource::default()),
        scope_spans: vec![scope],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![resource] }
}

pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("packed");
    encoder.finish().expect("packed")
}

pub(super) fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 1).expect("packed")
}

/// Scenario: requests of each signal, as protobuf.
/// Guarantee: each is taken as what it is, byte for byte, and answered in protobuf, without
/// `partial_success`.
#[tokio::test]
async fn takes_every_signal_byte_for_byte() {
    let receiver = Receiver::accepting().await;
    // Every request has its resources as field 1.
    let body = b"\x0a\x04\x1a\x02ab";
    for (path, _) in PATHS {
        let reply = receiver.post(path, PROTOBUF, body).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(PROTOBUF)), "{path}");
        assert!(reply.body.is_empty());
    }
    assert_eq!(receiver.got(), PATHS.map(|(_, signal)| (signal, body.to_vec().into())));
}

/// Scenario: the same request as JSON.
/// Guarantee: it goes on as the same protobuf, and is answered in JSON.
#[tokio::test]
async fn json_becomes_protobuf() {
    let receiver = Receiver::accepting().await;
    let request = traces("a");
    let json = serde_json::to_vec(&request).expect("JSON");
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let reply = receiver.post("/v1/traces", content_type, &json).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(JSON)), "{reply:?}");
        assert_eq!(reply.body, b"{}");
    }
    for (_, got) in receiver.got() {
        assert_eq!(ExportTraceServiceRequest::decode(got), Ok(request.clone()));
    }
}

/// Scenario: requests compressed in every way, large ones among them.
/// Guarantee: gzip, zstd and identity are taken; what is none of them gets 415, and a body that
/// is not what its header says 400, both with a Status.
#[tokio::test]
async fn takes_gzip_and_zstd() {
    let receiver = Receiver::accepting().await;
    for name in ["small".to_owned(), "large".repeat(100_000)] {
        let plain = traces(&name).encode_to_vec();
        let cases = [("gzip", gzip(&plain)), ("ZSTD", zstd(&plain)), ("identity", plain.clone())];
        for (coding, body) in cases {
            let lines = format!("content-type: {PROTOBUF}\r\ncontent-encoding: {coding}\r\n");
            let reply = receiver.send("POST", "/v1/traces", &lines, &body).await;
            assert_eq!(reply.status, 200, "{coding}");
            assert_eq!(receiver.got().pop().expect("one").1, plain, "{coding}");
        }
    }
    for coding in ["br", "deflate", "gzip, gzip", "gzip\r\ncontent-encoding: gzip"] {
        let lines = format!("content-type: {PROTOBUF}\r\ncontent-encoding: {coding}\r\n");
        let reply = receiver.send("POST", "/v1/traces", &lines, b"").await;
        assert_eq!(reply.status, 415, "{coding}");
        assert!(reply.told().contains("gzip, zstd or identity"));
    }
    let whole = gzip(&traces("a").encode_to_vec());
    for (coding, body) in [("gzip", &b"plain"[..]), ("zstd", b"plain"), ("gzip", &whole[..20])] {
        let lines = format!("content-type: {JSON}\r\ncontent-encoding: {coding}\r\n");
        let reply = receiver.send("POST", "/v1/traces", &lines, body).await;
        assert_eq!((reply.status, reply.header("content-type")), (400, Some(JSON)), "{coding}");
        assert!(reply.told().contains("broken compression"), "{}", reply.told());
    }
    assert_eq!(receiver.got().len(), 6);
}

/// Scenario: requests without anything in them.
/// Guarantee: success.
#[tokio::test]
async fn an_empty_request_succeeds() {
    let receiver = Receiver::accepting().await;
    for (path, _) in PATHS {
        assert_eq!(receiver.post(path, PROTOBUF, b"").await.status, 200);
        assert_eq!(receiver.post(path, JSON, b"{}").await.status, 200);
        let chunked = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {PROTOBUF}\r\n\
             transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        );
        assert_eq!(receiver.raw(chunked.as_bytes()).await.status, 200);
    }
    assert!(receiver.got().iter().all(|(_, body)| body.is_empty()));
}

/// Scenario: some of a request was dropped, or there is a warning.
/// Guarantee: `partial_success` says so, in the encoding of the request.
#[tokio::test]
async fn partial_success_tells_what_was_dropped() {
    let message = Some("too many series".to_owned());
    let receiver =
        Receiver::answering(move || Ok(Accepted { rejected: 3, message: message.clone() })).await;
    let reply = receiver.post("/v1/metrics", PROTOBUF, b"").await;
    let response = ExportMetricsServiceResponse::decode(&*reply.body).expect("a response");
    let partial = response.partial_success.expect("partial");
    assert_eq!((partial.rejected_data_points, &*partial.error_message), (3, "too many series"));
    for (path, key) in [
        ("/v1/traces", "rejectedSpans"),
        ("/v1/metrics", "rejectedDataPoints"),
        ("/v1/logs", "rejectedLogRecords"),
    ] {
        let reply = receiver.post(path, JSON, b"{}").await;
        let got: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        let partial = serde_json::json!({ key: "3", "errorMessage": "too many series" });
        assert_eq!(got, serde_json::json!({ "partialSuccess": partial }));
    }
}

/// Scenario: bodies that are not what they say.
/// Guarantee: 400 with a Status in the encoding of the request: what is wrong, at which byte.
#[tokio::test]
async fn malformed_is_told_with_its_place() {
    let receiver = Receiver::accepting().await;
    for (content_type, body, wanted) in [
        (PROTOBUF, &b"\x0a\x7f\x01"[..], "truncated field at byte 1"),
        (PROTOBUF, b"{}", "truncated field at byte 2"),
        (JSON, b"\x0a\x00", "at byte"),
        (JSON, b"", "at byte 0"),
        (JSON, br#"{"resourceSpans": 7}"#, "expected an array at byte 18"),
        (JSON, br#"{"resourceSpans": [{]}"#, "at byte 20"),
    ] {
        let reply = receiver.post("/v1/traces", content_type, body).await;
        assert_eq!((reply.status, reply.header("content-type")), (400, Some(content_type)));
        assert!(reply.told().contains(wanted), "{body:?}: {}", reply.told());
    }
    let receiver = Receiver::answering(|| Err(Refusal::Malformed("no service.name".into()))).await;
    let reply = receiver.post("/v1/logs", JSON, b"{}").await;
    assert_eq!(reply.status, 400);
    assert!(reply.told().contains("no service.name"));
    assert!(receiver.got().len() == 1);
}

/// Scenario: requests without a content type, with others, of other methods and to other paths.
/// Guarantee: 415, 405 with `Allow`, 404; each with a Status.
#[tokio::test]
async fn other_requests_are_turned_away() {
    let receiver = Receiver::accepting().await;
    for lines in ["", "content-type: text/plain\r\n", "content-type: application/grpc\r\n"] {
        let reply = receiver.send("POST", "/v1/traces", lines, b"{}").await;
        assert_eq!((reply.status, reply.header("content-type")), (415, Some(JSON)), "{lines}");
        assert!(reply.told().contains("application/x-protobuf"));
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let reply = receiver.send(method, "/v1/traces", "", b"").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("post")), "{method}");
        assert!(!reply.told().is_empty());
    }
    for path in ["/", "/v1/", "/v1/profiles", "/v1/traces/", "/v2/traces"] {
        let reply = receiver.post(path, PROTOBUF, b"").await;
        assert_eq!((reply.status, reply.header("content-type")), (404, Some(PROTOBUF)), "{path}");
        assert!(reply.told().contains("/v1/traces"));
    }
    assert!(receiver.got().is_empty());
}

/// Scenario: there is no room, or the collector is about to stop.
/// Guarantee: 503 with `Retry-After` in whole seconds, never 429.
#[tokio::test]
async fn overload_says_when_to_come_back() {
    for (wait, seconds) in [(2_500, "3"), (1_000, "1"), (0, "1")] {
        let retry_after = Duration::from_millis(wait);
        let receiver = Receiver::answering(move || Err(Refusal::Overloaded { retry_after })).await;
        let reply = receiver.post("/v1/logs", PROTOBUF, b"").await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some(seconds)));
        assert!(reply.told().contains("later"));
    }
    let receiver = Receiver::answering(|| Err(Refusal::Stopping)).await;
    let reply = receiver.post("/v1/logs", JSON, b"{}").await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
}

/// Scenario: a service asks whether its probe arrived.
/// Guarantee: the answer that the gRPC receiver gives too.
#[tokio::test]
async fn answers_probes() {
    let receiver = Receiver::accepting().await;
    let seen = receiver.send("GET", "/v1/probe/n-1", "", b"").await;
    assert_eq!((seen.status, seen.header("bellwether-probe")), (200, Some("seen")));
    let unseen = receiver.send("GET", "/v1/probe/n-2", "", b"").await;
    assert_eq!((unseen.status, unseen.header("bellwether-probe")), (404, Some("unseen")));
}

/// Scenario: any bytes at all, as bodies of every kind and as requests.
/// Guarantee: an answer that fits, never a panic, and the receiver lives on.
#[test]
fn any_bytes_are_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let receiver = runtime.block_on(Receiver::accepting());
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    });
    let outcome = runner.run(&(bytes, 0..5_u8), |(bytes, how)| {
        runtime.block_on(async {
            let lines =
                |coding| format!("content-type: {PROTOBUF}\r\ncontent-encoding: {coding}\r\n");
            let sound = ExportTraceServiceRequest::decode(&*bytes).is_ok();
            let reply = match how {
                0 => receiver.send("POST", "/v1/traces", &lines("gzip"), &bytes).await,
                1 => receiver.send("POST", "/v1/traces", &lines("zstd"), &bytes).await,
                2 => receiver.post("/v1/traces", JSON, &bytes).await,
                3 => {
                    let head = format!("GET {} HTTP/1.1", String::from_utf8_lossy(&bytes));
                    let end = "\r\nconnection: close\r\n\r\n";
                    drop(receiver.raw(format!("{head}{end}").as_bytes()).await);
                    return Ok(());
                }
                _ => receiver.post("/v1/traces", PROTOBUF, &bytes).await,
            };
            let fits = [200, 400].contains(&reply.status);
            prop_assert!(fits && (how < 4 || (reply.status == 200) == sound), "{:?}", reply);
            Ok(())
        })
    });
    outcome.expect("answered");
    assert_eq!(runtime.block_on(receiver.post("/v1/traces", PROTOBUF, b"")).status, 200);
}

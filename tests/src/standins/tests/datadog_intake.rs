//! Datadog's OTLP intake.

use axum::http::{Method, StatusCode};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;
use serde_json::json;

use super::support::{
    body, call, expect, gauge, gzip, header, histogram, logs, metrics, noise, nothing, parsed, sum,
    text, traces, zstd,
};
use crate::standins::{
    Call, Verdict,
    datadog::{Datadog, DatadogConfig},
};

fn otlp(path: &str, bytes: Vec<u8>) -> Call {
    let call = header(call(Method::POST, path), "content-type", "application/x-protobuf");
    body(header(call, "dd-api-key", &DatadogConfig::default().api_key), bytes)
}

#[test]
fn stores_spans_metrics_and_logs() {
    let datadog = Datadog::default();
    let span = traces("GET /admin", vec![text("http.route", "/admin")]);
    let answer = expect(&datadog, &otlp("/v1/traces", span.encode_to_vec()), 202);
    assert!(answer.body.is_empty(), "an empty message has no bytes");
    let points =
        metrics(vec![gauge("up", 1.0), sum("requests", 1, true), histogram("duration", 1)]);
    expect(&datadog, &otlp("/v1/metrics", points.encode_to_vec()), 200);
    expect(&datadog, &otlp("/v1/logs", logs("service.routes").encode_to_vec()), 200);

    let spans = datadog.spans();
    assert_eq!((spans[0].service.as_str(), spans[0].name.as_str()), ("shop", "GET /admin"));
    assert_eq!(spans[0].attributes["http.route"], json!("/admin"));
    assert_eq!(spans[0].trace_id, "01".repeat(16));
    let names: Vec<String> = datadog.metric_names().into_iter().collect();
    assert_eq!(names, ["duration", "requests", "up"]);
    assert!(datadog.event_names().contains("service.routes"));
    let counts = datadog.counts()["shop"];
    assert_eq!((counts.spans, counts.metric_points, counts.log_records), (1, 3, 1));
}

#[test]
fn takes_json_gzip_and_zstd() {
    let datadog = Datadog::default();
    let request = traces("a", vec![]);
    let plain = request.encode_to_vec();
    let gzipped = otlp("/v1/traces", gzip(&plain));
    expect(&datadog, &header(gzipped, "content-encoding", "gzip"), 202);
    let zstd = otlp("/v1/traces", zstd(&plain));
    expect(&datadog, &header(zstd, "content-encoding", "zstd"), 202);
    let json = serde_json::to_vec(&request).expect("json");
    let json = header(otlp("/v1/traces", json), "content-type", "application/json; charset=utf-8");
    assert_eq!(parsed(&expect(&datadog, &json, 202)), json!({}));
    assert_eq!(datadog.spans().len(), 3);
}

#[test]
fn refuses_wrong_keys_types_and_codings() {
    let datadog = Datadog::default();
    let good = || otlp("/v1/traces", traces("a", vec![]).encode_to_vec());
    for (name, value, status) in [
        ("dd-api-key", "", 403),
        ("dd-api-key", "wrong", 403),
        ("content-type", "", 415),
        ("content-type", "application/grpc", 415),
        ("content-type", "application/protobuf", 415),
        ("content-encoding", "deflate", 415),
        ("content-encoding", "br", 415),
        ("content-encoding", "gzip", 400),
        ("dd-otel-metric-config", "resource_attributes_as_tags", 400),
    ] {
        expect(&datadog, &header(good(), name, value), status);
    }
    expect(&datadog, &otlp("/v1/traces", b"not protobuf".to_vec()), 400);
    expect(&datadog, &otlp("/v1/profiles", vec![]), 404);
    expect(&datadog, &otlp("/v1/traces/", vec![]), 404);
    expect(&datadog, &call(Method::GET, "/v1/traces"), 404);
    let mut short = traces("a", vec![]);
    short.resource_spans[0].scope_spans[0].spans[0].trace_id = vec![1; 3];
    expect(&datadog, &otlp("/v1/traces", short.encode_to_vec()), 400);
    assert!(datadog.spans().is_empty());
}

#[test]
fn metrics_are_limited_as_sent_and_the_others_after_decompression() {
    let datadog = Datadog::default();
    let large = |length: usize| traces(&"x".repeat(length), vec![]).encode_to_vec();
    let zipped =
        |path: &str, bytes: &[u8]| header(otlp(path, gzip(bytes)), "content-encoding", "gzip");

    let over = large(15 * 1024 * 1024);
    assert!(gzip(&over).len() < 512 * 1024, "small as sent");
    expect(&datadog, &zipped("/v1/traces", &over), 413);
    expect(&datadog, &zipped("/v1/traces", &large(15 * 1024 * 1024 - 100)), 202);

    let log = |length: usize| logs(&"x".repeat(length)).encode_to_vec();
    expect(&datadog, &zipped("/v1/logs", &log(5_347_737)), 413);
    expect(&datadog, &zipped("/v1/logs", &log(5_347_000)), 200);

    let metric = |name: &str| metrics(vec![gauge(name, 1.0)]).encode_to_vec();
    expect(&datadog, &zipped("/v1/metrics", &metric(&"x".repeat(1024 * 1024))), 200);
    expect(&datadog, &otlp("/v1/metrics", metric(&"x".repeat(512 * 1024))), 413);
    expect(&datadog, &otlp("/v1/metrics", noise(512 * 1024 + 1)), 413);
}

#[test]
fn refuses_what_is_not_delta_with_a_partial_success() {
    let datadog = Datadog::default();
    let request = metrics(vec![
        sum("cumulative sum", 2, true),
        sum("unspecified sum", 0, true),
        histogram("cumulative histogram", 2),
        histogram("unspecified histogram", 0),
        nothing("no data"),
        sum("delta sum", 1, true),
        sum("up and down, delta", 1, false),
        sum("up and down, cumulative", 2, false),
        gauge("gauge", 1.0),
    ]);
    let answer = expect(&datadog, &otlp("/v1/metrics", request.encode_to_vec()), 200);
    assert_eq!(answer.verdict, Verdict::Partial);
    let response = ExportMetricsServiceResponse::decode(answer.body).expect("a response");
    let partial = response.partial_success.expect("a partial success");
    assert_eq!(partial.rejected_data_points, 5);
    assert!(partial.error_message.starts_with("Payload validation failed: OTLP metrics intake does not accept cumulative histogram metrics"));
    assert_eq!(datadog.rejected_points(), 5);
    let names: Vec<String> = datadog.metric_names().into_iter().collect();
    assert_eq!(names, ["delta sum", "gauge", "up and down, cumulative", "up and down, delta"]);

    let json = serde_json::to_vec(&metrics(vec![sum("s", 2, true)])).expect("json");
    let json = header(otlp("/v1/metrics", json), "content-type", "application/json");
    let answer = parsed(&expect(&datadog, &json, 200));
    assert_eq!(answer["partialSuccess"]["rejectedDataPoints"], json!("1"));
}

#[test]
fn doubtful_points_of_the_documents_can_be_switched() {
    let datadog = Datadog::new(DatadogConfig {
        strict_delta: true,
        trace_status: StatusCode::OK,
        ..DatadogConfig::default()
    });
    let request = metrics(vec![sum("up and down", 2, false)]);
    let answer = expect(&datadog, &otlp("/v1/metrics", request.encode_to_vec()), 200);
    assert_eq!(answer.verdict, Verdict::Partial);
    expect(&datadog, &otlp("/v1/traces", traces("a", vec![]).encode_to_vec()), 200);
}

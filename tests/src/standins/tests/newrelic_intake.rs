//! New Relic's OTLP endpoint.

use axum::http::Method;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, any_value,
};
use prost::Message;

use super::support::{
    body, call, expect, gauge, gzip, header, histogram, logs, metrics, noise, nothing, sum, text,
    traces, zstd,
};
use crate::standins::{
    Call, Verdict,
    newrelic::{NewRelic, NewRelicConfig},
};

fn newrelic() -> NewRelic {
    NewRelic::new(NewRelicConfig::default())
}

fn otlp(path: &str, bytes: Vec<u8>) -> Call {
    let call = header(call(Method::POST, path), "content-type", "application/x-protobuf");
    body(header(call, "api-key", &NewRelicConfig::default().license_key), bytes)
}

fn value(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn array(values: Vec<any_value::Value>) -> any_value::Value {
    let values = values.into_iter().map(|value| AnyValue { value: Some(value) }).collect();
    any_value::Value::ArrayValue(ArrayValue { values })
}

#[test]
fn a_success_has_no_body() {
    let newrelic = newrelic();
    let span = traces("GET /admin", vec![]).encode_to_vec();
    for call in [
        otlp("/v1/traces", span.clone()),
        header(otlp("/v1/traces", gzip(&span)), "content-encoding", "gzip"),
        header(otlp("/v1/traces", zstd(&span)), "content-encoding", "zstd"),
        otlp("/v1/logs", logs("service.routes").encode_to_vec()),
    ] {
        let answer = expect(&newrelic, &call, 200);
        assert!(answer.body.is_empty());
    }
    assert_eq!((newrelic.spans().len(), newrelic.logs().len()), (3, 1));
}

#[test]
fn refuses_wrong_keys_paths_types_and_sizes() {
    let newrelic = newrelic();
    let good = || otlp("/v1/traces", traces("a", vec![]).encode_to_vec());
    for (name, value, status) in [
        ("api-key", "", 401),
        ("api-key", "wrong", 403),
        ("content-type", "", 415),
        ("content-type", "text/plain", 415),
        ("content-encoding", "deflate", 415),
        ("content-encoding", "zstd", 400),
    ] {
        expect(&newrelic, &header(good(), name, value), status);
    }
    expect(&newrelic, &otlp("/v1/trace", vec![]), 404);
    expect(&newrelic, &otlp("/v1/traces", b"not protobuf".to_vec()), 400);
    expect(&newrelic, &otlp("/v1/traces", noise(1_000_001)), 413);
    let large = traces(&"x".repeat(2_000_000), vec![]).encode_to_vec();
    expect(&newrelic, &otlp("/v1/traces", large.clone()), 413);
    expect(&newrelic, &header(otlp("/v1/traces", gzip(&large)), "content-encoding", "gzip"), 200);
}

#[test]
fn long_attributes_are_cut_and_told_of_afterwards() {
    let newrelic = newrelic();
    let number = any_value::Value::IntValue(1);
    let word = any_value::Value::StringValue("a".to_owned());
    let map = any_value::Value::KvlistValue(KeyValueList::default());
    let request = traces(
        "a",
        vec![
            text("long", &"x".repeat(4096)),
            text("just", &"x".repeat(4095)),
            text(&"n".repeat(256), "name"),
            value("many", array(vec![number.clone(); 65])),
            value("mixed", array(vec![number, word])),
            value("map", map),
        ],
    );
    let answer = expect(&newrelic, &otlp("/v1/traces", request.encode_to_vec()), 200);
    assert_eq!(answer.verdict, Verdict::Partial);
    let attributes = &newrelic.spans()[0].attributes;
    let length = |name: &str| attributes[name].as_str().map(str::len);
    assert_eq!((length("long"), length("just")), (Some(4095), Some(4095)));
    assert!(attributes.contains_key(&"n".repeat(255)));
    assert_eq!(attributes["many"].as_array().map(Vec::len), Some(64));
    assert!(!attributes.contains_key("mixed") && !attributes.contains_key("map"));
    let features: Vec<&str> =
        newrelic.integration_errors().iter().map(|error| error.feature).collect();
    assert_eq!(features, ["Distributed Tracing"; 5]);
}

#[test]
fn unsupported_points_are_dropped_after_a_success() {
    let newrelic = newrelic();
    let mut old = gauge("old", 1.0);
    if let Some(opentelemetry_proto::tonic::metrics::v1::metric::Data::Gauge(gauge)) = &mut old.data
    {
        gauge.data_points[0].time_unix_nano -= 49 * 3_600_000_000_000;
    }
    let request = metrics(vec![
        sum("delta, not monotonic", 1, false),
        sum("unspecified", 0, true),
        histogram("unspecified", 0),
        nothing("no data"),
        gauge("not a number", f64::NAN),
        gauge("service.name", 1.0),
        old,
        sum("delta", 1, true),
        sum("cumulative", 2, true),
        sum("cumulative, not monotonic", 2, false),
        histogram("histogram", 2),
        gauge("gauge", 1.0),
    ]);
    let answer = expect(&newrelic, &otlp("/v1/metrics", request.encode_to_vec()), 200);
    assert!(answer.body.is_empty());
    assert_eq!(newrelic.integration_errors().len(), 7);
    let kept: Vec<String> = newrelic.metric_names().into_iter().collect();
    assert_eq!(kept, ["cumulative", "cumulative, not monotonic", "delta", "gauge", "histogram"]);
}

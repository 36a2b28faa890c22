//! What every sender writes: the quick walk takes it, and all of it.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

use super::compare;
use crate::validate::schema::{self, Schema};
use crate::validate::walks_agree;

const TIME: u64 = 1_700_000_000_000_000_000;

fn attributes() -> Vec<KeyValue> {
    let any = |value| AnyValue { value: Some(value) };
    let pair = |key: &str, value| KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    };
    let nested = KeyValueList { values: vec![pair("inner", Value::BoolValue(true))] };
    vec![
        pair("http.route", Value::StringValue("/api/v1/products/{id}".to_owned())),
        pair("city", Value::StringValue("Zürich, and beyond it quite a few more".to_owned())),
        pair("empty", Value::StringValue(String::new())),
        pair("http.response.status_code", Value::IntValue(200)),
        pair("below", Value::IntValue(-1)),
        pair("share", Value::DoubleValue(0.25)),
        pair("list", Value::ArrayValue(ArrayValue { values: vec![any(Value::IntValue(1))] })),
        pair("map", Value::KvlistValue(nested)),
        pair("raw", Value::BytesValue(vec![0xff; 200])),
    ]
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: attributes(), ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    let (name, version) = ("http".to_owned(), "1.27.0".to_owned());
    Some(InstrumentationScope { name, version, ..InstrumentationScope::default() })
}

fn traces() -> Vec<u8> {
    let event = Event { time_unix_nano: TIME, name: "thrown".to_owned(), ..Event::default() };
    let link = Link { trace_id: vec![1; 16], span_id: vec![2; 8], flags: 257, ..Link::default() };
    let span = Span {
        trace_id: vec![0xff; 16],
        span_id: vec![2; 8],
        name: "GET /api/v1/products/{id}".to_owned(),
        kind: 2,
        start_time_unix_nano: TIME,
        end_time_unix_nano: TIME + 1,
        attributes: attributes(),
        events: vec![Event { attributes: attributes(), ..event }],
        links: vec![Link { attributes: attributes(), ..link }],
        status: Some(Status { message: "deadline exceeded".to_owned(), code: 2 }),
        flags: 257,
        ..Span::default()
    };
    let spans = ScopeSpans { scope: scope(), spans: vec![span], ..ScopeSpans::default() };
    let schema_url = "https://opentelemetry.io/schemas/1.27.0".to_owned();
    let resource = ResourceSpans { resource: resource(), scope_spans: vec![spans], schema_url };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
}

fn logs() -> Vec<u8> {
    let record = LogRecord {
        time_unix_nano: TIME,
        observed_time_unix_nano: TIME,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue("started".to_owned())) }),
        attributes: attributes(),
        trace_id: vec![0xff; 16],
        flags: 1,
        event_name: "service.routes".to_owned(),
        ..LogRecord::default()
    };
    let log_records = vec![record];
    let records = ScopeLogs { scope: scope(), log_records, ..ScopeLogs::default() };
    let resource =
        ResourceLogs { resource: resource(), scope_logs: vec![records], ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![resource] }.encode_to_vec()
}

fn metrics() -> Vec<u8> {
    let point = NumberDataPoint {
        attributes: attributes(),
        time_unix_nano: TIME,
        value: Some(number_data_point::Value::AsInt(-7)),
        ..NumberDataPoint::default()
    };
    let sum = Sum { data_points: vec![point], aggregation_temporality: 2, is_monotonic: true };
    let point = HistogramDataPoint {
        attributes: attributes(),
        time_unix_nano: TIME,
        count: 3,
        sum: Some(1.5),
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![0.5],
        ..HistogramDataPoint::default()
    };
    let histogram = Histogram { data_points: vec![point], aggregation_temporality: 2 };
    let metric = |name: &str, data| Metric {
        name: name.to_owned(),
        unit: "s".to_owned(),
        data: Some(data),
        ..Metric::default()
    };
    let metrics = ScopeMetrics {
        scope: scope(),
        metrics: vec![
            metric("requests", metric::Data::Sum(sum)),
            metric("duration", metric::Data::Histogram(histogram)),
        ],
        ..ScopeMetrics::default()
    };
    let resource = ResourceMetrics {
        resource: resource(),
        scope_metrics: vec![metrics],
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec()
}

fn usual() -> [(&'static Schema, Vec<u8>); 3] {
    [
        (&schema::TRACE_REQUEST, traces()),
        (&schema::LOGS_REQUEST, logs()),
        (&schema::METRICS_REQUEST, metrics()),
    ]
}

#[test]
fn the_quick_walk_takes_it() {
    for (schema, request) in usual() {
        assert_eq!(walks_agree(&request, schema), Ok(true), "{}", schema.name);
        compare(&request).expect("the same");
    }
}

#[test]
fn no_change_of_a_byte_gets_past_one_walk_alone() {
    for (_, request) in usual() {
        for at in 0..request.len() {
            for bits in [0x08, 0x80] {
                let mut changed = request.clone();
                changed[at] ^= bits;
                compare(&changed).expect("the same");
            }
            compare(&request[..at]).expect("the same");
        }
    }
}

//! Builders for requests and for OTLP content.

use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
        ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::standins::{Answer, Call, Vendor};

/// The time of every test: 2026-11-23 10:02:11 UTC.
pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_795_428_131).expect("a valid time")
}

/// Builds a request.
pub(super) fn call(method: Method, path: &str) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Call {
        method,
        path: path.to_owned(),
        query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        headers: axum::http::HeaderMap::new(),
        body: Bytes::new(),
        now: now(),
        instant: Instant::now(),
    }
}

/// Adds or replaces a header; an empty value takes it away.
pub(super) fn header(mut call: Call, name: &'static str, value: &str) -> Call {
    call.headers.remove(name);
    if !value.is_empty() {
        let value = HeaderValue::from_str(value).expect("a header value");
        call.headers.insert(HeaderName::from_static(name), value);
    }
    call
}

/// Sets the body.
pub(super) fn body(mut call: Call, bytes: impl Into<Bytes>) -> Call {
    call.body = bytes.into();
    call
}

/// Sets a JSON body with its content type.
pub(super) fn json(call: Call, value: &Value) -> Call {
    body(header(call, "content-type", "application/json"), value.to_string())
}

/// Wants a status, and shows the reason when it is another one.
pub(super) fn expect(vendor: &impl Vendor, call: &Call, status: u16) -> Answer {
    let answer = vendor.answer(call);
    let wanted = StatusCode::from_u16(status).expect("a status");
    assert_eq!(answer.status, wanted, "{} {}: {:?}", call.method, call.path, answer.reason);
    answer
}

/// Reads a JSON answer.
pub(super) fn parsed(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).expect("a JSON body")
}

/// Changes a copy of `value` at a JSON pointer; `None` removes the member.
pub(super) fn mutated(value: &Value, pointer: &str, new: Option<Value>) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = value.pointer_mut(parent).expect("a parent").as_object_mut().expect("an object");
    match new {
        Some(new) => parent.insert(name.to_owned(), new),
        None => parent.remove(name),
    };
    value
}

/// Makes a string attribute.
pub(super) fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(any_value::Value::StringValue(value.to_owned()));
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value }), ..KeyValue::default() }
}

fn shop() -> Option<Resource> {
    Some(Resource { attributes: vec![text("service.name", "shop")], ..Resource::default() })
}

/// Makes a trace request of one span of service `shop`.
pub(super) fn traces(name: &str, attributes: Vec<KeyValue>) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        attributes,
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let group = ResourceSpans { resource: shop(), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![group] }
}

/// Makes a log request of one record of service `shop`.
pub(super) fn logs(event_name: &str) -> ExportLogsServiceRequest {
    let record = LogRecord { event_name: event_name.to_owned(), ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let group = ResourceLogs { resource: shop(), scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![group] }
}

/// Makes a metric request of service `shop`.
pub(super) fn metrics(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let group = ResourceMetrics { resource: shop(), scope_metrics, ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![group] }
}

fn point(value: f64) -> NumberDataPoint {
    NumberDataPoint {
        time_unix_nano: u64::try_from(now().as_nanosecond()).expect("after 1970"),
        value: Some(number_data_point::Value::AsDouble(value)),
        ..NumberDataPoint::default()
    }
}

fn metric(name: &str, data: Option<Data>) -> Metric {
    Metric { name: name.to_owned(), data, ..Metric::default() }
}

/// Makes a gauge of one point.
pub(super) fn gauge(name: &str, value: f64) -> Metric {
    metric(name, Some(Data::Gauge(Gauge { data_points: vec![point(value)] })))
}

/// Makes a sum of one point; temporality 1 is delta, 2 cumulative.
pub(super) fn sum(name: &str, temporality: i32, is_monotonic: bool) -> Metric {
    let sum =
        Sum { data_points: vec![point(1.0)], aggregation_temporality: temporality, is_monotonic };
    metric(name, Some(Data::Sum(sum)))
}

/// Makes a histogram of one point; temporality 1 is delta, 2 cumulative.
pub(super) fn histogram(name: &str, temporality: i32) -> Metric {
    let point = HistogramDataPoint {
        time_unix_nano: point(0.0).time_unix_nano,
        count: 1,
        sum: Some(1.0),
        ..HistogramDataPoint::default()
    };
    let histogram = Histogram { data_points: vec![point], aggregation_temporality: temporality };
    metric(name, Some(Data::Histogram(histogram)))
}

/// Makes a metric without data.
pub(super) fn nothing(name: &str) -> Metric {
    metric(name, None)
}

/// Compresses with gzip.
pub(super) fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

/// Compresses with zstd.
pub(super) fn zstd(plain: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(plain, 3).expect("memory")
}

/// Makes bytes that no compression makes smaller.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

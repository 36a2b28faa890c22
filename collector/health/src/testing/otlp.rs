//! OTLP requests for tests.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

pub(crate) fn value(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

pub(crate) fn text(key: &str, text: &str) -> KeyValue {
    let value = value(Value::StringValue(text.into()));
    KeyValue { key: key.into(), value, ..Default::default() }
}

pub(crate) fn int(key: &str, int: i64) -> KeyValue {
    KeyValue { key: key.into(), value: value(Value::IntValue(int)), ..Default::default() }
}

pub(crate) fn double(key: &str, double: f64) -> KeyValue {
    KeyValue { key: key.into(), value: value(Value::DoubleValue(double)), ..Default::default() }
}

fn instance(service: &str, instance: &str) -> Option<Resource> {
    let attributes = vec![
        text("service.name", service),
        text("service.version", "2"),
        text("service.instance.id", instance),
    ];
    Some(Resource { attributes, ..Default::default() })
}

pub(crate) fn spans(service: &str, spans: Vec<Span>) -> Vec<u8> {
    spans_of(service, "i-1", spans)
}

pub(crate) fn spans_of(service: &str, id: &str, spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource = instance(service, id);
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

pub(crate) fn records(service: &str, log_records: Vec<LogRecord>) -> Vec<u8> {
    records_of(service, "i-1", log_records)
}

pub(crate) fn records_of(service: &str, id: &str, log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let resource = instance(service, id);
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

pub(crate) fn metrics(service: &str, metrics: Vec<Metric>) -> Vec<u8> {
    metrics_of(service, "i-1", metrics)
}

pub(crate) fn metrics_of(service: &str, id: &str, metrics: Vec<Metric>) -> Vec<u8> {
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource = instance(service, id);
    let resource_metrics = vec![ResourceMetrics { resource, scope_metrics, ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

/// A request that a service answered, as a span that ends at a second and lasts milliseconds.
pub(crate) fn served(second: u64, millis: u64, route: &str, status: i64) -> Span {
    let end = second * 1_000_000_000;
    Span {
        kind: 2,
        name: format!("GET {route}"),
        start_time_unix_nano: end - millis * 1_000_000,
        end_time_unix_nano: end,
        attributes: vec![
            text("http.request.method", "GET"),
            text("http.route", route),
            int("http.response.status_code", status),
        ],
        status: Some(Status { code: if status >= 500 { 2 } else { 0 }, ..Default::default() }),
        ..Default::default()
    }
}

/// The routes that an instance serves, and in how many seconds it says so again.
pub(crate) fn manifest(second: u64, routes: &[&str], every: Option<i64>) -> LogRecord {
    let values = routes.iter().map(|it| AnyValue { value: Some(Value::StringValue((*it).into())) });
    let routes = Value::ArrayValue(ArrayValue { values: values.collect() });
    let mut attributes =
        vec![KeyValue { key: "routes".into(), value: value(routes), ..Default::default() }];
    attributes.extend(every.map(|it| int("report.interval", it)));
    LogRecord { attributes, ..event("service.routes", second) }
}

/// A run of a monitor.
pub(crate) fn monitor(second: u64, name: &str, passed: bool, more: Vec<KeyValue>) -> Span {
    let outcome = text("monitor.outcome", if passed { "passed" } else { "failed" });
    let (code, message) = if passed { (0, "") } else { (2, "connection refused") };
    Span {
        kind: 1,
        name: format!("monitor.check {name}"),
        start_time_unix_nano: second * 1_000_000_000 - 1,
        end_time_unix_nano: second * 1_000_000_000,
        attributes: [vec![text("monitor.name", name), outcome], more].concat(),
        status: Some(Status { code, message: message.into() }),
        ..Default::default()
    }
}

/// The end of a startup validation.
pub(crate) fn startup(second: u64, outcome: &str) -> Span {
    Span {
        kind: 1,
        name: "startup.validation".into(),
        start_time_unix_nano: second * 1_000_000_000 - 1,
        end_time_unix_nano: second * 1_000_000_000,
        attributes: vec![text("startup.outcome", outcome)],
        ..Default::default()
    }
}

/// An event, as a log record.
pub(crate) fn event(name: &str, second: u64) -> LogRecord {
    LogRecord {
        time_unix_nano: second * 1_000_000_000,
        event_name: name.into(),
        ..Default::default()
    }
}

fn point(second: u64, start: u64, value: f64, attributes: &[KeyValue]) -> NumberDataPoint {
    NumberDataPoint {
        time_unix_nano: second * 1_000_000_000,
        start_time_unix_nano: start * 1_000_000_000,
        value: Some(number_data_point::Value::AsDouble(value)),
        attributes: attributes.to_vec(),
        ..Default::default()
    }
}

pub(crate) fn gauge(name: &str, unit: &str, second: u64, value: f64) -> Metric {
    let data_points = vec![point(second, 0, value, &[])];
    Metric {
        name: name.into(),
        unit: unit.into(),
        data: Some(metric::Data::Gauge(Gauge { data_points })),
        ..Default::default()
    }
}

/// A sum that never falls, counted from a start.
pub(crate) fn counter(
    name: &str,
    second: u64,
    start: u64,
    value: f64,
    attributes: &[KeyValue],
) -> Metric {
    let sum = Sum {
        data_points: vec![point(second, start, value, attributes)],
        aggregation_temporality: AggregationTemporality::Cumulative.into(),
        is_monotonic: true,
    };
    Metric { name: name.into(), data: Some(metric::Data::Sum(sum)), ..Default::default() }
}

/// The same, counted from the point before.
pub(crate) fn delta(name: &str, second: u64, value: f64, attributes: &[KeyValue]) -> Metric {
    let sum = Sum {
        data_points: vec![point(second, second - 1, value, attributes)],
        aggregation_temporality: AggregationTemporality::Delta.into(),
        is_monotonic: true,
    };
    Metric { name: name.into(), data: Some(metric::Data::Sum(sum)), ..Default::default() }
}

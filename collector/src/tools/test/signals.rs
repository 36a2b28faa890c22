//! Makes OTLP of what a test writes.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::attribute::Scalar;
use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bellwether_proto::semconv;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Point;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric as OtlpMetric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind as OtlpKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status as OtlpStatus,
};
use prost::Message;

use super::file::{
    By, Kind, Logs, Metric, MetricKind, Monitor, Routes, Severity, SpanKind, Spans, Status,
};

/// More signals at one time are cut: nothing a rule says of a million differs from that of more.
const MOST: usize = 1_000_000;

/// When a signal comes, and what came before.
pub(super) struct Turn {
    pub(super) start: Timestamp,
    pub(super) at: Timestamp,
    pub(super) every: Duration,
}

/// Writes what comes of a series with this value, as a request.
pub(super) fn request(kind: &Kind, value: f64, turn: &Turn) -> Option<(Signal, Vec<u8>)> {
    // a negative number of signals is none
    let count = (value as usize).min(MOST);
    match kind {
        Kind::Spans(spans) if count > 0 => {
            Some((Signal::Traces, traces(&spans.by, vec![span(spans, turn); count])))
        }
        Kind::Logs(logs) if count > 0 => {
            Some((Signal::Logs, records(&logs.by, vec![record(logs, turn); count])))
        }
        Kind::Metric(metric) => Some((Signal::Metrics, point(metric, value, turn))),
        Kind::Monitor(monitor) => {
            Some((Signal::Traces, traces(&monitor.by, vec![run(monitor, value >= 1.0, turn)])))
        }
        Kind::Routes(routes) if count > 0 => {
            Some((Signal::Logs, records(&routes.by, vec![manifest(routes, turn)])))
        }
        Kind::Spans(_) | Kind::Logs(_) | Kind::Routes(_) => None,
    }
}

fn traces(by: &By, spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource = Some(resource(by));
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn records(by: &By, log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let resource = Some(resource(by));
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

fn span(spans: &Spans, turn: &Turn) -> Span {
    let kind = match spans.kind {
        SpanKind::Internal => OtlpKind::Internal,
        SpanKind::Server => OtlpKind::Server,
        SpanKind::Client => OtlpKind::Client,
        SpanKind::Producer => OtlpKind::Producer,
        SpanKind::Consumer => OtlpKind::Consumer,
    };
    let code = match spans.status {
        Status::Unset => StatusCode::Unset,
        Status::Ok => StatusCode::Ok,
        Status::Error => StatusCode::Error,
    };
    Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        name: spans.name.clone(),
        kind: kind.into(),
        start_time_unix_nano: nanos(turn.at.minus(spans.duration.get())),
        end_time_unix_nano: nanos(turn.at),
        attributes: attributes(&spans.attributes),
        status: Some(OtlpStatus { code: code.into(), ..Default::default() }),
        ..Default::default()
    }
}

fn run(monitor: &Monitor, passed: bool, turn: &Turn) -> Span {
    let outcome = match passed {
        true => semconv::monitor_outcome::PASSED,
        false => semconv::monitor_outcome::FAILED,
    };
    let pairs = [
        (semconv::MONITOR_NAME, Some(monitor.name.as_str())),
        (semconv::MONITOR_OUTCOME, Some(outcome)),
        (semconv::BUSINESS_COMPONENT, monitor.component.as_ref().map(|it| it.as_str())),
        (semconv::BUSINESS_CUSTOMER, monitor.customer.as_ref().map(|it| it.as_str())),
        (semconv::BUSINESS_JOURNEY, monitor.journey.as_ref().map(|it| it.as_str())),
    ];
    let pairs = pairs.into_iter().filter_map(|(key, value)| Some(pair(key, text(value?))));
    let message = if passed { "" } else { "it does not pass" };
    let code = if passed { StatusCode::Unset } else { StatusCode::Error };
    Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        name: format!("{} {}", semconv::MONITOR_CHECK, monitor.name),
        kind: OtlpKind::Internal.into(),
        start_time_unix_nano: nanos(turn.at),
        end_time_unix_nano: nanos(turn.at),
        attributes: pairs.collect(),
        status: Some(OtlpStatus { code: code.into(), message: message.to_owned() }),
        ..Default::default()
    }
}

fn record(logs: &Logs, turn: &Turn) -> LogRecord {
    let severity = match logs.severity {
        Severity::Debug => SeverityNumber::Debug,
        Severity::Info => SeverityNumber::Info,
        Severity::Warn => SeverityNumber::Warn,
        Severity::Error => SeverityNumber::Error,
        Severity::Fatal => SeverityNumber::Fatal,
    };
    LogRecord {
        time_unix_nano: nanos(turn.at),
        severity_number: severity.into(),
        event_name: logs.event.clone(),
        body: Some(AnyValue { value: Some(text(&logs.body)) }),
        attributes: attributes(&logs.attributes),
        ..Default::default()
    }
}

fn manifest(routes: &Routes, turn: &Turn) -> LogRecord {
    let values = routes.routes.iter().map(|it| AnyValue { value: Some(text(it)) }).collect();
    let ready = semconv::startup_outcome::READY;
    LogRecord {
        time_unix_nano: nanos(turn.at),
        event_name: semconv::SERVICE_ROUTES.to_owned(),
        attributes: vec![
            pair(semconv::ROUTES, Value::ArrayValue(ArrayValue { values })),
            pair(semconv::STARTUP_OUTCOME, text(ready)),
        ],
        ..Default::default()
    }
}

fn point(metric: &Metric, value: f64, turn: &Turn) -> Vec<u8> {
    let start = match metric.kind {
        MetricKind::Gauge => 0,
        MetricKind::Cumulative => nanos(turn.start.minus(turn.every)),
        MetricKind::Delta => nanos(turn.at.minus(turn.every)),
    };
    let data_points = vec![NumberDataPoint {
        attributes: attributes(&metric.attributes),
        start_time_unix_nano: start,
        time_unix_nano: nanos(turn.at),
        value: Some(Point::AsDouble(value)),
        ..Default::default()
    }];
    let sum = |data_points, temporality: AggregationTemporality| {
        let aggregation_temporality = temporality.into();
        Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic: true })
    };
    let data = match metric.kind {
        MetricKind::Gauge => Data::Gauge(Gauge { data_points }),
        MetricKind::Cumulative => sum(data_points, AggregationTemporality::Cumulative),
        MetricKind::Delta => sum(data_points, AggregationTemporality::Delta),
    };
    let metrics = vec![OtlpMetric {
        name: metric.name.clone(),
        unit: metric.unit.clone(),
        data: Some(data),
        ..Default::default()
    }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..Default::default() }];
    let resource = Some(resource(&metric.by));
    let resource_metrics = vec![ResourceMetrics { resource, scope_metrics, ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

fn resource(by: &By) -> Resource {
    let pairs = [
        (semconv::SERVICE_NAME, &by.service),
        (semconv::SERVICE_VERSION, &by.version),
        (semconv::SERVICE_INSTANCE_ID, &by.instance),
    ];
    let attributes = pairs.into_iter().map(|(key, value)| pair(key, text(value))).collect();
    Resource { attributes, ..Default::default() }
}

fn attributes(written: &BTreeMap<String, Scalar>) -> Vec<KeyValue> {
    let value = |scalar: &Scalar| match scalar {
        Scalar::Bool(truth) => Value::BoolValue(*truth),
        Scalar::Int(number) => Value::IntValue(*number),
        Scalar::Double(number) => Value::DoubleValue(*number),
        Scalar::Text(it) => text(it),
    };
    written.iter().map(|(key, it)| pair(key, value(it))).collect()
}

fn text(value: &str) -> Value {
    Value::StringValue(value.to_owned())
}

fn pair(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..Default::default() }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.nanos()).unwrap_or_default()
}

/// Writes the request in which an instance of `api` tells its routes, some seconds after the
/// begin of a Monday.
#[cfg(test)]
pub(in crate::tools) fn routes(
    version: &str,
    instance: &str,
    routes: &[&str],
    seconds: u64,
) -> ExportLogsServiceRequest {
    let start = Timestamp::from_secs(1_767_571_200);
    let at = start.plus(Duration::from_secs(seconds));
    let by = By {
        service: "api".to_owned(),
        version: version.to_owned(),
        instance: instance.to_owned(),
    };
    let routes = routes.iter().map(|it| (*it).to_owned()).collect();
    let written = Routes { by, routes };
    let record = manifest(&written, &Turn { start, at, every: Duration::ZERO });
    let body = records(&written.by, vec![record]);
    ExportLogsServiceRequest::decode(body.as_slice()).unwrap_or_default()
}

//! What services report, at times of the story.

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

/// A request, as a receiver hands it on.
pub(crate) type Request = (Signal, Vec<u8>);

/// One run of a monitor: its name, what it guards, and whether it passed.
pub(crate) type Run = (String, String, bool);

/// Writes runs of monitors.
pub(crate) fn monitors(runs: &[Run], at: Timestamp) -> Request {
    let span = |(name, component, passed): &Run| {
        let outcome = if *passed { "passed" } else { "failed" };
        let code = if *passed { StatusCode::Unset } else { StatusCode::Error };
        Span {
            name: format!("monitor.check {name}"),
            kind: SpanKind::Internal.into(),
            attributes: vec![
                pair("monitor.name", text(name)),
                pair("monitor.outcome", text(outcome)),
                pair("business.component", text(component)),
            ],
            status: Some(Status { code: code.into(), ..Status::default() }),
            ..at_once(at)
        }
    };
    traces(runs.iter().map(span).collect())
}

/// Writes requests that were served on a route, or that failed before there was an answer.
pub(crate) fn served(route: &str, answered: bool, count: usize, at: Timestamp) -> Request {
    let code = if answered { StatusCode::Unset } else { StatusCode::Error };
    let status = answered.then(|| pair("http.response.status_code", Value::IntValue(200)));
    let known = [pair("http.request.method", text("POST")), pair("http.route", text(route))];
    let span = Span {
        name: format!("POST {route}"),
        kind: SpanKind::Server.into(),
        attributes: known.into_iter().chain(status).collect(),
        status: Some(Status { code: code.into(), ..Status::default() }),
        ..at_once(at)
    };
    traces(vec![span; count])
}

/// Writes the routes that an instance serves.
pub(crate) fn manifest(routes: &[&str], at: Timestamp) -> Request {
    let values = routes.iter().map(|it| AnyValue { value: Some(text(it)) }).collect();
    let record = LogRecord {
        time_unix_nano: nanos(at),
        event_name: "service.routes".to_owned(),
        attributes: vec![
            pair("routes", Value::ArrayValue(ArrayValue { values })),
            pair("startup.outcome", text("ready")),
        ],
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let logs = ResourceLogs { resource: resource(), scope_logs, ..ResourceLogs::default() };
    let request = ExportLogsServiceRequest { resource_logs: vec![logs] };
    (Signal::Logs, request.encode_to_vec())
}

fn traces(spans: Vec<Span>) -> Request {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let spans = ResourceSpans { resource: resource(), scope_spans, ..ResourceSpans::default() };
    let request = ExportTraceServiceRequest { resource_spans: vec![spans] };
    (Signal::Traces, request.encode_to_vec())
}

fn at_once(at: Timestamp) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        start_time_unix_nano: nanos(at),
        end_time_unix_nano: nanos(at),
        ..Span::default()
    }
}

fn resource() -> Option<Resource> {
    let pairs = [
        ("service.name", "marketedge-api"),
        ("service.version", "1"),
        ("service.instance.id", "instance-1"),
    ];
    let attributes = pairs.map(|(key, value)| pair(key, text(value))).into();
    Some(Resource { attributes, ..Resource::default() })
}

fn text(value: &str) -> Value {
    Value::StringValue(value.to_owned())
}

fn pair(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.nanos()).unwrap_or_default()
}

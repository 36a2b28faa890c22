//! Telemetry as a service writes it, at times that the caller says (nanoseconds since the epoch).

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

/// Names an instance of a service.
pub fn resource(service: &str, version: &str, instance: &str) -> Resource {
    let attributes = vec![
        text("service.name", service),
        text("service.version", version),
        text("service.instance.id", instance),
    ];
    Resource { attributes, ..Resource::default() }
}

/// Writes an attribute.
pub fn pair(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// Writes an attribute that is text.
pub fn text(key: &str, text: &str) -> KeyValue {
    pair(key, Value::StringValue(text.to_owned()))
}

/// Writes an attribute that is a number.
pub fn number(key: &str, number: i64) -> KeyValue {
    pair(key, Value::IntValue(number))
}

/// Returns a span without a name that began and ended at once.
pub fn span(at: u64) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        start_time_unix_nano: at,
        end_time_unix_nano: at,
        ..Span::default()
    }
}

/// Writes a request with spans.
pub fn spans(resource: Resource, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource = Some(resource);
    let spans = ResourceSpans { resource, scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![spans] }
}

/// Writes a request with an event.
pub fn event(
    resource: Resource,
    name: &str,
    attributes: Vec<KeyValue>,
    at: u64,
) -> ExportLogsServiceRequest {
    let record = LogRecord {
        event_name: name.to_owned(),
        time_unix_nano: at,
        attributes,
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let resource = Some(resource);
    let logs = ResourceLogs { resource, scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

/// Writes a request with the routes that an instance serves.
pub fn manifest(resource: Resource, routes: &[&str], at: u64) -> ExportLogsServiceRequest {
    let one = |it: &&str| AnyValue { value: Some(Value::StringValue((*it).to_owned())) };
    let values = routes.iter().map(one).collect();
    let routes = pair("routes", Value::ArrayValue(ArrayValue { values }));
    event(resource, "service.routes", vec![routes, text("startup.outcome", "ready")], at)
}

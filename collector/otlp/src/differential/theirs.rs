//! The reading of `opentelemetry-proto`.

mod metrics;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::{DecodeError, Message};

use super::model::{Item, Model, Pairs, Resource, Scope, Value};

pub(super) type Reading = Result<Model, DecodeError>;

pub(super) fn traces(bytes: &[u8]) -> Reading {
    let request = ExportTraceServiceRequest::decode(bytes)?;
    let scopes = |scopes: Vec<opentelemetry_proto::tonic::trace::v1::ScopeSpans>| {
        let scopes = scopes.into_iter();
        scopes.map(|s| scope(s.scope, s.spans.into_iter().map(span).collect())).collect()
    };
    let resources = request.resource_spans.into_iter();
    Ok(resources.map(|r| resource(r.resource, scopes(r.scope_spans))).collect())
}

pub(super) fn logs(bytes: &[u8]) -> Reading {
    let request = ExportLogsServiceRequest::decode(bytes)?;
    let scopes = |scopes: Vec<opentelemetry_proto::tonic::logs::v1::ScopeLogs>| {
        let scopes = scopes.into_iter();
        scopes.map(|s| scope(s.scope, s.log_records.into_iter().map(log).collect())).collect()
    };
    let resources = request.resource_logs.into_iter();
    Ok(resources.map(|r| resource(r.resource, scopes(r.scope_logs))).collect())
}

pub(super) fn metrics(bytes: &[u8]) -> Reading {
    let request = ExportMetricsServiceRequest::decode(bytes)?;
    let scopes = |scopes: Vec<opentelemetry_proto::tonic::metrics::v1::ScopeMetrics>| {
        let scopes = scopes.into_iter();
        scopes
            .map(|s| scope(s.scope, s.metrics.into_iter().map(metrics::metric).collect()))
            .collect()
    };
    let resources = request.resource_metrics.into_iter();
    Ok(resources.map(|r| resource(r.resource, scopes(r.scope_metrics))).collect())
}

fn resource(resource: Option<v1::Resource>, scopes: Vec<Scope>) -> Resource {
    Resource { attributes: pairs(resource.unwrap_or_default().attributes), scopes }
}

fn scope(scope: Option<InstrumentationScope>, items: Vec<Item>) -> Scope {
    let scope = scope.unwrap_or_default();
    let attributes = pairs(scope.attributes);
    Scope { name: scope.name, version: scope.version, attributes, items }
}

/// Returns the number of an enumeration, or 0 if it is above the highest known.
fn known(number: i32, most: i32) -> i32 {
    if (0..=most).contains(&number) { number } else { 0 }
}

fn span(span: Span) -> Item {
    let status = span.status.unwrap_or_default();
    Item::Span {
        ids: [span.trace_id, span.span_id, span.parent_span_id],
        name: span.name,
        kind: known(span.kind, 5),
        times: [span.start_time_unix_nano, span.end_time_unix_nano],
        status: (known(status.code, 2), status.message),
        attributes: pairs(span.attributes),
        events: span
            .events
            .into_iter()
            .map(|it| (it.name, it.time_unix_nano, pairs(it.attributes)))
            .collect(),
        links: span
            .links
            .into_iter()
            .map(|it| ([it.trace_id, it.span_id], pairs(it.attributes)))
            .collect(),
    }
}

fn log(log: LogRecord) -> Item {
    Item::Log {
        ids: [log.trace_id, log.span_id],
        event_name: log.event_name,
        severity: (log.severity_number, log.severity_text),
        times: [log.time_unix_nano, log.observed_time_unix_nano],
        body: log.body.map_or(Value::Empty, value),
        attributes: pairs(log.attributes),
    }
}

fn pairs(pairs: Vec<KeyValue>) -> Pairs {
    pairs.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Empty, value))).collect()
}

fn value(any: AnyValue) -> Value {
    use any_value::Value as Theirs;
    match any.value {
        // An index into the dictionary of a profile, which no other signal has.
        None | Some(Theirs::StringValueStrindex(_)) => Value::Empty,
        Some(Theirs::StringValue(text)) => Value::Str(text),
        Some(Theirs::BoolValue(yes)) => Value::Bool(yes),
        Some(Theirs::IntValue(number)) => Value::Int(number),
        Some(Theirs::DoubleValue(number)) => Value::Double(number.to_bits()),
        Some(Theirs::ArrayValue(array)) => {
            Value::Array(array.values.into_iter().map(value).collect())
        }
        Some(Theirs::KvlistValue(list)) => Value::KvList(pairs(list.values)),
        Some(Theirs::BytesValue(bytes)) => Value::Bytes(bytes),
    }
}

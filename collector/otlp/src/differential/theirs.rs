//! The reading of `opentelemetry-proto`.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric};
use opentelemetry_proto::tonic::resource::v1;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::{DecodeError, Message};

use super::model::{Item, Model, Pairs, Resource, Scope, Value};
use crate::Data;

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
        scopes.map(|s| scope(s.scope, s.metrics.into_iter().map(metric).collect())).collect()
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

fn span(span: Span) -> Item {
    let known = |number: i32, most: i32| if (0..=most).contains(&number) { number } else { 0 };
    let status = span.status.unwrap_or_default();
    Item::Span {
        ids: [span.trace_id, span.span_id, span.parent_span_id],
        name: span.name,
        kind: known(span.kind, 5),
        times: [span.start_time_unix_nano, span.end_time_unix_nano],
        status: Some((known(status.code, 2), status.message)),
        attributes: pairs(span.attributes),
    }
}

fn log(log: LogRecord) -> Item {
    Item::Log {
        ids: [log.trace_id, log.span_id],
        event_name: log.event_name,
        severity: log.severity_number,
        times: [log.time_unix_nano, log.observed_time_unix_nano],
        body: log.body.map_or(Value::Empty, value),
        attributes: pairs(log.attributes),
    }
}

fn metric(metric: Metric) -> Item {
    let (data, points) = match metric.data {
        None => (None, 0),
        Some(metric::Data::Gauge(data)) => (Some(Data::Gauge), data.data_points.len()),
        Some(metric::Data::Sum(data)) => (Some(Data::Sum), data.data_points.len()),
        Some(metric::Data::Histogram(data)) => (Some(Data::Histogram), data.data_points.len()),
        Some(metric::Data::ExponentialHistogram(data)) => {
            (Some(Data::ExponentialHistogram), data.data_points.len())
        }
        Some(metric::Data::Summary(data)) => (Some(Data::Summary), data.data_points.len()),
    };
    Item::Metric { name: metric.name, unit: metric.unit, data, points: points as u64 }
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

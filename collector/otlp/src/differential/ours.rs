//! Our reading, through the views.

mod metrics;

use super::model::{Item, Model, Pairs, Resource, Scope, Value};
use crate::{
    AnyValue, Attributes, LogsRequest, Malformed, MetricsRequest, SpanKind, StatusCode,
    TraceRequest,
};

pub(super) type Reading = Result<Model, Malformed>;

pub(super) fn traces(bytes: &[u8]) -> Reading {
    TraceRequest::parse(bytes).map(|request| spans(&request))
}

pub(super) fn logs(bytes: &[u8]) -> Reading {
    LogsRequest::parse(bytes).map(|request| log_records(&request))
}

pub(super) fn metrics(bytes: &[u8]) -> Reading {
    MetricsRequest::parse(bytes).map(|request| metric_points(&request))
}

pub(super) fn walk_unchecked(bytes: &[u8]) {
    spans(&TraceRequest::assume_valid(bytes));
    log_records(&LogsRequest::assume_valid(bytes));
    metric_points(&MetricsRequest::assume_valid(bytes));
}

fn spans(request: &TraceRequest<'_>) -> Model {
    let model: Model = request
        .resource_spans()
        .map(|resource| Resource {
            attributes: pairs(&resource.resource().attributes()),
            scopes: resource
                .scope_spans()
                .map(|scope| self::scope(&scope.scope(), scope.spans().map(|s| span(&s)).collect()))
                .collect(),
        })
        .collect();
    assert_eq!(request.span_count(), items(&model).count() as u64);
    model
}

fn span(span: &crate::Span<'_>) -> Item {
    let kinds = [
        SpanKind::Unspecified,
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    let codes = [StatusCode::Unset, StatusCode::Ok, StatusCode::Error];
    let number = |at: Option<usize>| at.map_or(-1, |at| at as i32);
    let status = span.status();
    Item::Span {
        ids: [span.trace_id(), span.span_id(), span.parent_span_id()].map(<[u8]>::to_vec),
        name: span.name().to_owned(),
        kind: number(kinds.iter().position(|kind| *kind == span.kind())),
        times: [span.start_time_unix_nano(), span.end_time_unix_nano()],
        status: (
            number(codes.iter().position(|code| *code == status.code)),
            status.message.to_owned(),
        ),
        attributes: pairs(&span.attributes()),
        events: span
            .events()
            .map(|it| (it.name().to_owned(), it.time_unix_nano(), pairs(&it.attributes())))
            .collect(),
        links: span
            .links()
            .map(|it| ([it.trace_id(), it.span_id()].map(<[u8]>::to_vec), pairs(&it.attributes())))
            .collect(),
    }
}

fn log_records(request: &LogsRequest<'_>) -> Model {
    let item = |log: crate::LogRecord<'_>| Item::Log {
        ids: [log.trace_id(), log.span_id()].map(<[u8]>::to_vec),
        event_name: log.event_name().to_owned(),
        severity: (log.severity_number(), log.severity_text().to_owned()),
        times: [log.time_unix_nano(), log.observed_time_unix_nano()],
        body: value(&log.body()),
        attributes: pairs(&log.attributes()),
    };
    let model: Model = request
        .resource_logs()
        .map(|resource| Resource {
            attributes: pairs(&resource.resource().attributes()),
            scopes: resource
                .scope_logs()
                .map(|scope| self::scope(&scope.scope(), scope.log_records().map(item).collect()))
                .collect(),
        })
        .collect();
    assert_eq!(request.record_count(), items(&model).count() as u64);
    model
}

fn metric_points(request: &MetricsRequest<'_>) -> Model {
    let model: Model = request
        .resource_metrics()
        .map(|resource| Resource {
            attributes: pairs(&resource.resource().attributes()),
            scopes: resource
                .scope_metrics()
                .map(|scope| {
                    self::scope(
                        &scope.scope(),
                        scope.metrics().map(|m| metrics::metric(&m)).collect(),
                    )
                })
                .collect(),
        })
        .collect();
    let points = items(&model).map(|item| match item {
        Item::Metric { data: Some(data), .. } => data.points.len() as u64,
        _ => 0,
    });
    assert_eq!(request.point_count(), points.sum::<u64>());
    model
}

fn items(model: &Model) -> impl Iterator<Item = &Item> {
    model.iter().flat_map(|resource| &resource.scopes).flat_map(|scope| &scope.items)
}

fn scope(scope: &crate::Scope<'_>, items: Vec<Item>) -> Scope {
    Scope {
        name: scope.name().to_owned(),
        version: scope.version().to_owned(),
        attributes: pairs(&scope.attributes()),
        items,
    }
}

/// Collects attributes and holds looking for a key against it. Not called for nested lists: each
/// level would multiply the work.
fn pairs(attributes: &Attributes<'_>) -> Pairs {
    let pairs = list(attributes);
    for key in ["a", "http.route"] {
        let first = pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value);
        assert_eq!(attributes.get(key).map(|v| value(&v)).as_ref(), first);
        let [other, same] = attributes.get_all(["absent", key]);
        assert!(other.is_none());
        assert_eq!(same.map(|v| value(&v)).as_ref(), first);
    }
    pairs
}

fn list(attributes: &Attributes<'_>) -> Pairs {
    attributes.iter().map(|(key, v)| (key.to_owned(), value(&v))).collect()
}

fn value(any: &AnyValue<'_>) -> Value {
    match any {
        AnyValue::Empty => Value::Empty,
        AnyValue::Str(text) => Value::Str((*text).to_owned()),
        AnyValue::Bool(yes) => Value::Bool(*yes),
        AnyValue::Int(number) => Value::Int(*number),
        AnyValue::Double(number) => Value::Double(number.to_bits()),
        AnyValue::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        AnyValue::Array(array) => Value::Array(array.iter().map(|v| value(&v)).collect()),
        AnyValue::KvList(pairs) => Value::KvList(list(pairs)),
    }
}

//! Decodes OTLP bodies into flat records.

use std::sync::Arc;

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1::{Metric, metric::Data, number_data_point},
    resource::v1::Resource,
    trace::v1 as trace,
};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Encoding, Signal,
    model::{Attributes, Batch, LogRecord, MetricKind, MetricPoint, Span, Temporality},
};

/// Decodes a body that is no longer compressed.
///
/// The error says what is wrong: not OTLP at all, or an id of the wrong length.
pub(crate) fn decode(signal: Signal, encoding: Encoding, body: &[u8]) -> Result<Batch, String> {
    match signal {
        Signal::Traces => spans(message(encoding, body)?).map(Batch::Spans),
        Signal::Metrics => Ok(Batch::Metrics(points(message(encoding, body)?))),
        Signal::Logs => Ok(Batch::Logs(logs(message(encoding, body)?))),
    }
}

fn message<M: Message + Default + DeserializeOwned>(
    encoding: Encoding,
    body: &[u8],
) -> Result<M, String> {
    match encoding {
        Encoding::Protobuf => M::decode(body).map_err(|error| error.to_string()),
        Encoding::Json => serde_json::from_slice(body).map_err(|error| error.to_string()),
    }
}

fn spans(request: ExportTraceServiceRequest) -> Result<Vec<Span>, String> {
    let mut spans = Vec::new();
    for group in request.resource_spans {
        let (service, resource) = resource(group.resource);
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            check_id("trace_id", &span.trace_id, 16)?;
            check_id("span_id", &span.span_id, 8)?;
            spans.push(flat_span(span, &service, &resource));
        }
    }
    Ok(spans)
}

fn check_id(name: &str, id: &[u8], length: usize) -> Result<(), String> {
    if id.len() != length || id.iter().all(|byte| *byte == 0) {
        let found = hex(id);
        return Err(format!("{name} \"{found}\" is not {length} bytes that are not all zero"));
    }
    Ok(())
}

fn flat_span(span: trace::Span, service: &str, resource: &Arc<Attributes>) -> Span {
    let status = span.status.unwrap_or_default();
    Span {
        service: service.to_owned(),
        name: span.name,
        kind: span.kind,
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: hex(&span.parent_span_id),
        start_unix_nano: span.start_time_unix_nano,
        end_unix_nano: span.end_time_unix_nano,
        status: status.code,
        status_message: status.message,
        events: span.events.into_iter().map(|event| event.name).collect(),
        attributes: attributes(span.attributes),
        resource: Arc::clone(resource),
    }
}

fn points(request: ExportMetricsServiceRequest) -> Vec<MetricPoint> {
    let mut all = Vec::new();
    for group in request.resource_metrics {
        let (service, resource) = resource(group.resource);
        for metric in group.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
            flat_metric(metric, &service, &resource, &mut all);
        }
    }
    all
}

/// Appends one record for each point; a metric without data becomes one of kind `Nothing`.
fn flat_metric(
    metric: Metric,
    service: &str,
    resource: &Arc<Attributes>,
    all: &mut Vec<MetricPoint>,
) {
    let (name, unit) = (metric.name, metric.unit);
    let mut push = |kind, temporality, time_unix_nano, value, count, attributes_of| {
        all.push(MetricPoint {
            service: service.to_owned(),
            name: name.clone(),
            unit: unit.clone(),
            kind,
            temporality,
            time_unix_nano,
            value,
            count,
            attributes: attributes(attributes_of),
            resource: Arc::clone(resource),
        });
    };
    match metric.data {
        None => push(MetricKind::Nothing, Temporality::Unspecified, 0, 0.0, 0, Vec::new()),
        Some(Data::Gauge(gauge)) => {
            for point in gauge.data_points {
                let (time, value) = (point.time_unix_nano, number(point.value));
                push(MetricKind::Gauge, Temporality::Unspecified, time, value, 1, point.attributes);
            }
        }
        Some(Data::Sum(sum)) => {
            let kind = if sum.is_monotonic { MetricKind::MonotonicSum } else { MetricKind::Sum };
            let temporality = temporality(sum.aggregation_temporality);
            for point in sum.data_points {
                let (time, value) = (point.time_unix_nano, number(point.value));
                push(kind, temporality, time, value, 1, point.attributes);
            }
        }
        Some(Data::Histogram(histogram)) => {
            let temporality = temporality(histogram.aggregation_temporality);
            for point in histogram.data_points {
                let (time, sum) = (point.time_unix_nano, point.sum.unwrap_or(0.0));
                push(MetricKind::Histogram, temporality, time, sum, point.count, point.attributes);
            }
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            let (kind, temporality) =
                (MetricKind::ExponentialHistogram, temporality(histogram.aggregation_temporality));
            for point in histogram.data_points {
                let (time, sum) = (point.time_unix_nano, point.sum.unwrap_or(0.0));
                push(kind, temporality, time, sum, point.count, point.attributes);
            }
        }
        Some(Data::Summary(summary)) => {
            for point in summary.data_points {
                let (time, kind) = (point.time_unix_nano, MetricKind::Summary);
                push(
                    kind,
                    Temporality::Unspecified,
                    time,
                    point.sum,
                    point.count,
                    point.attributes,
                );
            }
        }
    }
}

fn temporality(code: i32) -> Temporality {
    match code {
        1 => Temporality::Delta,
        2 => Temporality::Cumulative,
        _ => Temporality::Unspecified,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "metric values are shown, not added up to the last digit"
)]
fn number(value: Option<number_data_point::Value>) -> f64 {
    match value {
        Some(number_data_point::Value::AsDouble(value)) => value,
        Some(number_data_point::Value::AsInt(value)) => value as f64,
        None => f64::NAN,
    }
}

fn logs(request: ExportLogsServiceRequest) -> Vec<LogRecord> {
    let mut all = Vec::new();
    for group in request.resource_logs {
        let (service, resource) = resource(group.resource);
        for record in group.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
            let times = [record.time_unix_nano, record.observed_time_unix_nano];
            all.push(LogRecord {
                service: service.clone(),
                event_name: record.event_name,
                severity: record.severity_text,
                time_unix_nano: times.into_iter().find(|time| *time != 0).unwrap_or(0),
                body: any_value(record.body),
                attributes: attributes(record.attributes),
                resource: Arc::clone(&resource),
            });
        }
    }
    all
}

fn resource(resource: Option<Resource>) -> (String, Arc<Attributes>) {
    let attributes = attributes(resource.map(|resource| resource.attributes).unwrap_or_default());
    let service = attributes.get("service.name").and_then(Value::as_str).unwrap_or_default();
    (service.to_owned(), Arc::new(attributes))
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().map(|pair| (pair.key, any_value(pair.value))).collect()
}

fn any_value(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        None | Some(any_value::Value::StringValueStrindex(_)) => Value::Null,
        Some(any_value::Value::StringValue(text)) => text.into(),
        Some(any_value::Value::BoolValue(flag)) => flag.into(),
        Some(any_value::Value::IntValue(number)) => number.into(),
        // JSON has no NaN and no infinity: they are shown as text.
        Some(any_value::Value::DoubleValue(number)) if !number.is_finite() => {
            number.to_string().into()
        }
        Some(any_value::Value::DoubleValue(number)) => number.into(),
        Some(any_value::Value::BytesValue(bytes)) => hex(&bytes).into(),
        Some(any_value::Value::ArrayValue(array)) => {
            array.values.into_iter().map(|value| any_value(Some(value))).collect()
        }
        Some(any_value::Value::KvlistValue(list)) => {
            Value::Object(attributes(list.values).into_iter().collect())
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Telemetry with everything that OTLP can say: every kind of value, of metric, and every field.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

const SCHEMA: &str = "https://opentelemetry.io/schemas/1.37.0";

/// When everything happened, in nanoseconds since 1970.
const AT: u64 = 1_700_000_000_000_000_001;

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn list(values: Vec<AnyValue>) -> AnyValue {
    any(Value::ArrayValue(ArrayValue { values }))
}

fn map(values: Vec<KeyValue>) -> AnyValue {
    any(Value::KvlistValue(KeyValueList { values }))
}

/// A value of each kind, the odd ones included.
fn values() -> Vec<AnyValue> {
    let text = |it: &str| any(Value::StringValue(it.to_owned()));
    let deep = map(vec![attribute("in", list(vec![text("deep"), any(Value::IntValue(1))]))]);
    vec![
        text("Grüße, 世界"),
        text(""),
        any(Value::BoolValue(true)),
        any(Value::BoolValue(false)),
        any(Value::IntValue(i64::MIN)),
        any(Value::IntValue(0)),
        any(Value::DoubleValue(-1e300)),
        any(Value::DoubleValue(0.0)),
        any(Value::BytesValue(vec![0, 255])),
        list(vec![text("a"), any(Value::DoubleValue(0.5)), deep.clone()]),
        deep,
    ]
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn attributes() -> Vec<KeyValue> {
    let values = values().into_iter().enumerate();
    values.map(|(at, value)| attribute(&format!("kind.{at}"), value)).collect()
}

fn resource() -> Option<Resource> {
    let mut attributes = attributes();
    let name = any(Value::StringValue("everything".to_owned()));
    attributes.push(attribute("service.name", name));
    Some(Resource { attributes, dropped_attributes_count: 1, ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "scope".to_owned(),
        version: "1.2.3".to_owned(),
        attributes: attributes(),
        dropped_attributes_count: 2,
    })
}

/// Returns spans with events and links.
pub fn traces() -> ExportTraceServiceRequest {
    let event = Event {
        time_unix_nano: AT,
        name: "event".to_owned(),
        attributes: attributes(),
        dropped_attributes_count: 3,
    };
    let link = Link {
        trace_id: vec![9; 16],
        span_id: vec![9; 8],
        trace_state: "a=b".to_owned(),
        attributes: attributes(),
        dropped_attributes_count: 4,
        flags: 0x301,
    };
    let span = |number: u8| Span {
        trace_id: vec![number; 16],
        span_id: vec![number; 8],
        parent_span_id: vec![number + 1; 8],
        trace_state: "vendor=1,other=2".to_owned(),
        flags: 0x101,
        name: format!("span {number}"),
        kind: i32::from(number % 6),
        start_time_unix_nano: AT,
        end_time_unix_nano: AT + 7,
        attributes: attributes(),
        dropped_attributes_count: 5,
        events: vec![event.clone(), event.clone()],
        dropped_events_count: 6,
        links: vec![link.clone()],
        dropped_links_count: 7,
        status: Some(Status { message: "odd".to_owned(), code: i32::from(number % 3) }),
    };
    let scope_spans = ScopeSpans {
        scope: scope(),
        spans: (1..=12).map(span).collect(),
        schema_url: SCHEMA.to_owned(),
    };
    let resource_spans = ResourceSpans {
        resource: resource(),
        scope_spans: vec![scope_spans],
        schema_url: SCHEMA.to_owned(),
    };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn exemplars() -> Vec<Exemplar> {
    let exemplar = |value| Exemplar {
        filtered_attributes: attributes(),
        time_unix_nano: AT,
        span_id: vec![3; 8],
        trace_id: vec![3; 16],
        value: Some(value),
    };
    vec![exemplar(exemplar::Value::AsInt(-1)), exemplar(exemplar::Value::AsDouble(0.25))]
}

fn number(value: number_data_point::Value) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(),
        start_time_unix_nano: AT,
        time_unix_nano: AT + 1,
        exemplars: exemplars(),
        flags: 1,
        value: Some(value),
    }
}

/// Returns a data point of each kind.
fn points() -> Vec<Data> {
    use number_data_point::Value::{AsDouble, AsInt};
    let histogram = HistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: AT,
        time_unix_nano: AT + 1,
        count: 6,
        sum: Some(9.0),
        bucket_counts: vec![1, 2, 3],
        explicit_bounds: vec![1.0, 2.0],
        exemplars: exemplars(),
        flags: 0,
        min: Some(0.5),
        max: Some(4.0),
    };
    let exponential = ExponentialHistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: AT,
        time_unix_nano: AT + 1,
        count: 10,
        sum: Some(-2.5),
        scale: -3,
        zero_count: 4,
        positive: Some(Buckets { offset: -7, bucket_counts: vec![1, 0, 2] }),
        negative: Some(Buckets { offset: 5, bucket_counts: vec![3] }),
        flags: 0,
        exemplars: exemplars(),
        min: Some(-4.0),
        max: Some(3.0),
        zero_threshold: 0.001,
    };
    let quantile = |quantile, value| ValueAtQuantile { quantile, value };
    let summary = SummaryDataPoint {
        attributes: attributes(),
        start_time_unix_nano: AT,
        time_unix_nano: AT + 1,
        count: 3,
        sum: 6.0,
        quantile_values: vec![quantile(0.0, 1.0), quantile(0.99, 3.0)],
        flags: 0,
    };
    let numbers = || vec![number(AsInt(i64::MIN)), number(AsDouble(-0.5)), number(AsInt(0))];
    vec![
        Data::Gauge(Gauge { data_points: numbers() }),
        Data::Sum(Sum { data_points: numbers(), aggregation_temporality: 2, is_monotonic: true }),
        Data::Sum(Sum { data_points: numbers(), aggregation_temporality: 1, is_monotonic: false }),
        Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: 1 }),
        Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![exponential],
            aggregation_temporality: 2,
        }),
        Data::Summary(Summary { data_points: vec![summary] }),
    ]
}

/// Returns a metric of each kind.
pub fn metrics() -> ExportMetricsServiceRequest {
    let metric = |(at, data)| Metric {
        name: format!("metric.{at}"),
        description: "measured".to_owned(),
        unit: "By".to_owned(),
        metadata: attributes(),
        data: Some(data),
    };
    let scope_metrics = ScopeMetrics {
        scope: scope(),
        metrics: points().into_iter().enumerate().map(metric).collect(),
        schema_url: SCHEMA.to_owned(),
    };
    let resource_metrics = ResourceMetrics {
        resource: resource(),
        scope_metrics: vec![scope_metrics],
        schema_url: SCHEMA.to_owned(),
    };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

/// Returns log records with a body of each kind.
pub fn logs() -> ExportLogsServiceRequest {
    let record = |body| LogRecord {
        time_unix_nano: AT,
        observed_time_unix_nano: AT + 2,
        severity_number: 18,
        severity_text: "ERROR2".to_owned(),
        body: Some(body),
        attributes: attributes(),
        dropped_attributes_count: 8,
        flags: 1,
        trace_id: vec![4; 16],
        span_id: vec![4; 8],
        event_name: "said".to_owned(),
    };
    let scope_logs = ScopeLogs {
        scope: scope(),
        log_records: values().into_iter().map(record).collect(),
        schema_url: SCHEMA.to_owned(),
    };
    let resource_logs = ResourceLogs {
        resource: resource(),
        scope_logs: vec![scope_logs],
        schema_url: SCHEMA.to_owned(),
    };
    ExportLogsServiceRequest { resource_logs: vec![resource_logs] }
}

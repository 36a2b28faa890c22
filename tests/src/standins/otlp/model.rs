//! Flat records of what came over OTLP.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::Value;

/// Attributes by name. Bytes are lower-case hex, maps are objects.
pub type Attributes = BTreeMap<String, Value>;

/// A span.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// `service.name` of the resource, empty without one.
    pub service: String,
    /// Span name.
    pub name: String,
    /// Kind in OTLP's numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    pub kind: i32,
    /// Trace id, lower-case hex.
    pub trace_id: String,
    /// Span id, lower-case hex.
    pub span_id: String,
    /// Parent's span id, lower-case hex; empty for a root.
    pub parent_span_id: String,
    /// Start, nanoseconds since the epoch.
    pub start_unix_nano: u64,
    /// End, nanoseconds since the epoch.
    pub end_unix_nano: u64,
    /// Status in OTLP's numbers: 0 unset, 1 ok, 2 error.
    pub status: i32,
    /// Status message.
    pub status_message: String,
    /// Names of the span's events.
    pub events: Vec<String>,
    /// The span's own attributes.
    pub attributes: Attributes,
    /// The resource's attributes.
    pub resource: Arc<Attributes>,
}

/// What sort of metric a point belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Gauge.
    Gauge,
    /// Sum that only grows.
    MonotonicSum,
    /// Sum that goes up and down.
    Sum,
    /// Histogram with explicit bounds.
    Histogram,
    /// Exponential histogram.
    ExponentialHistogram,
    /// Summary.
    Summary,
    /// A metric without data.
    Nothing,
}

/// Aggregation temporality; `Unspecified` also where a kind has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Temporality {
    /// Not set, not known, or not applicable.
    Unspecified,
    /// Changes since the last report.
    Delta,
    /// Totals since the start.
    Cumulative,
}

/// One data point of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    /// `service.name` of the resource, empty without one.
    pub service: String,
    /// Metric name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Sort of metric.
    pub kind: MetricKind,
    /// Temporality.
    pub temporality: Temporality,
    /// Time of the point, nanoseconds since the epoch.
    pub time_unix_nano: u64,
    /// The number, or the sum of a histogram or summary.
    pub value: f64,
    /// Count of a histogram or summary; 1 for numbers.
    pub count: u64,
    /// The point's attributes.
    pub attributes: Attributes,
    /// The resource's attributes.
    pub resource: Arc<Attributes>,
}

/// A log record.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// `service.name` of the resource, empty without one.
    pub service: String,
    /// Event name, empty for a plain record.
    pub event_name: String,
    /// Severity text.
    pub severity: String,
    /// Time of the record, nanoseconds since the epoch.
    pub time_unix_nano: u64,
    /// Body.
    pub body: Value,
    /// The record's attributes.
    pub attributes: Attributes,
    /// The resource's attributes.
    pub resource: Arc<Attributes>,
}

/// The content of one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// Spans.
    Spans(Vec<Span>),
    /// Metric points.
    Metrics(Vec<MetricPoint>),
    /// Log records.
    Logs(Vec<LogRecord>),
}

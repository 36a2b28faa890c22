//! Reads OTLP where it lies: validation and lazy views over bytes. Pure.
//!
//! A request is one slice of bytes from the wire to the destinations. [`validate`] walks it once
//! and says whether it is what it claims to be; the views ([`TraceRequest`], [`LogsRequest`],
//! [`MetricsRequest`]) then find what rules and routing ask for. Nothing is copied and nothing is
//! decoded into structs. Everything here is total: it ends, without a panic, on any bytes.
//!
//! Protobuf's rules for odd but legal encodings hold: the last of a repeated scalar wins, repeated
//! sub-messages of a singular field merge, unknown fields are skipped.
//!
//! Where bytes must change they are spliced: [`rewrite`] sets, removes and hashes attributes,
//! [`delta`] makes cumulative metrics delta, [`split`] cuts a request into smaller ones. All else
//! is copied in whole runs.

pub mod delta;
pub mod ids;
pub mod json;
pub mod rewrite;
pub mod scan;
pub mod split;
pub mod validate;
pub mod wire;
pub mod write;

mod common;
mod encode;
mod error;
mod logs;
mod message;
mod metrics;
mod numbers;
mod splice;
mod trace;

#[cfg(any(test, fuzzing))]
pub mod differential;

pub use common::{AnyValue, Array, Attributes, Resource, Scope};
pub use error::{Malformed, Problem};
pub use logs::{LogRecord, LogsRequest, ResourceLogs, ScopeLogs};
pub use metrics::{
    Buckets, Data, ExponentialHistogram, ExponentialPoint, Gauge, Histogram, HistogramPoint,
    Metric, MetricsRequest, Number, NumberPoint, Quantile, ResourceMetrics, ScopeMetrics, Sum,
    Summary, SummaryPoint, Temporality,
};
pub use trace::{
    Event, Link, ResourceSpans, ScopeSpans, Span, SpanKind, Status, StatusCode, TraceRequest,
};

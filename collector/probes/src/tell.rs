//! Tells what a probe found as a service's monitor does: a `monitor.check` span.

use std::time::Duration;

use bellwether::checks::NotPassed;
use bellwether::semconv;
use bellwether_core::time::Timestamp;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use uuid::Uuid;

use crate::probe::Probe;
use crate::rhythm::Outcome;

/// Who tells. Each probe is an instance of it, by its name: after a restart it is the same one, and
/// one that is configured no longer falls silent like an instance that is gone.
const SERVICE: &str = "bellwether";

/// How one run of a probe ended.
pub(crate) struct Run<'a> {
    pub(crate) probe: &'a Probe,
    pub(crate) outcome: Outcome,
    pub(crate) problem: Option<&'a NotPassed>,
    /// Runs in a row, up to this one, that did not pass.
    pub(crate) failures: u32,
    pub(crate) ended: Timestamp,
    pub(crate) took: Duration,
}

/// Writes the request of OTLP that tells it.
pub(crate) fn request(run: &Run<'_>) -> Bytes {
    let attributes = vec![
        text(semconv::SERVICE_NAME, SERVICE),
        text(semconv::SERVICE_INSTANCE_ID, &run.probe.name),
        text(semconv::SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
    ];
    let scope = InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Default::default()
    };
    let scope_spans =
        vec![ScopeSpans { scope: Some(scope), spans: vec![span(run)], ..Default::default() }];
    let resource = Some(Resource { attributes, ..Default::default() });
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec().into()
}

fn span(run: &Run<'_>) -> Span {
    let Run { probe, problem, .. } = run;
    let mut attributes = vec![
        text(semconv::MONITOR_NAME, &probe.name),
        number(semconv::MONITOR_LEVEL, probe.level.number()),
        text(semconv::MONITOR_OUTCOME, word(run.outcome)),
        number(semconv::MONITOR_CONSECUTIVE_FAILURES, i64::from(run.failures)),
        text(semconv::BUSINESS_COMPONENT, probe.component.as_str()),
    ];
    let customer = probe.customer.as_ref().map(|it| text(semconv::BUSINESS_CUSTOMER, it.as_str()));
    let journey = probe.journey.as_ref().map(|it| text(semconv::BUSINESS_JOURNEY, it.as_str()));
    let error_type = problem.map(|it| text(semconv::ERROR_TYPE, it.class()));
    attributes.extend([customer, journey, error_type].into_iter().flatten());
    let nanos = |at: Timestamp| u64::try_from(at.nanos()).unwrap_or_default();
    let status = problem
        .map(|it| Status { code: StatusCode::Error.into(), message: it.message().to_owned() });
    Span {
        trace_id: Uuid::new_v4().into_bytes().to_vec(),
        span_id: Uuid::new_v4().into_bytes().iter().take(8).copied().collect(),
        name: format!("{} {}", semconv::MONITOR_CHECK, probe.name),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: nanos(run.ended.minus(run.took)),
        end_time_unix_nano: nanos(run.ended),
        attributes,
        status,
        ..Default::default()
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => semconv::monitor_outcome::PASSED,
        Outcome::Failed => semconv::monitor_outcome::FAILED,
        Outcome::TimedOut => semconv::monitor_outcome::TIMED_OUT,
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: i64) -> KeyValue {
    pair(key, Value::IntValue(value))
}

fn pair(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..Default::default() }
}

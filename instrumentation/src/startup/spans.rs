//! The spans of a startup validation, as the telemetry conventions say.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{
    SpanBuilder, Status, TraceContextExt, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanProcessor,
};

use super::outcome::Outcome;
use super::report::{CheckReport, Counts};
use crate::checks::trace;
use crate::semconv::{
    BUSINESS_COMPONENT, ERROR_TYPE, STARTUP_CHECK, STARTUP_CHECK_KIND, STARTUP_CHECK_NAME,
    STARTUP_CHECK_ON_FAILURE, STARTUP_CHECK_OUTCOME, STARTUP_CHECKS_FAILED, STARTUP_CHECKS_TOTAL,
    STARTUP_DURATION, STARTUP_OUTCOME, STARTUP_VALIDATION,
};

/// Records the spans of one validation; the service's sampler has no say, because these spans are facts.
pub(super) struct Recorder {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    root: Context,
    ended: Ended,
}

impl Recorder {
    /// Starts the root span.
    pub(super) fn start(resource: &Resource) -> Self {
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(ended.clone())
            .build();
        let tracer = provider.tracer_with_scope(crate::scope());
        let root = SpanBuilder::from_name(STARTUP_VALIDATION);
        let root = trace::lend(&tracer).with_span(tracer.build_with_context(root, &Context::new()));
        Self { provider, tracer, root, ended }
    }

    /// Starts the span of one check and returns the context in which the check runs.
    pub(super) fn start_check(&self, name: &str) -> Context {
        let span = SpanBuilder::from_name(format!("{STARTUP_CHECK} {name}"));
        self.root.with_span(self.tracer.build_with_context(span, &self.root))
    }

    /// Ends the span of one check.
    pub(super) fn end_check(&self, context: &Context, check: &CheckReport) {
        let span = context.span();
        span.set_attributes([
            KeyValue::new(STARTUP_CHECK_NAME, check.name.clone()),
            KeyValue::new(STARTUP_CHECK_KIND, check.kind.as_str()),
            KeyValue::new(STARTUP_CHECK_OUTCOME, check.outcome.as_str()),
            KeyValue::new(STARTUP_CHECK_ON_FAILURE, check.on_failure.as_str()),
            KeyValue::new(BUSINESS_COMPONENT, check.component.clone()),
        ]);
        if let Some(problem) = &check.problem {
            span.set_attribute(KeyValue::new(ERROR_TYPE, problem.error_type.clone().into_owned()));
            span.set_status(Status::error(problem.message.clone()));
        }
        span.end();
    }

    /// Ends the root span, with an error status when there is a reason for an abort, and returns all spans.
    pub(super) fn finish(
        self,
        outcome: Outcome,
        counts: Counts,
        took: Duration,
        abort: Option<String>,
    ) -> Vec<SpanData> {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let span = self.root.span();
        span.set_attributes([
            KeyValue::new(STARTUP_OUTCOME, outcome.as_str()),
            KeyValue::new(STARTUP_CHECKS_TOTAL, count(counts.total)),
            KeyValue::new(STARTUP_CHECKS_FAILED, count(counts.failed)),
            KeyValue::new(STARTUP_DURATION, took.as_secs_f64()),
        ]);
        if let Some(reason) = abort {
            span.set_status(Status::error(reason));
        }
        span.end();
        // A check that still blocks its thread keeps this provider alive; it has nothing to flush.
        drop(self.provider);
        std::mem::take(&mut *self.ended.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps the spans that have ended.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _span: &mut Span, _parent: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

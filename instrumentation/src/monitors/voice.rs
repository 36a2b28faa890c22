//! Says what monitors find: spans, the gauge, and a log line at every transition.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{
    SpanBuilder, Status, TraceContextExt, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanProcessor,
};
use tokio::sync::Notify;

use super::machine::{MonitorState, Reason};
use super::status::MonitorStatus;
use crate::checks::trace;
use crate::loss::{Loss, LossReason};
use crate::semconv::{
    BUSINESS_COMPONENT, BUSINESS_CUSTOMER, ERROR_TYPE, MONITOR_CHECK, MONITOR_CONSECUTIVE_FAILURES,
    MONITOR_LEVEL, MONITOR_NAME, MONITOR_OUTCOME,
};
use crate::telemetry::Shared;

/// Number of spans that wait for a collector that is away; the oldest go first, and are counted.
const WAITING: usize = 512;

/// Makes the spans and the log lines of monitors.
///
/// The spans are facts, not statistics: the service's sampler has no say, and each is sent until the collector
/// acknowledges it or newer ones crowd it out.
#[derive(Clone)]
pub(super) struct Voice {
    tracer: SdkTracer,
    queue: Queue,
}

impl Voice {
    pub(super) fn new(shared: &Shared) -> Self {
        let loss = Arc::clone(shared.loss());
        let queue =
            Queue(Arc::new(Inner { spans: Mutex::default(), arrived: Notify::new(), loss }));
        // Without anybody to tell, the spans would only fill the queue.
        let sampler = if shared.delivers() { Sampler::AlwaysOn } else { Sampler::AlwaysOff };
        let provider = SdkTracerProvider::builder()
            .with_resource(shared.resource().clone())
            .with_sampler(sampler)
            .with_span_processor(queue.clone())
            .build();
        Self { tracer: provider.tracer_with_scope(crate::scope()), queue }
    }

    /// Begins the span of one run and returns the context in which the check runs.
    pub(super) fn begin(&self, status: &MonitorStatus) -> Context {
        let span = SpanBuilder::from_name(format!("{MONITOR_CHECK} {}", status.name()));
        trace::lend(&self.tracer).with_span(self.tracer.build_with_context(span, &Context::new()))
    }

    /// Ends the span of a run that is counted in `status`.
    pub(super) fn end(&self, context: &Context, status: &MonitorStatus) {
        let Some(last) = status.last() else { return };
        let span = context.span();
        span.set_attributes(attributes(status));
        span.set_attributes([
            KeyValue::new(MONITOR_OUTCOME, last.outcome.as_str()),
            KeyValue::new(MONITOR_CONSECUTIVE_FAILURES, i64::from(status.consecutive_failures())),
        ]);
        if let Some(problem) = &last.problem {
            span.set_attribute(KeyValue::new(ERROR_TYPE, problem.error_type.clone().into_owned()));
            span.set_status(Status::error(problem.message.clone()));
        }
        span.end();
    }

    /// Writes a line when the last run changed something, with what it means for the business.
    pub(super) fn log(status: &MonitorStatus) {
        let plan = &status.plan;
        let problem = status.last().and_then(|last| last.problem());
        let message = problem.map(|problem| problem.message.as_str()).unwrap_or_default();
        let advice = problem.and_then(|problem| problem.advice.as_deref()).unwrap_or_default();
        let (monitor, level) = (plan.name.as_str(), status.level().number());
        let guards = plan.guards.as_deref().unwrap_or_default();
        let customer = plan.customer.as_deref().unwrap_or("all");
        let component = plan.component.as_str();
        match status.reason() {
            Reason::Fired => tracing::error!(
                monitor,
                level,
                business.component = component,
                business.customer = customer,
                guards,
                problem = message,
                advice,
                failures = status.consecutive_failures(),
                "monitor is failing"
            ),
            Reason::Recovered => tracing::info!(
                monitor,
                level,
                business.component = component,
                business.customer = customer,
                guards,
                "monitor is well again"
            ),
            Reason::FirstFailure => tracing::warn!(
                monitor,
                level,
                business.component = component,
                problem = message,
                "monitor did not pass; it is tried again at once"
            ),
            reason => tracing::debug!(monitor, reason = reason.as_str(), "monitor ran"),
        }
    }

    /// Sends finished spans until it is dropped; returns when telemetry is disabled.
    pub(super) async fn deliver(self, shared: Arc<Shared>) {
        loop {
            let spans = self.queue.take().await;
            let Some(delivered) = shared.deliver(spans) else { return };
            // An error: the facts have ended, and with them the service.
            if delivered.await.is_err() {
                return;
            }
        }
    }
}

/// Returns what stands on the spans and on the gauge alike.
pub(super) fn attributes(status: &MonitorStatus) -> Vec<KeyValue> {
    let plan = &status.plan;
    let mut attributes = vec![
        KeyValue::new(MONITOR_NAME, plan.name.clone()),
        KeyValue::new(MONITOR_LEVEL, i64::from(status.level().number())),
        KeyValue::new(BUSINESS_COMPONENT, plan.component.clone()),
    ];
    let customer = plan.customer.clone();
    attributes.extend(customer.map(|customer| KeyValue::new(BUSINESS_CUSTOMER, customer)));
    attributes
}

/// Returns the value of `monitor.status`; `None` while nothing is known.
pub(super) fn gauge(status: &MonitorStatus, now: tokio::time::Instant) -> Option<u64> {
    match status.state() {
        _ if status.is_stale(now) => None,
        MonitorState::Unknown => None,
        MonitorState::Well => Some(1),
        MonitorState::Failing => Some(0),
    }
}

/// Keeps the spans that have ended and are not yet under way.
#[derive(Debug, Clone)]
struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spans: Mutex<VecDeque<SpanData>>,
    arrived: Notify,
    loss: Arc<Loss>,
}

impl Queue {
    /// Takes all that wait, as soon as there is one.
    async fn take(&self) -> Vec<SpanData> {
        loop {
            let arrived = self.0.arrived.notified();
            let spans =
                std::mem::take(&mut *self.0.spans.lock().unwrap_or_else(PoisonError::into_inner));
            if !spans.is_empty() {
                return spans.into();
            }
            arrived.await;
        }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _span: &mut Span, _parent: &Context) {}

    fn on_end(&self, span: SpanData) {
        // A skipped run is no evidence; its span was never filled in and ends by being dropped.
        if span.attributes.is_empty() {
            return;
        }
        let mut spans = self.0.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() >= WAITING {
            spans.pop_front();
            self.0.loss.traces.drop_items(LossReason::QueueFull, 1);
        }
        spans.push_back(span);
        drop(spans);
        self.0.arrived.notify_one();
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

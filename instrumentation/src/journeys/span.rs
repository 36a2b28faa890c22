//! The spans of a walk's steps, within the span of the check or monitor that walks.

use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::{Journey, Step};
use crate::checks::net::http::{Request, Url};
use crate::checks::{NotPassed, trace};
use crate::semconv::{
    BUSINESS_CUSTOMER, BUSINESS_JOURNEY, BUSINESS_JOURNEY_STEP, ERROR_TYPE, HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE, JOURNEY_STEP, SERVER_ADDRESS,
};

/// Says of the span under way, a check's or a monitor's, which journey it is.
pub(super) fn describe(journey: &Journey) {
    Context::map_current(|context| context.span().set_attributes(whose(journey)));
}

fn whose(journey: &Journey) -> Vec<KeyValue> {
    let customer = journey.customer.clone().map(|it| KeyValue::new(BUSINESS_CUSTOMER, it));
    std::iter::once(KeyValue::new(BUSINESS_JOURNEY, journey.id.clone())).chain(customer).collect()
}

/// The span of one step; ends with it, as a failure when the step is dropped half-way.
pub(super) struct StepSpan {
    context: Context,
    ended: bool,
}

impl StepSpan {
    /// Begins the span; without anybody to record it, it is none.
    pub(super) fn begin(journey: &Journey, step: &Step) -> Self {
        let parent = Context::current();
        let context = match trace::tracer() {
            None => Context::new(),
            Some(tracer) => {
                let mut attributes = whose(journey);
                attributes.push(KeyValue::new(BUSINESS_JOURNEY_STEP, step.name.clone()));
                attributes.push(KeyValue::new(HTTP_REQUEST_METHOD, step.method.clone()));
                let span = SpanBuilder::from_name(format!("{JOURNEY_STEP} {}", step.name))
                    .with_kind(SpanKind::Client)
                    .with_attributes(attributes);
                parent.with_span(tracer.build_with_context(span, &parent))
            }
        };
        Self { context, ended: false }
    }

    /// Lets the request carry the trace on, and says whom it asks.
    pub(super) fn carry_on(&self, url: &Url, request: &mut Request) {
        let span = self.context.span();
        if span.span_context().is_valid() {
            span.set_attribute(KeyValue::new(SERVER_ADDRESS, url.host().to_owned()));
            TraceContextPropagator::new().inject_context(&self.context, &mut Headers(request));
        }
    }

    /// Notes the status that came back.
    pub(super) fn answered(&self, status: u16) {
        let code = KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status));
        self.context.span().set_attribute(code);
    }

    /// Ends the span.
    pub(super) fn end(mut self, problem: Option<&NotPassed>) {
        if let Some(problem) = problem {
            self.fail(problem.error_type.clone().into_owned(), problem.message.clone());
        }
        self.ended = true;
        self.context.span().end();
    }

    fn fail(&self, error_type: String, message: String) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new(ERROR_TYPE, error_type));
        span.set_status(Status::error(message));
    }
}

impl Drop for StepSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.fail("timeout".to_owned(), "no answer in the time that the walk has".to_owned());
            self.context.span().end();
        }
    }
}

struct Headers<'r>(&'r mut Request);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty `tracestate` says nothing.
        if !value.is_empty() {
            self.0.header(key, &value);
        }
    }
}

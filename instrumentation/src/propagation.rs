//! W3C trace context and baggage, in and out, with the customer on board.

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt, BaggageMetadata, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::business::tags::Tags;
use crate::semconv::BUSINESS_CUSTOMER_ID;

/// Carries `traceparent`, `tracestate` and `baggage`; what goes out names the customer of the request under way.
#[derive(Debug, Default)]
pub(crate) struct Propagator {
    trace: TraceContextPropagator,
    baggage: BaggagePropagator,
    fields: Vec<String>,
}

impl Propagator {
    pub(crate) fn new() -> Self {
        let fields = ["traceparent", "tracestate", "baggage"].map(str::to_owned).to_vec();
        Self { fields, ..Self::default() }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        self.trace.inject_context(context, injector);
        match context.get::<Tags>().and_then(Tags::customer) {
            Some(customer) => {
                let said = KeyValueMetadata::new(
                    BUSINESS_CUSTOMER_ID,
                    customer.id.clone(),
                    BaggageMetadata::default(),
                );
                let carried = context.baggage().iter().map(|(key, (value, metadata))| {
                    KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone())
                });
                let all: Vec<KeyValueMetadata> = carried.chain([said]).collect();
                self.baggage.inject_context(&context.with_baggage(all), injector);
            }
            None => self.baggage.inject_context(context, injector),
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let mut context = context.clone();
        // Most callers send neither; then nothing is allocated.
        if extractor.get("traceparent").is_some() {
            context = self.trace.extract_with_context(&context, extractor);
        }
        if extractor.get("baggage").is_some() {
            context = self.baggage.extract_with_context(&context, extractor);
        }
        context
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

//! W3C trace context and baggage, in and out, with the customer on board.

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt, BaggageMetadata, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::business::tags::Tags;
use crate::semconv::BUSINESS_CUSTOMER_ID;

/// Carries `traceparent`, `tracestate` and `baggage`; what goes out names the customer of the request under way.
///
/// The common case, a `traceparent` of version 00 and nothing else, is read without an allocation.
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
        let mut context = match extractor.get("traceparent") {
            None => context.clone(),
            Some(header) => match (parse(header), extractor.get("tracestate")) {
                (Some(caller), None) => context.with_remote_span_context(caller),
                _ => self.trace.extract_with_context(context, extractor),
            },
        };
        if extractor.get("baggage").is_some() {
            context = self.baggage.extract_with_context(&context, extractor);
        }
        context
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// Reads a `traceparent` of version 00; `None` leaves it to the SDK to say what it is.
fn parse(header: &str) -> Option<SpanContext> {
    let (trace, rest) = header.strip_prefix("00-")?.split_at_checked(32)?;
    let (span, flags) = rest.strip_prefix('-')?.split_at_checked(16)?;
    let [flags] = hex::<1>(flags.strip_prefix('-')?)?;
    let trace = TraceId::from_bytes(hex(trace)?);
    let span = SpanId::from_bytes(hex(span)?);
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    let caller = SpanContext::new(trace, span, flags, true, TraceState::default());
    caller.is_valid().then_some(caller)
}

/// Reads lower-case hexadecimal digits, two for each byte and no more.
fn hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let digit = |at: u8| match at {
        b'0'..=b'9' => Some(at - b'0'),
        b'a'..=b'f' => Some(at - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != BYTES || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn extract(propagator: &dyn TextMapPropagator, header: &str) -> SpanContext {
        let headers = HashMap::from([("traceparent".to_owned(), header.to_owned())]);
        let context = propagator.extract_with_context(&Context::new(), &headers);
        opentelemetry::trace::TraceContextExt::span(&context).span_context().clone()
    }

    fn headers() -> impl Strategy<Value = String> {
        prop_oneof![
            "0[01f]-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]",
            "00-0{32}-[0-9a-f]{16}-01",
            "00-[0-9a-fA-F]{31,33}-[0-9a-f]{15,17}-[0-9a-g]{1,3}",
            "\\PC{0,60}",
        ]
    }

    proptest! {
        #[test]
        fn a_callers_trace_is_read_as_the_sdk_reads_it(header in headers()) {
            let expected = extract(&TraceContextPropagator::new(), &header);
            prop_assert_eq!(extract(&Propagator::new(), &header), expected);
        }
    }
}

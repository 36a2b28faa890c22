//! W3C trace context and baggage, in and out, with the customer on board.

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt, BaggageMetadata, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::business::tags::Tags;
use crate::semconv::BUSINESS_CUSTOMER_ID;

/// What is carried from service to service: `OTEL_PROPAGATORS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carries {
    pub(crate) trace: bool,
    pub(crate) baggage: bool,
}

impl Default for Carries {
    fn default() -> Self {
        Self { trace: true, baggage: true }
    }
}

impl Carries {
    /// Reads the variable, and returns what it asks for that is not known here; that is ignored, as the specification
    /// demands.
    pub(crate) fn read(variable: Option<&str>) -> (Self, Vec<String>) {
        let Some(variable) = variable else { return (Self::default(), Vec::new()) };
        let mut carries = Self { trace: false, baggage: false };
        let mut unknown = Vec::new();
        for name in variable.split(',').map(str::trim) {
            match name {
                "tracecontext" => carries.trace = true,
                "baggage" => carries.baggage = true,
                "none" | "" => {}
                other => unknown.push(other.to_owned()),
            }
        }
        (carries, unknown)
    }
}

/// Carries `traceparent`, `tracestate` and `baggage`; what goes out names the customer of the request under way.
///
/// The common case, a `traceparent` of version 00 and nothing else, is read without an allocation.
#[derive(Debug, Default)]
pub(crate) struct Propagator {
    carries: Carries,
    trace: TraceContextPropagator,
    baggage: BaggagePropagator,
    fields: Vec<String>,
}

impl Propagator {
    pub(crate) fn new(carries: Carries) -> Self {
        let trace = ["traceparent", "tracestate"].into_iter().filter(|_| carries.trace);
        let fields = trace.chain(carries.baggage.then_some("baggage")).map(str::to_owned).collect();
        Self { carries, fields, ..Self::default() }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        if self.carries.trace {
            self.trace.inject_context(context, injector);
        }
        if !self.carries.baggage {
            return;
        }
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
        let traceparent = extractor.get("traceparent").filter(|_| self.carries.trace);
        let mut context = match traceparent {
            None => context.clone(),
            Some(header) => match (parse(header), extractor.get("tracestate")) {
                (Some(caller), None) => context.with_remote_span_context(caller),
                _ => self.trace.extract_with_context(context, extractor),
            },
        };
        if self.carries.baggage && extractor.get("baggage").is_some() {
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

    #[test]
    fn only_what_is_asked_for_is_carried() {
        let read = |text| Carries::read(Some(text));
        let both = Carries::default();
        assert_eq!(Carries::read(None), (both, Vec::new()));
        assert_eq!(read("baggage, tracecontext"), (both, Vec::new()));
        assert_eq!(read("none"), (Carries { trace: false, baggage: false }, Vec::new()));
        let (carries, unknown) = read("tracecontext,b3");
        assert_eq!((carries.baggage, unknown.as_slice()), (false, &["b3".to_owned()][..]));

        let header = format!("00-{:032x}-{:016x}-01", 7, 9);
        assert!(extract(&Propagator::new(carries), &header).is_valid());
        let nothing = Propagator::new(Carries { trace: false, baggage: false });
        assert!(!extract(&nothing, &header).is_valid());
        let mut sent = HashMap::<String, String>::new();
        let context = Context::new().with_baggage([opentelemetry::KeyValue::new("a", "b")]);
        Propagator::new(carries).inject_context(&context, &mut sent);
        assert_eq!(sent.get("baggage"), None);
        Propagator::new(both).inject_context(&context, &mut sent);
        assert_eq!(sent.get("baggage").map(String::as_str), Some("a=b"));
    }

    proptest! {
        #[test]
        fn a_callers_trace_is_read_as_the_sdk_reads_it(header in headers()) {
            let expected = extract(&TraceContextPropagator::new(), &header);
            prop_assert_eq!(extract(&Propagator::new(Carries::default()), &header), expected);
        }
    }
}

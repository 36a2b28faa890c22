//! Lets a check record spans of its own within the span of its run.

use opentelemetry::Context;
use opentelemetry_sdk::trace::SdkTracer;

/// Whoever runs a check lends it this, in the context.
#[derive(Debug)]
struct Lent(
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only journeys record"))] SdkTracer,
);

/// Returns a context in which a check can record spans that go where the span of its run goes.
pub(crate) fn lend(tracer: &SdkTracer) -> Context {
    Context::new().with_value(Lent(tracer.clone()))
}

/// Returns what was lent to the check under way.
#[cfg(feature = "http")]
pub(crate) fn tracer() -> Option<SdkTracer> {
    Context::map_current(|context| context.get::<Lent>().map(|lent| lent.0.clone()))
}

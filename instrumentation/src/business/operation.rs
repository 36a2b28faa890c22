//! Work that means something to the business and is no request.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{SpanBuilder, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::trace::SdkTracer;
use tokio::time::Instant;

use super::catalog::Catalog;
use super::metric::Durations;
use super::tags::{ComponentTag, CustomerTag, Tags};
use crate::providers::Providers;

/// Measures operations; comes from [`Telemetry::business`](crate::Telemetry::business), clones are cheap.
#[derive(Debug, Clone)]
pub struct Business {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    catalog: Arc<Catalog>,
    tracer: SdkTracer,
    durations: Durations,
}

impl Business {
    pub(crate) fn new(providers: &Providers, catalog: Arc<Catalog>) -> Self {
        let meter = providers.meter.meter_with_scope(crate::scope());
        let durations = Durations::new(&meter, &catalog);
        let tracer = providers.tracer.tracer_with_scope(crate::scope());
        Self { inner: Arc::new(Inner { catalog, tracer, durations }) }
    }

    /// Returns the business map of the service, which is empty when none was given.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    #[cfg(feature = "axum")]
    pub(crate) fn shared_catalog(&self) -> &Arc<Catalog> {
        &self.inner.catalog
    }

    #[cfg(feature = "axum")]
    pub(crate) fn durations(&self) -> &Durations {
        &self.inner.durations
    }

    /// Describes a piece of work of a component: a job, a message, a command.
    ///
    /// Both names become part of metrics or of span names, so they must come from the code and never from a request.
    ///
    /// ```
    /// # async fn render() -> Result<(), std::io::Error> { Ok(()) }
    /// # async fn job(telemetry: &bellwether::Telemetry) -> Result<(), std::io::Error> {
    /// telemetry.business().operation("reports", "render monthly report").customer("zebra").run(render()).await
    /// # }
    /// ```
    pub fn operation(
        &self,
        component: &'static str,
        name: impl Into<Cow<'static, str>>,
    ) -> Operation {
        Operation {
            inner: Arc::clone(&self.inner),
            component: ComponentTag::named(component, &self.inner.catalog),
            name: name.into(),
            customer: None,
        }
    }
}

/// A piece of work that is about to run; comes from [`Business::operation`].
#[derive(Debug)]
#[must_use = "an operation is measured by run"]
pub struct Operation {
    inner: Arc<Inner>,
    component: ComponentTag,
    name: Cow<'static, str>,
    customer: Option<String>,
}

impl Operation {
    /// Says whom the work serves; [`customer`](super::customer) does the same from within.
    pub fn customer(mut self, id: impl Into<String>) -> Self {
        self.customer = Some(id.into());
        self
    }

    /// Runs the work in a span with business tags and records its duration; an `Err` counts as a failure.
    ///
    /// Work that is dropped half-way leaves a span and no duration.
    ///
    /// # Errors
    ///
    /// Returns what the work returns.
    pub async fn run<T, E: Display>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let parent = Context::current();
        let tags = Tags::begin(&self.inner.catalog, Some(self.component), &parent);
        if let Some(id) = &self.customer {
            tags.say_customer(id);
        }
        let span = SpanBuilder::from_name(self.name)
            .with_attributes(self.component.attributes().collect::<Vec<_>>());
        // Without tags, lest the span also gets those of the request around it.
        let untagged = parent.with_value(Tags::default());
        let span = self.inner.tracer.build_with_context(span, &untagged);
        let context = parent.with_value(tags).with_span(span);

        let result = work.with_context(context.clone()).await;

        let span = context.span();
        let durations = &self.inner.durations;
        if let Some(tags) = context.get::<Tags>() {
            let customer = tags.customer();
            span.set_attributes(customer.into_iter().flat_map(CustomerTag::attributes));
            let component = tags.component().unwrap_or(self.component);
            let seconds = began.elapsed().as_secs_f64();
            durations.record(seconds, component, customer, result.is_err());
        }
        if let Err(error) = &result {
            span.set_status(Status::error(error.to_string()));
        }
        span.end();
        result
    }
}

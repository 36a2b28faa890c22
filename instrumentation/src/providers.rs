//! The SDK's providers of traces, metrics and logs, and the layer over them.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::business::processors::TagLogs;
use crate::exporters::Tries;
use crate::loss::{self, CountedMetrics, LogsQueue, Loss, SpansQueue};
use crate::propagation::{Carries, Propagator};
use crate::settings::Settings;

/// The three providers; clones share their queues.
#[derive(Clone)]
pub(crate) struct Providers {
    pub(crate) tracer: SdkTracerProvider,
    pub(crate) meter: SdkMeterProvider,
    pub(crate) logger: SdkLoggerProvider,
    pub(crate) carries: Carries,
}

impl Providers {
    /// Builds providers that export over OTLP; must be called within the runtime that will carry the connections.
    pub(crate) fn otlp(
        resource: &Resource,
        settings: &Settings,
        loss: &Arc<Loss>,
    ) -> Result<Self, ExporterBuildError> {
        let (exporters, signals) = (&settings.exporters, settings.signals);
        let mut providers = Self { carries: settings.carries, ..Self::disabled() };
        if signals.traces {
            let spans = exporters.spans(Tries::AsSpecified)?;
            providers.tracer = SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_sampler(settings.sampler.clone())
                .with_span_processor(SpansQueue::new(spans, settings.span_queue, loss))
                .build();
        }
        if signals.metrics {
            let metrics = exporters.metrics(settings.temporality)?;
            providers.meter = SdkMeterProvider::builder()
                .with_resource(resource.clone())
                .with_periodic_exporter(CountedMetrics::new(metrics, loss))
                .build();
        }
        if signals.logs {
            let logs = exporters.logs(Tries::AsSpecified)?;
            providers.logger = SdkLoggerProvider::builder()
                .with_resource(resource.clone())
                .with_log_processor(TagLogs)
                .with_log_processor(LogsQueue::new(logs, settings.log_queue, loss))
                .build();
        }
        loss::observe(loss, &providers.meter.meter_with_scope(crate::scope()));
        Ok(providers)
    }

    /// Builds providers that drop everything.
    pub(crate) fn disabled() -> Self {
        Self {
            tracer: SdkTracerProvider::builder()
                .with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOff)
                .build(),
            meter: SdkMeterProvider::builder().build(),
            logger: SdkLoggerProvider::builder().build(),
            carries: Carries::default(),
        }
    }

    /// Returns what carries traces and baggage in and out.
    pub(crate) fn propagator(&self) -> Propagator {
        Propagator::new(self.carries)
    }

    /// Returns the one layer for `tracing_subscriber`: lean spans, and events as logs.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let spans = tracing_opentelemetry::layer()
            .with_tracer(self.tracer.tracer_with_scope(crate::scope()))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        let logs = OpenTelemetryTracingBridge::new(&self.logger);
        // What the SDK says of its own exports must not become an export.
        let filter = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("opentelemetry", LevelFilter::OFF);
        spans.and_then(logs).with_filter(filter)
    }

    /// Sends what is queued. Blocks; what cannot be delivered is the SDK's to report.
    pub(crate) fn flush(&self) {
        let _ = self.tracer.force_flush();
        let _ = self.logger.force_flush();
        let _ = self.meter.force_flush();
    }

    /// Sends what is queued and stops. Blocks; what cannot be delivered is the SDK's to report.
    pub(crate) fn shutdown(&self, timeout: Duration) {
        let _ = self.tracer.shutdown_with_timeout(timeout);
        let _ = self.logger.shutdown_with_timeout(timeout);
        let _ = self.meter.shutdown_with_timeout(timeout);
    }
}

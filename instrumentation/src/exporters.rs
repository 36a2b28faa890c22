//! OTLP exporters, over the protocol that the environment asks for.

use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, RetryPolicy, SpanExporter, WithTonicConfig,
};
use opentelemetry_sdk::metrics::Temporality;

#[cfg(feature = "http-proto")]
mod over_http;

/// A protocol of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// gRPC.
    Grpc,
    /// Protobuf in HTTP/1.1 requests.
    #[cfg(feature = "http-proto")]
    Http,
}

/// Builds exporters; where they send to is read from the standard variables.
#[derive(Debug, Clone)]
pub(crate) struct Exporters {
    pub(crate) traces: Protocol,
    pub(crate) metrics: Protocol,
    pub(crate) logs: Protocol,
}

/// How often an exporter tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tries {
    /// As often as the OTLP specification advises.
    AsSpecified,
    /// Once: whoever calls tries again.
    One,
}

impl Exporters {
    /// Builds an exporter of spans. Must be called within the runtime that carries the connections, as the others must.
    pub(crate) fn spans(&self, tries: Tries) -> Result<SpanExporter, ExporterBuildError> {
        match self.traces {
            Protocol::Grpc if tries == Tries::One => SpanExporter::builder()
                .with_tonic()
                .with_retry_policy(RetryPolicy::disabled())
                .build(),
            Protocol::Grpc => SpanExporter::builder().with_tonic().build(),
            #[cfg(feature = "http-proto")]
            Protocol::Http => over_http::spans(tries),
        }
    }

    /// Builds an exporter of log records.
    pub(crate) fn logs(&self, tries: Tries) -> Result<LogExporter, ExporterBuildError> {
        match self.logs {
            Protocol::Grpc if tries == Tries::One => LogExporter::builder()
                .with_tonic()
                .with_retry_policy(RetryPolicy::disabled())
                .build(),
            Protocol::Grpc => LogExporter::builder().with_tonic().build(),
            #[cfg(feature = "http-proto")]
            Protocol::Http => over_http::logs(tries),
        }
    }

    /// Builds an exporter of metrics.
    pub(crate) fn metrics(
        &self,
        temporality: Temporality,
    ) -> Result<MetricExporter, ExporterBuildError> {
        match self.metrics {
            Protocol::Grpc => {
                MetricExporter::builder().with_tonic().with_temporality(temporality).build()
            }
            #[cfg(feature = "http-proto")]
            Protocol::Http => over_http::metrics(temporality),
        }
    }
}

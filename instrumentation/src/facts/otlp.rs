//! Facts over OTLP.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _, SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};

use super::{Event, ProbeTarget, Sighting, Transport};
use crate::env::Lookup;
use crate::exporters::{Exporters, Tries};

/// Longest wait for an answer before an attempt counts as failed.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Sends each fact over a connection of its own, to where the `OTEL_EXPORTER_OTLP_*` variables point.
pub(crate) struct OtlpTransport {
    exporters: Exporters,
    resource: Resource,
    scope: InstrumentationScope,
    // The SDK lets nobody but a logger make a record.
    records: SdkLogger,
    probes: ProbeTarget,
}

impl OtlpTransport {
    pub(crate) fn new(exporters: Exporters, resource: Resource, env: &Lookup) -> Self {
        let scope = crate::scope();
        let records = SdkLoggerProvider::builder().build().logger_with_scope(scope.clone());
        let probes = ProbeTarget::read(env, exporters.logs);
        Self { exporters, resource, scope, records, probes }
    }
}

impl Transport for OtlpTransport {
    fn send_spans(&self, spans: Vec<SpanData>) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let exporter = self.exporters.spans(Tries::One);
            let mut exporter = exporter.map_err(|error| error.to_string())?;
            exporter.set_resource(&self.resource);
            within_attempt(exporter.export(spans)).await
        }
        .boxed()
    }

    fn send_event(&self, event: Event) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let exporter = self.exporters.logs(Tries::One);
            let mut exporter = exporter.map_err(|error| error.to_string())?;
            exporter.set_resource(&self.resource);
            let now = opentelemetry::time::now();
            let mut record = self.records.create_log_record();
            record.set_timestamp(now);
            record.set_observed_timestamp(now);
            event.write(&mut record);
            within_attempt(exporter.export(LogBatch::new(&[(&record, &self.scope)]))).await
        }
        .boxed()
    }

    fn ask<'t>(&'t self, nonce: &'t str) -> BoxFuture<'t, Sighting> {
        self.probes.ask(nonce).boxed()
    }

    fn endpoint(&self) -> String {
        self.probes.endpoint().to_owned()
    }
}

async fn within_attempt(export: impl Future<Output = OTelSdkResult>) -> Result<(), String> {
    match tokio::time::timeout(ATTEMPT, export).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_elapsed) => Err(format!("no answer within {} s", ATTEMPT.as_secs())),
    }
}

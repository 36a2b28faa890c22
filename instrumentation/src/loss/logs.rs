//! Losses of log records.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter, LogProcessor, SdkLogRecord,
};

use super::queue::Occupancy;
use super::{Loss, LossReason};

/// The SDK's batch of log records, which counts what finds no place.
#[derive(Debug)]
pub(crate) struct LogsQueue {
    batch: BatchLogProcessor,
    occupancy: Occupancy,
    loss: Arc<Loss>,
}

impl LogsQueue {
    pub(crate) fn new<E>(exporter: E, limit: usize, loss: &Arc<Loss>) -> Self
    where
        E: LogExporter + 'static,
    {
        let occupancy = Occupancy::new(limit);
        let counted =
            CountedLogs { exporter, occupancy: occupancy.clone(), loss: Arc::clone(loss) };
        let config = BatchConfigBuilder::default().with_max_queue_size(limit).build();
        let batch = BatchLogProcessor::builder(counted).with_batch_config(config).build();
        Self { batch, occupancy, loss: Arc::clone(loss) }
    }
}

impl LogProcessor for LogsQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.occupancy.take() {
            self.batch.emit(record, scope);
        } else {
            self.loss.logs.drop_items(LossReason::QueueFull, 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batch.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batch.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batch.set_resource(resource);
    }
}

/// Counts what could not be exported.
#[derive(Debug)]
struct CountedLogs<E> {
    exporter: E,
    occupancy: Occupancy,
    loss: Arc<Loss>,
}

impl<E: LogExporter> LogExporter for CountedLogs<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let items = batch.iter().count();
        self.occupancy.leave(items);
        let result = self.exporter.export(batch).await;
        self.loss.logs.exported(items as u64, result)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

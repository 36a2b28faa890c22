//! Losses of spans.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};

use super::queue::Occupancy;
use super::{Loss, LossReason};
use crate::business::processors::tag_span;

/// The SDK's batch of spans, which tags what begins in it and counts what finds no place.
///
/// One processor does both, because the SDK copies every span for each further processor.
#[derive(Debug)]
pub(crate) struct SpansQueue {
    batch: BatchSpanProcessor,
    occupancy: Occupancy,
    loss: Arc<Loss>,
}

impl SpansQueue {
    pub(crate) fn new<E>(exporter: E, limit: usize, loss: &Arc<Loss>) -> Self
    where
        E: SpanExporter + 'static,
    {
        let occupancy = Occupancy::new(limit);
        let counted =
            CountedSpans { exporter, occupancy: occupancy.clone(), loss: Arc::clone(loss) };
        let config = BatchConfigBuilder::default().with_max_queue_size(limit).build();
        let batch = BatchSpanProcessor::builder(counted).with_batch_config(config).build();
        Self { batch, occupancy, loss: Arc::clone(loss) }
    }
}

impl SpanProcessor for SpansQueue {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        tag_span(span, parent);
    }

    fn on_end(&self, span: SpanData) {
        if self.occupancy.take() {
            self.batch.on_end(span);
        } else {
            self.loss.traces.drop_items(LossReason::QueueFull, 1);
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
struct CountedSpans<E> {
    exporter: E,
    occupancy: Occupancy,
    loss: Arc<Loss>,
}

impl<E: SpanExporter> SpanExporter for CountedSpans<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let items = batch.len();
        self.occupancy.leave(items);
        let result = self.exporter.export(batch).await;
        self.loss.traces.exported(items as u64, result)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

//! Losses of metric points.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use super::Loss;

/// Counts the points that could not be exported.
#[derive(Debug)]
pub(crate) struct CountedMetrics<E> {
    exporter: E,
    loss: Arc<Loss>,
}

impl<E> CountedMetrics<E> {
    pub(crate) fn new(exporter: E, loss: &Arc<Loss>) -> Self {
        Self { exporter, loss: Arc::clone(loss) }
    }
}

impl<E: PushMetricExporter> PushMetricExporter for CountedMetrics<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.exporter.export(metrics).await;
        let items = if result.is_ok() { 0 } else { points(metrics) };
        self.loss.metrics.exported(items, result)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

fn points(metrics: &ResourceMetrics) -> u64 {
    let metrics = metrics.scope_metrics().flat_map(|scope| scope.metrics());
    let points = metrics.map(|metric| match metric.data() {
        AggregatedMetrics::F64(data) => of_kind(data),
        AggregatedMetrics::U64(data) => of_kind(data),
        AggregatedMetrics::I64(data) => of_kind(data),
    });
    points.sum::<usize>() as u64
}

fn of_kind<T>(data: &MetricData<T>) -> usize {
    match data {
        MetricData::Gauge(gauge) => gauge.data_points().count(),
        MetricData::Sum(sum) => sum.data_points().count(),
        MetricData::Histogram(histogram) => histogram.data_points().count(),
        MetricData::ExponentialHistogram(histogram) => histogram.data_points().count(),
    }
}

//! The end of telemetry: what is queued goes out, and nobody waits longer than said.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

use super::*;
use crate::loss::{Loss, SpansQueue};
use crate::providers::Providers;

/// Never ends an export.
#[derive(Debug)]
struct Hangs;

impl SpanExporter for Hangs {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        std::future::pending().await
    }
}

/// Returns telemetry with one span in its queue.
fn telemetry(exporter: impl SpanExporter + 'static) -> Telemetry {
    let queue = SpansQueue::new(exporter, 100, &Arc::new(Loss::default()));
    let tracer = SdkTracerProvider::builder().with_span_processor(queue).build();
    tracer.tracer("test").in_span("work", |_| {});
    Telemetry::new(Parts {
        providers: Providers { tracer, ..Providers::disabled() },
        ..Parts::silent()
    })
}

/// Counts the spans that go out.
#[derive(Debug, Clone, Default)]
struct Counts(Arc<AtomicUsize>);

impl SpanExporter for Counts {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn what_is_queued_goes_out_with_an_orderly_end_and_with_a_mere_drop() {
    for orderly in [true, false] {
        let spans = Counts::default();
        let telemetry = telemetry(spans.clone());
        if orderly {
            telemetry.shutdown().await;
        } else {
            drop(telemetry);
        }
        assert_eq!(spans.0.load(Ordering::Relaxed), 1, "{orderly}");
    }
}

/// On the real clock: the SDK's queues have threads, which know nothing of a paused one.
#[tokio::test]
async fn nobody_waits_longer_than_two_seconds_for_an_export_that_hangs() {
    let began = Instant::now();
    let (mut orderly, mut dropped) = (None, None);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            drop(telemetry(Hangs));
            dropped = Some(began.elapsed());
        });
        threads.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            runtime.unwrap().block_on(telemetry(Hangs).shutdown());
            orderly = Some(began.elapsed());
        });
    });
    for took in [orderly, dropped] {
        let took = took.unwrap();
        assert!(took >= CLOSING, "the export was waited for: {took:?}");
        assert!(took < CLOSING + Duration::from_secs(1), "{took:?}");
    }
}

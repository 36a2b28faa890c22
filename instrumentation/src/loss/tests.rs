use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex};

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

use super::*;

/// A receiver that a test can break.
#[derive(Debug, Clone, Default)]
struct Receiver {
    broken: Arc<AtomicBool>,
    busy: Arc<Mutex<()>>,
    called: Arc<Called>,
}

/// Hears of each call, in turn.
#[derive(Debug, Default)]
struct Called(Mutex<u32>, Condvar);

impl Called {
    fn wait(&self) {
        let calls = self.0.lock().unwrap();
        let mut calls = self.1.wait_while(calls, |calls| *calls == 0).unwrap();
        *calls -= 1;
    }
}

impl SpanExporter for Receiver {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        *self.called.0.lock().unwrap() += 1;
        self.called.1.notify_all();
        drop(self.busy.lock().unwrap());
        if self.broken.load(Ordering::Relaxed) {
            return Err(OTelSdkError::InternalFailure("connection refused".to_owned()));
        }
        Ok(())
    }
}

fn traces(loss: &Loss) -> SignalLoss {
    loss.report(Instant::now()).remove(0)
}

#[test]
fn failed_exports_are_counted_and_the_state_says_since_when() {
    let (loss, receiver) = (Arc::new(Loss::default()), Receiver::default());
    let provider = SdkTracerProvider::builder()
        .with_span_processor(SpansQueue::new(receiver.clone(), 100, &loss))
        .build();
    let tracer = provider.tracer("test");
    let send = |count| {
        (0..count).for_each(|_| drop(tracer.start("span")));
        let _ = provider.force_flush();
    };

    send(3);
    assert_eq!((traces(&loss).total(), traces(&loss).failing_for()), (0, None));

    receiver.broken.store(true, Ordering::Relaxed);
    send(4);
    let broken = traces(&loss);
    assert_eq!(broken.signal(), "traces");
    assert_eq!(broken.dropped().find(|(_, n)| *n > 0), Some((LossReason::ExportFailed, 4)));
    assert!(broken.failing_for().is_some());
    assert!(broken.last_error().unwrap().contains("connection refused"));

    receiver.broken.store(false, Ordering::Relaxed);
    send(1);
    let mended = traces(&loss);
    assert_eq!((mended.total(), mended.failing_for()), (4, None));
    assert!(mended.last_loss().is_some());
}

#[test]
fn what_finds_no_place_in_the_queue_is_counted() {
    let (loss, receiver) = (Arc::new(Loss::default()), Receiver::default());
    let provider = SdkTracerProvider::builder()
        .with_span_processor(SpansQueue::new(receiver.clone(), 10, &loss))
        .build();
    let tracer = provider.tracer("test");
    let stuck = receiver.busy.lock().unwrap();
    // The first ten are a batch, which gets stuck at the receiver; they have left the queue by then.
    (0..10).for_each(|_| drop(tracer.start("span")));
    receiver.called.wait();
    (0..25).for_each(|_| drop(tracer.start("span")));
    let full = traces(&loss);
    assert_eq!(full.dropped().find(|(_, n)| *n > 0), Some((LossReason::QueueFull, 15)));
    assert_eq!(full.failing_for(), None, "a slow receiver is not a broken one");
    drop(stuck);
    receiver.called.wait();
}

#[test]
fn the_counts_are_a_metric_too() {
    let loss = Arc::new(Loss::default());
    let metrics = opentelemetry_sdk::metrics::InMemoryMetricExporter::default();
    let reader = opentelemetry_sdk::metrics::PeriodicReader::builder(metrics.clone()).build();
    let provider =
        opentelemetry_sdk::metrics::SdkMeterProvider::builder().with_reader(reader).build();
    let meter = opentelemetry::metrics::MeterProvider::meter(&provider, "test");
    observe(&loss, &meter);
    loss.logs.drop_items(LossReason::QueueFull, 42);
    provider.force_flush().unwrap();
    let text = format!("{:?}", metrics.get_finished_metrics().unwrap());
    for expected in ["telemetry.export.dropped", "logs", "queue_full", "42"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

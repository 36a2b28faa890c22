//! The receiver `self`: hands what the collector says about itself to its own pipelines.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::{Ingest, Signal};
use bytes::Bytes;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{Own, encode, events, trace};

/// How long a request that there was no room for waits.
const AGAIN: Duration = Duration::from_secs(1);

/// Sends metrics every so often, events and spans as they come.
pub(in crate::app) struct Source {
    pub(in crate::app) own: Arc<Own>,
    pub(in crate::app) ingest: Arc<dyn Ingest>,
    /// How often metrics are sent.
    pub(in crate::app) every: Duration,
}

impl Source {
    /// Sends until told to stop, and then once more.
    pub(in crate::app) async fn run(self, stop: CancellationToken) {
        self.own.want(true);
        let mut tick = interval(self.every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let took = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = self.own.events.came() => self.news().await,
                () = self.own.spans.came() => self.news().await,
                _ = tick.tick() => {
                    // totals: what is not taken now is in the next ones
                    self.metrics().await;
                    true
                }
            };
            if !took {
                stop.run_until_cancelled(sleep(AGAIN)).await;
            }
        }
        self.news().await;
        self.metrics().await;
    }

    async fn metrics(&self) {
        let (reading, times) = self.own.read();
        let body = encode::metrics(&reading, &self.own.resource, times);
        self.send(Signal::Metrics, body).await;
    }

    /// Sends events and spans; says whether they were taken.
    async fn news(&self) -> bool {
        let own = &self.own;
        let events = own.events.take();
        let mut took = true;
        if !events.is_empty() {
            took = self.send(Signal::Logs, events::request(events.iter(), &own.resource)).await;
            if !took {
                own.events.put_back(events);
            }
        }
        let spans = own.spans.take();
        if !spans.is_empty() {
            let body = trace::request(spans.iter(), &own.resource);
            if !self.send(Signal::Traces, body).await {
                own.spans.put_back(spans);
                took = false;
            }
        }
        took
    }

    async fn send(&self, signal: Signal, body: Bytes) -> bool {
        match self.ingest.ingest(signal, body).await {
            Ok(_) => true,
            Err(why) => {
                tracing::debug!(signal = signal.as_str(), %why, "there is no room for what the collector says about itself");
                false
            }
        }
    }
}

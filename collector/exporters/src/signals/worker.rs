//! Carries requests to a destination, one after the other, in order.

use std::sync::Arc;

use bellwether_core::ingest::Signal;
use bytes::Bytes;

use super::partial::partial_success;
use super::{Compression, Queue, SignalVendor, pack};
use crate::call::{Answer, Call};
use crate::link::Link;
use crate::verdict::Verdict;

/// Owns the way of OTLP to one destination.
pub(crate) struct SignalWorker {
    vendor: Arc<dyn SignalVendor>,
    queue: Arc<Queue>,
    link: Link,
}

/// Why a request is given up without asking the destination.
struct Unsendable {
    reason: &'static str,
    why: String,
}

impl SignalWorker {
    pub(crate) fn new(vendor: Arc<dyn SignalVendor>, queue: Arc<Queue>, link: Link) -> Self {
        Self { vendor, queue, link }
    }

    /// Runs until a stop is asked for and either nothing waits or the time to drain is over.
    pub(crate) async fn run(mut self) {
        let stop = self.link.stop.clone();
        tokio::select! {
            biased;
            () = self.work() => {}
            () = stop.over() => {}
        }
        let left = self.queue.close();
        if left > 0 {
            self.link.lane.dropped("shutdown", left.try_into().unwrap_or(u64::MAX));
            let destination = &self.link.destination;
            tracing::warn!(%destination, requests = left, "stopped before everything was sent");
        }
    }

    async fn work(&mut self) {
        while let Some((signal, body)) = self.queue.front(&self.link.stop).await {
            match self.prepare(signal, body).await {
                Ok(call) => self.deliver(signal, call).await,
                Err(Unsendable { reason, why }) => self.give_up(signal, reason, &why),
            }
            self.queue.done();
        }
    }

    /// Compresses a body and renders its call, unless it is larger than the destination takes.
    async fn prepare(&self, signal: Signal, body: Bytes) -> Result<Call, Unsendable> {
        let limit = self.vendor.limit(signal);
        let plain = body.len();
        let oversize = |size: usize, limit: usize| Unsendable {
            reason: "oversize",
            why: format!("{size} bytes are more than the {limit} that the destination takes"),
        };
        if plain > limit.plain {
            return Err(oversize(plain, limit.plain));
        }
        let compression = self.vendor.compression();
        let body = match compression {
            Compression::None => body,
            Compression::Gzip => pack::gzip_async(body)
                .await
                .map_err(|error| Unsendable { reason: "compression", why: error.to_string() })?,
        };
        if body.len() > limit.packed {
            return Err(oversize(body.len(), limit.packed));
        }
        let call = self.vendor.call(signal, body);
        Ok(if compression == Compression::Gzip { call.gzipped() } else { call })
    }

    /// Tries until the destination takes or refuses the request.
    async fn deliver(&mut self, signal: Signal, call: Call) {
        loop {
            let verdict = match self.link.send(call.clone()).await {
                Ok(answer) => {
                    let verdict = self.vendor.judge(&answer);
                    if verdict == Verdict::Accepted {
                        return self.taken(signal, &answer);
                    }
                    verdict
                }
                Err(why) => Verdict::Retry { after: None, why },
            };
            match verdict {
                Verdict::Accepted => return,
                Verdict::Retry { after, why } => {
                    let wait = self.link.failed(after, &why);
                    self.link.stop.sleep(wait).await;
                }
                Verdict::Pause { why } => self.link.pause(&why, || self.vendor.probe()).await,
                Verdict::Reject { why } => {
                    self.link.was_refused(&why);
                    return self.give_up(signal, "rejected", &why);
                }
            }
        }
    }

    fn taken(&mut self, signal: Signal, answer: &Answer) {
        self.link.went_well();
        self.link.lane.sent(self.link.now());
        if let Some(partial) = partial_success(answer) {
            self.link.lane.refused_items(partial.rejected);
            let why =
                format!("{}: {} refused: {}", signal.as_str(), partial.rejected, partial.message);
            self.link.complain("request taken in part", "partial_success", &why);
        }
    }

    fn give_up(&mut self, signal: Signal, reason: &str, why: &str) {
        self.link.lane.dropped(reason, 1);
        self.link.complain("request dropped", reason, &format!("{}: {why}", signal.as_str()));
    }
}

//! Counts what comes in at one receiver.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bellwether_core::ingest::Signal;
use bellwether_proto::metrics::{
    COLLECTOR_RECEIVER_ACCEPTED_ITEMS, COLLECTOR_RECEIVER_ACCEPTED_REQUESTS,
    COLLECTOR_RECEIVER_ACCEPTED_SIZE, COLLECTOR_RECEIVER_REFUSED_REQUESTS,
};
use bellwether_proto::semconv::{REASON, RECEIVER, SIGNAL};

use super::metric::Reading;

/// The counts of one receiver; its workers share them.
#[derive(Debug, Default)]
pub(in crate::app) struct Tally {
    traces: Counts,
    metrics: Counts,
    logs: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    items: AtomicU64,
    bytes: AtomicU64,
    /// By reason. Refusals are rare, or there is time for a lock.
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

impl Tally {
    fn of(&self, signal: Signal) -> &Counts {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    /// Counts a request that was acknowledged; `items` is zero where nobody counted.
    pub(in crate::app) fn accepted(&self, signal: Signal, items: u32, bytes: usize) {
        let counts = self.of(signal);
        counts.requests.fetch_add(1, Ordering::Relaxed);
        counts.items.fetch_add(items.into(), Ordering::Relaxed);
        counts.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts a request that was not taken.
    pub(in crate::app) fn refused(&self, signal: Signal, why: &'static str) {
        let mut refused = self.of(signal).refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(why).or_default() += 1;
    }

    /// Returns how many requests were acknowledged, and how many were not taken, by reason.
    pub(in crate::app) fn totals(&self) -> (u64, BTreeMap<String, u64>) {
        let mut refused = BTreeMap::new();
        let mut requests = 0;
        for signal in Signal::ALL {
            let counts = self.of(signal);
            requests += counts.requests.load(Ordering::Relaxed);
            for (why, count) in counts.refused() {
                *refused.entry(why.to_owned()).or_default() += count;
            }
        }
        (requests, refused)
    }

    pub(super) fn read(&self, receiver: &str, reading: &mut Reading) {
        for signal in Signal::ALL {
            let counts = self.of(signal);
            let labels = [(RECEIVER, receiver), (SIGNAL, signal.as_str())];
            for (metric, count) in [
                (&COLLECTOR_RECEIVER_ACCEPTED_REQUESTS, &counts.requests),
                (&COLLECTOR_RECEIVER_ACCEPTED_ITEMS, &counts.items),
                (&COLLECTOR_RECEIVER_ACCEPTED_SIZE, &counts.bytes),
            ] {
                reading.add(metric, &labels, count.load(Ordering::Relaxed));
            }
            for (why, count) in counts.refused() {
                let labels = [(RECEIVER, receiver), (SIGNAL, signal.as_str()), (REASON, why)];
                reading.add(&COLLECTOR_RECEIVER_REFUSED_REQUESTS, &labels, count);
            }
        }
    }
}

impl Counts {
    fn refused(&self) -> BTreeMap<&'static str, u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

//! Where the requests of each signal go.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::ingest::Signal;
use bytes::Bytes;

use super::outlets::Outlets;
use crate::config;

/// Takes bytes for one destination; the destination counts what it cannot take.
pub(super) trait Sink: Send + Sync {
    fn send(&self, signal: Signal, body: Bytes);
}

/// Where requests of one kind of signal go.
#[derive(Default)]
pub(super) struct Lane {
    /// Whether the health plane looks at them.
    pub(super) observed: bool,
    /// The destinations.
    pub(super) sinks: Vec<Arc<dyn Sink>>,
}

/// The lanes of the three signals.
#[derive(Default)]
pub(super) struct Lanes {
    pub(super) traces: Lane,
    pub(super) metrics: Lane,
    pub(super) logs: Lane,
}

impl Lanes {
    /// Leads each signal to the outlets that its lane names.
    pub(super) fn build(configured: &BTreeMap<Signal, config::Lane>, outlets: &Outlets) -> Self {
        let mut lanes = Self::default();
        for (signal, lane) in configured {
            let sinks = outlets.sinks(&lane.exporters);
            *lanes.of_mut(*signal) = Lane { observed: lane.observed, sinks };
        }
        lanes
    }

    pub(super) fn of(&self, signal: Signal) -> &Lane {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        }
    }

    pub(super) fn of_mut(&mut self, signal: Signal) -> &mut Lane {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }
}

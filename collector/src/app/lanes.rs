//! Where the requests of each signal go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bytes::Bytes;
use tokio::sync::watch;

use super::outlets::Outlets;
use crate::config::{Config, Pipeline};

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
    /// Leads what comes from a receiver to where its pipelines lead. Pipelines of one signal
    /// are taken together: what two of them send to one destination arrives once, and what two
    /// of them have judged is judged once.
    fn of_receiver(name: &str, pipelines: &[Pipeline], outlets: &Outlets) -> Self {
        let mut lanes = Self::default();
        for signal in Signal::ALL {
            let mine = |it: &&Pipeline| it.signal == signal && it.receivers.contains(name);
            let mine: Vec<&Pipeline> = pipelines.iter().filter(mine).collect();
            let exporters: BTreeSet<&Destination> =
                mine.iter().flat_map(|it| &it.exporters).collect();
            *lanes.of_mut(signal) = Lane {
                observed: mine.iter().any(|it| it.observed),
                sinks: outlets.sinks(&exporters),
            };
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

    fn of_mut(&mut self, signal: Signal) -> &mut Lane {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }
}

/// The lanes of every receiver, by its name. They can be laid anew while requests come.
#[derive(Default)]
pub(super) struct Network {
    receivers: BTreeMap<String, watch::Sender<Arc<Lanes>>>,
}

impl Network {
    pub(super) fn build(config: &Config, outlets: &Outlets) -> Self {
        let lanes = |name: &String| {
            let lanes = Lanes::of_receiver(name, &config.pipelines, outlets);
            (name.clone(), watch::Sender::new(Arc::new(lanes)))
        };
        Self { receivers: config.receivers.keys().map(lanes).collect() }
    }

    /// Returns the lanes of a receiver as they are at any time.
    pub(super) fn of(&self, receiver: &str) -> Option<watch::Receiver<Arc<Lanes>>> {
        self.receivers.get(receiver).map(watch::Sender::subscribe)
    }
}

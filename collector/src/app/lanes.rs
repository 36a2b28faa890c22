//! Where the requests of each signal go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bellwether_core::queue::{NotQueued, Queue, Request, Room};
use futures_util::future::join_all;
use tokio::sync::watch;

use super::outlets::Outlets;
use crate::config::{Config, Pipeline};

/// Where requests of one kind of signal go.
#[derive(Default)]
pub(super) struct Lane {
    /// Whether the health plane looks at them.
    pub(super) observed: bool,
    /// The queues of the destinations.
    pub(super) queues: Vec<Arc<dyn Queue>>,
}

impl Lane {
    /// Takes room for a request in the queues of all destinations, or in none: what one of them
    /// refuses will come again, and no other should have it twice then.
    pub(super) fn reserve(&self, bytes: usize) -> Result<Vec<Room>, NotQueued> {
        self.queues.iter().map(|queue| queue.reserve(bytes)).collect()
    }

    /// Appends a request to all queues at the same time, so that they wait for their disks
    /// together. A queue whose last append failed goes first, since it may fail again.
    pub(super) async fn append(&self, rooms: Vec<Room>, request: Request) -> Result<(), NotQueued> {
        let entries = self.queues.iter().zip(rooms);
        let (failing, well): (Vec<_>, Vec<_>) = entries.partition(|(queue, _)| queue.is_failing());
        for (queue, room) in failing {
            queue.append(room, request.clone()).await?;
        }
        let appends = well.into_iter().map(|(queue, room)| queue.append(room, request.clone()));
        join_all(appends).await.into_iter().collect()
    }
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
                queues: outlets.queues(&exporters),
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

#[cfg(test)]
mod tests;

//! Where the requests of each signal go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_core::ids::{ComponentId, Destination};
use bellwether_core::ingest::Signal;
use bellwether_core::queue::{NotQueued, Queue, Request, Room};
use bellwether_core::state::ComponentState;
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::outlets::Outlets;
use super::treatment::Treatment;
use crate::config::{Config, OWN, PROBES, Pipeline, Processor};

/// How often it is looked whether a lane is empty.
const LOOK: Duration = Duration::from_millis(5);

/// Where requests of one kind of signal go.
#[derive(Default)]
pub(super) struct Lane {
    /// Whether the health plane looks at them.
    pub(super) observed: bool,
    /// What is done with them: each thing once, however many destinations want it.
    pub(super) treatments: Vec<Treatment>,
    /// The queues of the destinations, each with the number of its treatment.
    pub(super) queues: Vec<(usize, Arc<dyn Queue>)>,
}

impl Lane {
    /// Leads where pipelines lead. What is not `judged` passes the health processor by.
    fn of(pipelines: &[&Pipeline], judged: bool, config: &Config, outlets: &Outlets) -> Self {
        let mut lane = Self::default();
        let mut doing: Vec<(Vec<Processor>, BTreeSet<&Destination>)> = Vec::new();
        for pipeline in pipelines {
            lane.observed |= judged && pipeline.is_observed();
            let mut does = pipeline.processors.clone();
            does.retain(|it| judged || *it != Processor::Health);
            let treatment = Treatment::new(&does, &config.catalog, config.enrich);
            // processors of which nothing is seen in what goes on are as good as none
            if treatment.is_nothing() {
                does.clear();
            }
            let known = doing.iter().position(|(it, _)| *it == does);
            let at = known.unwrap_or_else(|| {
                doing.push((does, BTreeSet::new()));
                lane.treatments.push(treatment);
                doing.len() - 1
            });
            if let Some((_, exporters)) = doing.get_mut(at) {
                exporters.extend(&pipeline.exporters);
            }
        }
        for (at, (_, exporters)) in doing.iter().enumerate() {
            lane.queues.extend(outlets.queues(exporters).into_iter().map(|it| (at, it)));
        }
        lane
    }

    /// Takes room for a request in the queues of all destinations, or in none: what one of them
    /// refuses will come again, and no other should have it twice then.
    pub(super) fn reserve(&self, bytes: usize) -> Result<Vec<Room>, NotQueued> {
        self.queues.iter().map(|(_, queue)| queue.reserve(bytes)).collect()
    }

    /// Does with a request what its pipelines ask for, and takes room for what it has grown by.
    pub(super) fn treat(&self, request: &Request) -> Result<(Vec<Request>, Vec<Room>), NotQueued> {
        let treat = |it: &Treatment| {
            let body = it.treat(request.signal, &request.body);
            Request { body, ..request.clone() }
        };
        let treated: Vec<Request> = self.treatments.iter().map(treat).collect();
        let grown = |(treatment, queue): &(usize, Arc<dyn Queue>)| {
            let bytes = treated.get(*treatment)?.body.len().checked_sub(request.body.len())?;
            (bytes > 0).then(|| queue.reserve(bytes))
        };
        let rooms = self.queues.iter().filter_map(grown).collect::<Result<_, _>>()?;
        Ok((treated, rooms))
    }

    /// Appends a request, as it was treated, to all queues at the same time, so that they wait for
    /// their disks together. A queue whose last append failed goes first, since it may fail again.
    pub(super) async fn append(
        &self,
        rooms: Vec<Room>,
        treated: &[Request],
    ) -> Result<(), NotQueued> {
        let entries = self.queues.iter().zip(rooms).filter_map(|((treatment, queue), room)| {
            Some((queue, room, treated.get(*treatment)?.clone()))
        });
        let (failing, well): (Vec<_>, Vec<_>) = entries.partition(|(it, ..)| it.is_failing());
        for (queue, room, request) in failing {
            queue.append(room, request).await?;
        }
        let appends = well.into_iter().map(|(queue, room, request)| queue.append(room, request));
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
    /// are taken together: what two of them that do the same send to one destination arrives
    /// once, and what two of them have judged is judged once.
    fn of_receiver(name: &str, config: &Config, outlets: &Outlets) -> Self {
        let mut lanes = Self::default();
        for signal in Signal::ALL {
            let mine = |it: &&Pipeline| it.signal == signal && it.receivers.contains(name);
            let mine: Vec<&Pipeline> = config.pipelines.iter().filter(mine).collect();
            // what the collector says about itself is no evidence, and says whose it is
            *lanes.of_mut(signal) = Lane::of(&mine, name != OWN, config, outlets);
        }
        // what is asked from outside is asked to be judged; it needs no pipeline for that
        lanes.traces.observed |= name == PROBES;
        lanes
    }

    /// Takes in how components are.
    fn learn(&self, states: &BTreeMap<ComponentId, ComponentState>) {
        let all = Signal::ALL.into_iter().flat_map(|signal| &self.of(signal).treatments);
        all.for_each(|treatment| treatment.learn(states));
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
    laid: Mutex<Laid>,
}

/// Lanes that requests may still be on, and no further one takes.
#[derive(Default)]
pub(super) struct OldLanes(Vec<Arc<Lanes>>);

impl OldLanes {
    /// Waits until the last request has left them, so that where they led can be closed.
    pub(super) async fn empty(self, deadline: Instant) {
        let is_used = || self.0.iter().any(|it| Arc::strong_count(it) > 1);
        while is_used() && Instant::now() < deadline {
            sleep(LOOK).await;
        }
    }
}

#[derive(Default)]
struct Laid {
    receivers: BTreeMap<String, watch::Sender<Arc<Lanes>>>,
    /// How components were when that was last said.
    states: BTreeMap<ComponentId, ComponentState>,
}

impl Network {
    /// Lays the lanes of every receiver that a pipeline takes from, anew where they are laid.
    /// Returns those that no further request takes.
    pub(super) fn lay(&self, config: &Config, outlets: &Outlets) -> OldLanes {
        let (mut laid, mut old) = (self.laid(), OldLanes::default());
        let gone =
            |name: &String, _: &mut _| name != PROBES && !config.receivers.contains_key(name);
        for (_, sender) in laid.receivers.extract_if(.., gone) {
            old.0.push(Arc::clone(&sender.borrow()));
        }
        let probes = PROBES.to_owned();
        for name in config.receivers.keys().chain([&probes]) {
            let lanes = Lanes::of_receiver(name, config, outlets);
            lanes.learn(&laid.states);
            match laid.receivers.get(name) {
                Some(sender) => old.0.push(sender.send_replace(Arc::new(lanes))),
                None => {
                    let sender = watch::Sender::new(Arc::new(lanes));
                    laid.receivers.insert(name.clone(), sender);
                }
            }
        }
        old
    }

    /// Lets everything that tells signals whose they are know how components are.
    pub(super) fn learn(&self, states: &BTreeMap<ComponentId, ComponentState>) {
        let mut laid = self.laid();
        if laid.states != *states {
            laid.states.clone_from(states);
            laid.receivers.values().for_each(|it| it.borrow().learn(states));
        }
    }

    fn laid(&self) -> MutexGuard<'_, Laid> {
        self.laid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the lanes of a receiver as they are at any time.
    pub(super) fn of(&self, receiver: &str) -> Option<watch::Receiver<Arc<Lanes>>> {
        self.laid().receivers.get(receiver).map(watch::Sender::subscribe)
    }
}

#[cfg(test)]
mod tests;

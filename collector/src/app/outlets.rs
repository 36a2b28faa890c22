//! The way out: what carries signals and notices to each destination.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ids::Destination;
use bellwether_core::queue::Queue;
use bellwether_core::store::Outbox;
use bellwether_exporters::metrics::Measures;
use bellwether_exporters::settings::QueueSettings;
use bellwether_exporters::signals::{Fit, Fitting};
use bellwether_exporters::status::DestinationStatus;
use bellwether_exporters::timing::Stop;
use bellwether_exporters::{Drafter, Exporter, Runtime};
use futures_util::future::try_join_all;
use tokio::sync::watch;
use tokio::time::Instant;

use super::parts::{Parts, Running, sure};
use super::queues::Queues;

/// How long a destination that is taken away may go on delivering.
const LEAVE: Duration = Duration::from_secs(3);

/// How long a worker that is only exchanged may take to end what it has begun.
const EXCHANGE: Duration = Duration::from_secs(1);

/// Every destination.
pub(super) struct Outlets {
    queues: Queues,
    pub(super) runtime: Runtime,
    outbox: Arc<dyn Outbox>,
    owed: watch::Receiver<u64>,
    measures: Arc<dyn Measures>,
    live: BTreeMap<Destination, Outlet>,
}

/// One destination.
pub(super) struct Outlet {
    exporter: Exporter,
    signals: Option<Signals>,
    /// What tells it of incidents and of metrics.
    tellers: Vec<Worker>,
}

/// The queue of signals and the worker that empties it.
struct Signals {
    settings: QueueSettings,
    queue: Arc<dyn Queue>,
    fitting: Fitting,
    worker: Worker,
}

/// A worker of a destination.
struct Worker {
    name: String,
    stop: Stop,
    /// What is not running yet; behind a lock only because a future cannot be looked at by many.
    work: Mutex<Option<BoxFuture<'static, ()>>>,
    running: Option<Running>,
}

/// Changes that are ready to be made, none of which can fail any more but the reopening.
pub(super) struct Prepared {
    added: Vec<Outlet>,
    refitted: Vec<(Exporter, Option<Fit>, Vec<Worker>)>,
    /// Those whose queue is another one, and can be opened only when the old one is closed.
    reopened: Vec<Exporter>,
    removed: BTreeSet<Destination>,
}

impl Worker {
    fn new(name: String, stop: Stop, work: BoxFuture<'static, ()>) -> Self {
        Self { name, stop, work: Mutex::new(Some(work)), running: None }
    }

    fn start(&mut self, parts: &mut Parts) {
        let work = self.work.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(work) = work {
            self.running = Some(parts.run(self.name.clone(), sure(work)));
        }
    }

    /// Asks it to end; returns what to wait for.
    fn leave(&self, deadline: Instant) -> Option<Running> {
        self.stop.by(deadline);
        self.running
    }
}

/// Waits for workers that were asked to end at a deadline: they do so by themselves, and write
/// down what is left.
async fn ended(leaving: Vec<Running>, parts: &mut Parts, deadline: Instant) {
    for running in leaving {
        parts.end_of(running, deadline + EXCHANGE).await;
    }
}

impl Outlets {
    /// Makes a way out that leads nowhere yet.
    pub(super) fn new(
        queues: Queues,
        runtime: Runtime,
        outbox: Arc<dyn Outbox>,
        owed: watch::Receiver<u64>,
        measures: Arc<dyn Measures>,
    ) -> Self {
        Self { queues, runtime, outbox, owed, measures, live: BTreeMap::new() }
    }

    /// Opens all queues at the same time: each reads what waits in it. Nothing runs yet.
    pub(super) async fn open(&mut self, exporters: Vec<Exporter>) -> anyhow::Result<()> {
        let opened = try_join_all(exporters.into_iter().map(|it| self.outlet(it))).await?;
        self.live = opened.into_iter().map(|it| (it.exporter.destination().clone(), it)).collect();
        Ok(())
    }

    async fn outlet(&self, exporter: Exporter) -> anyhow::Result<Outlet> {
        let signals = match exporter.queue() {
            None => None,
            Some(settings) => {
                let destination = exporter.destination();
                let queue = self.queues.open(destination, settings).await?;
                let (stop, runtime) = self.own_runtime();
                let run = exporter.run_signals(&runtime, Arc::clone(&queue))?;
                run.map(|(fitting, work)| {
                    let name = format!("exporter {destination} (signals)");
                    let worker = Worker::new(name, stop, work);
                    Signals { settings, queue, fitting, worker }
                })
            }
        };
        let tellers = self.tellers(&exporter)?;
        Ok(Outlet { exporter, signals, tellers })
    }

    fn tellers(&self, exporter: &Exporter) -> anyhow::Result<Vec<Worker>> {
        let name = |what| format!("exporter {} ({what})", exporter.destination());
        let (stop, runtime) = self.own_runtime();
        let notices = exporter.run_notices(&runtime, self.outbox.clone(), self.owed.clone())?;
        let notices = notices.map(|work| Worker::new(name("notices"), stop, work));
        let (stop, runtime) = self.own_runtime();
        let metrics = exporter.run_metrics(&runtime, Arc::clone(&self.measures))?;
        let metrics = metrics.map(|work| Worker::new(name("metrics"), stop, work));
        Ok(notices.into_iter().chain(metrics).collect())
    }

    /// Returns a runtime that can be stopped alone.
    fn own_runtime(&self) -> (Stop, Runtime) {
        let stop = self.runtime.stop.child();
        (stop.clone(), Runtime { stop, ..self.runtime.clone() })
    }

    /// Opens what is new and prepares what has changed. Nothing that runs is touched.
    pub(super) async fn prepare(
        &self,
        exporters: Vec<Exporter>,
        added: &BTreeSet<Destination>,
        changed: &BTreeSet<Destination>,
        removed: &BTreeSet<Destination>,
    ) -> anyhow::Result<Prepared> {
        let mut prepared = Prepared {
            added: Vec::new(),
            refitted: Vec::new(),
            reopened: Vec::new(),
            removed: removed.clone(),
        };
        for mut exporter in exporters {
            let destination = exporter.destination();
            if added.contains(destination) {
                prepared.added.push(self.outlet(exporter).await?);
            } else if let Some(old) =
                self.live.get(destination).filter(|_| changed.contains(destination))
            {
                exporter.succeed(&old.exporter);
                let fit = exporter.fit(&self.runtime)?;
                let before = old.signals.as_ref().map(|it| it.settings);
                // what series have come to is learnt when a worker begins
                let same_deltas = old.exporter.only_delta() == exporter.only_delta();
                if same_queue(before, exporter.queue()) && same_deltas {
                    let tellers = self.tellers(&exporter)?;
                    prepared.refitted.push((exporter, fit, tellers));
                } else {
                    prepared.reopened.push(exporter);
                }
            }
        }
        Ok(prepared)
    }

    /// Adds what is new, so that lanes can lead there. The rest stays as it is.
    pub(super) fn add(&mut self, prepared: &mut Prepared) {
        for outlet in prepared.added.drain(..) {
            self.live.insert(outlet.exporter.destination().clone(), outlet);
        }
    }

    /// Changes and takes away what was prepared, once no lane leads to what goes.
    pub(super) async fn change(&mut self, prepared: Prepared, parts: &mut Parts) {
        for (exporter, fit, tellers) in prepared.refitted {
            self.refit(exporter, fit, tellers, parts).await;
        }
        for exporter in prepared.reopened {
            self.reopen(exporter, parts).await;
        }
        for destination in prepared.removed {
            if let Some(old) = self.live.remove(&destination) {
                let deadline = Instant::now() + LEAVE;
                ended(old.leave(deadline), parts, deadline).await;
            }
        }
        self.start(parts);
    }

    async fn refit(
        &mut self,
        exporter: Exporter,
        fit: Option<Fit>,
        tellers: Vec<Worker>,
        parts: &mut Parts,
    ) {
        let Some(old) = self.live.get_mut(exporter.destination()) else { return };
        if let (Some(signals), Some(fit)) = (&mut old.signals, fit) {
            signals.settings = fit.queue();
            exporter.refit_signals(&signals.fitting, fit);
        }
        // one of them at a time settles what the outbox owes
        let deadline = Instant::now() + EXCHANGE;
        let leaving = old.tellers.iter().filter_map(|it| it.leave(deadline)).collect();
        old.tellers = tellers;
        old.exporter = exporter;
        ended(leaving, parts, deadline).await;
    }

    /// Closes a queue and opens it with other settings. Should that fail, lanes lead to the closed
    /// one, and senders are told to come again.
    async fn reopen(&mut self, exporter: Exporter, parts: &mut Parts) {
        let destination = exporter.destination().clone();
        let deadline = Instant::now() + LEAVE;
        let leaving = self.live.get(&destination).map(|it| it.leave(deadline));
        ended(leaving.unwrap_or_default(), parts, deadline).await;
        match self.outlet(exporter).await {
            Ok(outlet) => drop(self.live.insert(destination, outlet)),
            Err(error) => tracing::error!(
                %destination, error = format!("{error:#}"),
                "destination cannot be opened with its new settings; it takes nothing until it is"
            ),
        }
    }

    /// Runs the workers that do not run yet.
    pub(super) fn start(&mut self, parts: &mut Parts) {
        for outlet in self.live.values_mut() {
            for worker in
                outlet.tellers.iter_mut().chain(outlet.signals.iter_mut().map(|it| &mut it.worker))
            {
                worker.start(parts);
            }
        }
    }

    /// Returns the queues of these destinations.
    pub(super) fn queues(&self, wanted: &BTreeSet<&Destination>) -> Vec<Arc<dyn Queue>> {
        let wanted = wanted.iter().filter_map(|it| self.live.get(*it)?.signals.as_ref());
        wanted.map(|it| Arc::clone(&it.queue)).collect()
    }

    /// Returns what the destinations are made of.
    pub(super) fn exporters(&self) -> impl Iterator<Item = &Exporter> {
        self.live.values().map(|it| &it.exporter)
    }

    /// Returns what writes drafts for destinations.
    pub(super) fn drafters(&self) -> Vec<Drafter> {
        self.exporters().filter_map(Exporter::drafter).collect()
    }

    /// Returns the status of every destination, which stays readable while they run.
    pub(super) fn statuses(&self) -> Vec<Arc<DestinationStatus>> {
        self.exporters().map(Exporter::status).collect()
    }
}

impl Outlet {
    /// Asks all its workers to end; returns what to wait for.
    fn leave(&self, deadline: Instant) -> Vec<Running> {
        let workers = self.tellers.iter().chain(self.signals.iter().map(|it| &it.worker));
        workers.filter_map(|it| it.leave(deadline)).collect()
    }
}

/// Says whether what waits can go on waiting where it does.
fn same_queue(before: Option<QueueSettings>, after: Option<QueueSettings>) -> bool {
    let place = |it: QueueSettings| (it.storage, it.size, it.policy);
    before.map(place) == after.map(place)
}

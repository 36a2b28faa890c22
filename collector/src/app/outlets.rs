//! The way out: what carries signals and notices to each destination.

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_core::BoxFuture;
use bellwether_core::ids::Destination;
use bellwether_core::queue::Queue;
use bellwether_core::store::Outbox;
use bellwether_exporters::status::DestinationStatus;
use bellwether_exporters::{Exporter, Runtime};
use futures_util::future::try_join_all;
use tokio::sync::watch;

use super::parts::Parts;
use super::queues::Queues;

/// Every destination, with the queues of those that take signals. Nothing runs yet.
pub(super) struct Outlets {
    exporters: Vec<Exporter>,
    signals: Vec<Outlet>,
}

/// The signal queue of a destination and the worker that empties it.
struct Outlet {
    destination: Destination,
    queue: Arc<dyn Queue>,
    worker: BoxFuture<'static, ()>,
}

impl Outlet {
    /// Opens the queue; nothing for a destination that takes no signals.
    async fn open(
        exporter: &Exporter,
        queues: &Queues,
        runtime: &Runtime,
    ) -> anyhow::Result<Option<Self>> {
        let Some(settings) = exporter.queue() else { return Ok(None) };
        let destination = exporter.destination().clone();
        let queue = queues.open(&destination, settings).await?;
        let worker = exporter.run_signals(runtime, Arc::clone(&queue))?;
        Ok(worker.map(|worker| Self { destination, queue, worker }))
    }
}

impl Outlets {
    /// Opens all queues at the same time: each reads what waits in it.
    pub(super) async fn build(
        exporters: Vec<Exporter>,
        queues: &Queues,
        runtime: &Runtime,
    ) -> anyhow::Result<Self> {
        let open = exporters.iter().map(|it| Outlet::open(it, queues, runtime));
        let signals = try_join_all(open).await?.into_iter().flatten().collect();
        Ok(Self { exporters, signals })
    }

    /// Returns the queues of these destinations.
    pub(super) fn queues(&self, wanted: &BTreeSet<&Destination>) -> Vec<Arc<dyn Queue>> {
        let wanted = self.signals.iter().filter(|it| wanted.contains(&it.destination));
        wanted.map(|it| Arc::clone(&it.queue)).collect()
    }

    /// Returns the status of every destination, which stays readable while they run.
    pub(super) fn statuses(&self) -> Vec<Arc<DestinationStatus>> {
        self.exporters.iter().map(Exporter::status).collect()
    }

    /// Runs the workers of all destinations.
    ///
    /// # Errors
    /// Fails when the way to a destination cannot be opened.
    pub(super) fn start(
        self,
        parts: &mut Parts,
        runtime: &Runtime,
        outbox: &Arc<dyn Outbox>,
        owed: &watch::Receiver<u64>,
    ) -> anyhow::Result<()> {
        for exporter in &self.exporters {
            if let Some(worker) = exporter.run_notices(runtime, outbox.clone(), owed.clone())? {
                let name = format!("exporter {} (notices)", exporter.destination());
                parts.run(name, endless(worker));
            }
        }
        for outlet in self.signals {
            let name = format!("exporter {} (signals)", outlet.destination);
            parts.run(name, endless(outlet.worker));
        }
        Ok(())
    }
}

async fn endless(worker: BoxFuture<'static, ()>) -> anyhow::Result<()> {
    worker.await;
    Ok(())
}

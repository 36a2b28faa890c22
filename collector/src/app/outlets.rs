//! The way out: what carries signals and notices to each destination.

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_core::BoxFuture;
use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bellwether_core::store::Outbox;
use bellwether_exporters::signals::SignalSender;
use bellwether_exporters::status::DestinationStatus;
use bellwether_exporters::{Exporter, Runtime};
use bytes::Bytes;
use tokio::sync::watch;

use super::lanes::Sink;
use super::parts::Parts;

/// Every destination, with the queues of those that take signals. Nothing runs yet.
pub(super) struct Outlets {
    exporters: Vec<Exporter>,
    signals: Vec<Outlet>,
}

/// The signal queue of a destination and the worker that empties it.
struct Outlet {
    destination: Destination,
    sender: SignalSender,
    worker: BoxFuture<'static, ()>,
}

impl Sink for SignalSender {
    fn send(&self, signal: Signal, body: Bytes) {
        // the destination counts what it has no room for, and says so; others are not delayed
        let _ = self.try_send(signal, body);
    }
}

impl Outlets {
    pub(super) fn build(exporters: Vec<Exporter>, runtime: &Runtime) -> Self {
        let outlet = |it: &Exporter| {
            let (sender, worker) = it.run_signals(runtime)?;
            Some(Outlet { destination: it.destination().clone(), sender, worker })
        };
        let signals = exporters.iter().filter_map(outlet).collect();
        Self { exporters, signals }
    }

    /// Returns where requests for these destinations go in.
    pub(super) fn sinks(&self, wanted: &BTreeSet<&Destination>) -> Vec<Arc<dyn Sink>> {
        let wanted = self.signals.iter().filter(|it| wanted.contains(&&it.destination));
        wanted.map(|it| Arc::new(it.sender.clone()) as Arc<dyn Sink>).collect()
    }

    /// Returns the status of every destination, which stays readable while they run.
    pub(super) fn statuses(&self) -> Vec<Arc<DestinationStatus>> {
        self.exporters.iter().map(Exporter::status).collect()
    }

    /// Runs the workers of all destinations.
    pub(super) fn start(
        self,
        parts: &mut Parts,
        runtime: &Runtime,
        outbox: &Arc<dyn Outbox>,
        owed: &watch::Receiver<u64>,
    ) {
        for exporter in &self.exporters {
            if let Some(worker) = exporter.run_notices(runtime, outbox.clone(), owed.clone()) {
                let name = format!("exporter {} (notices)", exporter.destination());
                parts.run(name, endless(worker));
            }
        }
        for outlet in self.signals {
            let name = format!("exporter {} (signals)", outlet.destination);
            parts.run(name, endless(outlet.worker));
        }
    }
}

async fn endless(worker: BoxFuture<'static, ()>) -> anyhow::Result<()> {
    worker.await;
    Ok(())
}

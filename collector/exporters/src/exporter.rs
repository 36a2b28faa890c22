//! A destination, ready to be run.

use std::sync::Arc;

use bellwether_core::BoxFuture;
use bellwether_core::ids::Destination;
use bellwether_core::settings::Secret;
use bellwether_core::store::Outbox;
use tokio::sync::watch;

use crate::link::Link;
use crate::notices::{NoticePolicy, NoticeVendor, NoticeWorker};
use crate::redact::Redact;
use crate::signals::{Queue, SignalSender, SignalVendor, SignalWorker};
use crate::status::{DestinationStatus, Lane};
use crate::timing::{Clock, Stop, Timing};
use crate::transport::Transport;

/// What the workers of all destinations share.
#[derive(Clone)]
pub struct Runtime {
    /// Makes the calls.
    pub transport: Arc<dyn Transport>,
    /// Tells what time it is.
    pub clock: Clock,
    /// Says when to stop.
    pub stop: Stop,
}

/// What a kind of exporter makes of its settings.
#[derive(Default)]
pub struct Parts {
    /// Takes OTLP, if the destination does.
    pub signals: Option<Arc<dyn SignalVendor>>,
    /// Takes notices, if the destination does.
    pub notices: Option<Arc<dyn NoticeVendor>>,
    /// Every secret of the settings, so that none reaches a log.
    pub secrets: Vec<Secret>,
    /// How long the destination is waited for.
    pub timing: Timing,
    /// How many bytes of OTLP may wait in memory.
    pub queue_bytes: usize,
}

/// A destination, built and checked, of which nothing runs yet.
pub struct Exporter {
    destination: Destination,
    parts: Parts,
    redact: Redact,
    status: Arc<DestinationStatus>,
}

impl Exporter {
    /// Names what a kind made of its settings.
    pub fn new(destination: Destination, kind: &'static str, mut parts: Parts) -> Self {
        let redact = Redact::new(std::mem::take(&mut parts.secrets));
        let status = DestinationStatus {
            destination: destination.clone(),
            kind,
            signals: parts.signals.as_ref().map(|_| Arc::new(Lane::default())),
            notices: parts.notices.as_ref().map(|_| Arc::new(Lane::default())),
        };
        Self { destination, parts, redact, status: Arc::new(status) }
    }

    /// Returns the name in the configuration.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Says whether it takes OTLP, and so may stand in a pipeline.
    pub fn takes_signals(&self) -> bool {
        self.parts.signals.is_some()
    }

    /// Returns what whoever writes notices must know; absent when it takes none.
    pub fn notice_policy(&self) -> Option<NoticePolicy> {
        self.parts.notices.as_ref().map(|vendor| vendor.policy())
    }

    /// Returns its status, which stays readable while and after it runs.
    pub fn status(&self) -> Arc<DestinationStatus> {
        Arc::clone(&self.status)
    }

    /// Returns where OTLP goes in and the worker that carries it out; absent when it takes none.
    /// Called once, since both share one status.
    ///
    /// The worker ends after `runtime.stop` is cancelled: when everything was sent, or when the
    /// time to drain is over; what is left then is counted as dropped.
    pub fn run_signals(&self, runtime: &Runtime) -> Option<(SignalSender, BoxFuture<'static, ()>)> {
        let (vendor, lane) = (self.parts.signals.as_ref()?, self.status.signals.as_ref()?);
        let name = self.destination.clone();
        let queue = Arc::new(Queue::new(name, self.parts.queue_bytes, Arc::clone(lane)));
        let sender = SignalSender(Arc::clone(&queue));
        let worker = SignalWorker::new(Arc::clone(vendor), queue, self.link(lane, runtime));
        Some((sender, Box::pin(worker.run())))
    }

    /// Returns the worker that carries notices out of the outbox; absent when it takes none.
    /// Called once: it must be the only one that settles this destination's notices.
    ///
    /// `wake` changes whenever something was committed. The worker ends after `runtime.stop` is
    /// cancelled; what is left then stays in the outbox.
    pub fn run_notices(
        &self,
        runtime: &Runtime,
        outbox: Arc<dyn Outbox>,
        wake: watch::Receiver<u64>,
    ) -> Option<BoxFuture<'static, ()>> {
        let (vendor, lane) = (self.parts.notices.as_ref()?, self.status.notices.as_ref()?);
        let link = self.link(lane, runtime);
        let worker = NoticeWorker::new(Arc::clone(vendor), outbox, wake, link);
        Some(Box::pin(worker.run()))
    }

    fn link(&self, lane: &Arc<Lane>, runtime: &Runtime) -> Link {
        let (name, redact) = (self.destination.clone(), self.redact.clone());
        Link::new(name, Arc::clone(lane), runtime, self.parts.timing, redact)
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.destination, self.status.kind)
    }
}

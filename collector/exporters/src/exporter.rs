//! A destination, ready to be run.

use std::sync::{Arc, OnceLock};

use bellwether_core::BoxFuture;
use bellwether_core::ids::Destination;
use bellwether_core::queue::Queue;
use bellwether_core::settings::Secret;
use bellwether_core::store::Outbox;
use tokio::sync::watch;

use crate::link::Link;
use crate::notices::{NoticePolicy, NoticeVendor, NoticeWorker};
use crate::redact::Redact;
use crate::settings::{Problem, QueueSettings};
use crate::signals::{SignalVendor, SignalWorker};
use crate::status::{DestinationStatus, Lane};
use crate::timing::{Clock, Stop, Timing};
use crate::transport::{HttpError, Network};
use crate::wire::Wire;

/// What the workers of all destinations share.
#[derive(Clone)]
pub struct Runtime {
    /// Opens ways to destinations.
    pub network: Arc<dyn Network>,
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
    /// How OTLP waits.
    pub queue: QueueSettings,
    /// How the destination is reached.
    pub wire: Wire,
    /// What is no mistake in the settings and may surprise all the same; each message goes on
    /// behind the key.
    pub notes: Vec<Problem>,
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
            queue: OnceLock::new(),
            notices: parts.notices.as_ref().map(|_| Arc::new(Lane::default())),
        };
        Self { destination, parts, redact, status: Arc::new(status) }
    }

    /// Returns the name in the configuration.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Returns what is no mistake in its settings and may surprise all the same.
    pub fn notes(&self) -> &[Problem] {
        &self.parts.notes
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

    /// Says how OTLP waits for it; absent when it takes none.
    pub fn queue(&self) -> Option<QueueSettings> {
        self.parts.signals.as_ref().map(|_| self.parts.queue)
    }

    /// Returns the worker that carries OTLP out of the queue; absent when it takes none. Called
    /// once: it must be the only one that takes from this queue, and it closes it in the end.
    ///
    /// The worker ends after `runtime.stop` is cancelled: when everything was sent, or when the
    /// time to drain is over; what a queue does not keep then is counted as dropped.
    ///
    /// # Errors
    /// Fails when a certificate or a key cannot be used.
    pub fn run_signals(
        &self,
        runtime: &Runtime,
        queue: Arc<dyn Queue>,
    ) -> Result<Option<BoxFuture<'static, ()>>, OpenError> {
        let (Some(vendor), Some(lane)) = (&self.parts.signals, &self.status.signals) else {
            return Ok(None);
        };
        let link = self.link(lane, runtime)?;
        // a second call would be against the contract; the first queue stays the one shown
        let _ = self.status.queue.set(Arc::clone(&queue));
        let worker = SignalWorker::new(Arc::clone(vendor), queue, link, self.parts.queue);
        Ok(Some(Box::pin(worker.run())))
    }

    /// Returns the worker that carries notices out of the outbox; absent when it takes none.
    /// Called once: it must be the only one that settles this destination's notices.
    ///
    /// `wake` changes whenever something was committed. The worker ends after `runtime.stop` is
    /// cancelled; what is left then stays in the outbox.
    ///
    /// # Errors
    /// Fails when a certificate or a key cannot be used.
    pub fn run_notices(
        &self,
        runtime: &Runtime,
        outbox: Arc<dyn Outbox>,
        wake: watch::Receiver<u64>,
    ) -> Result<Option<BoxFuture<'static, ()>>, OpenError> {
        let (Some(vendor), Some(lane)) = (&self.parts.notices, &self.status.notices) else {
            return Ok(None);
        };
        let link = self.link(lane, runtime)?;
        let worker = NoticeWorker::new(Arc::clone(vendor), outbox, wake, link);
        Ok(Some(Box::pin(worker.run())))
    }

    fn link(&self, lane: &Arc<Lane>, runtime: &Runtime) -> Result<Link, OpenError> {
        let destination = self.destination.clone();
        let transport = runtime.network.open(&self.parts.wire);
        let transport = transport.map_err(|source| OpenError { destination, source })?;
        let (name, redact) = (self.destination.clone(), self.redact.clone());
        Ok(Link::new(name, Arc::clone(lane), runtime, transport, self.parts.timing, redact))
    }
}

/// Says why the way to a destination cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("exporters.{destination}")]
pub struct OpenError {
    destination: Destination,
    source: HttpError,
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.destination, self.status.kind)
    }
}

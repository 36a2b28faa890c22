//! A destination, ready to be run.

use std::sync::{Arc, OnceLock};

use bellwether_core::BoxFuture;
use bellwether_core::draft::Draft;
use bellwether_core::ids::{ComponentId, Destination};
use bellwether_core::incident::Incident;
use bellwether_core::links::Links;
use bellwether_core::notice::Change;
use bellwether_core::queue::Queue;
use bellwether_core::settings::Secret;
use bellwether_core::store::{Outbox, Receipts};
use bellwether_core::witness::Witness;
use bellwether_otlp::delta::Limits;
use tokio::sync::watch;

use crate::link::Link;
use crate::metrics::{Measures, MetricVendor, MetricWorker};
use crate::notices::{self, NoticePolicy, NoticeVendor, NoticeWorker, Trial, sample};
use crate::redact::Redact;
use crate::settings::{Problem, QueueSettings};
use crate::signals::{Fit, Fitting, SignalVendor, SignalWorker};
use crate::status::{DestinationStatus, Lane};
use crate::timing::{Clock, Stop, Timing};
use crate::transport::{HttpError, Network, Transport};
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
    /// Told of what is done.
    pub witness: Arc<dyn Witness>,
    /// Makes links by which people act on an incident.
    pub links: Arc<dyn Links>,
}

/// What a kind of exporter makes of its settings.
#[derive(Default)]
pub struct Parts {
    /// Takes OTLP, if the destination does.
    pub signals: Option<Arc<dyn SignalVendor>>,
    /// Takes notices, if the destination does.
    pub notices: Option<Arc<dyn NoticeVendor>>,
    /// Takes points of metrics, if the destination does.
    pub metrics: Option<Arc<dyn MetricVendor>>,
    /// Every secret of the settings, so that none reaches a log.
    pub secrets: Vec<Secret>,
    /// How long the destination is waited for.
    pub timing: Timing,
    /// How OTLP waits.
    pub queue: QueueSettings,
    /// How the destination is reached.
    pub wire: Wire,
    /// What the settings name that is declared elsewhere in the configuration.
    pub references: Vec<Reference>,
    /// What is no mistake in the settings and may surprise all the same; each message goes on
    /// behind the key.
    pub notes: Vec<Problem>,
}

/// Something that settings name and that is declared elsewhere in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it is named, from the settings of the destination on.
    pub path: String,
    /// What is named.
    pub to: Referent,
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referent {
    /// A component of the catalog.
    Component(ComponentId),
    /// A series of the history.
    Series(String),
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
            metrics: parts.metrics.as_ref().map(|_| Arc::new(Lane::default())),
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

    /// Returns what its settings name that is declared elsewhere in the configuration.
    pub fn references(&self) -> &[Reference] {
        &self.parts.references
    }

    /// Says whether it takes OTLP, and so may stand in a pipeline.
    pub fn takes_signals(&self) -> bool {
        self.parts.signals.is_some()
    }

    /// Returns what whoever writes notices must know; absent when it takes none.
    pub fn notice_policy(&self) -> Option<NoticePolicy> {
        self.parts.notices.as_ref().map(|vendor| vendor.policy())
    }

    /// Returns whom its notices are written to, where it knows them by name.
    pub fn reaches(&self) -> Vec<String> {
        self.parts.notices.as_ref().map(|vendor| vendor.reaches()).unwrap_or_default()
    }

    /// Says whether its notices are written only to those whom they name.
    pub fn named_only(&self) -> bool {
        self.parts.notices.as_ref().is_some_and(|vendor| vendor.named_only())
    }

    /// Returns what writes drafts for it; absent when it takes no notices.
    pub fn drafter(&self) -> Option<Drafter> {
        let vendor = Arc::clone(self.parts.notices.as_ref()?);
        Some(Drafter { destination: self.destination.clone(), vendor })
    }

    /// Returns its status, which stays readable while and after it runs.
    pub fn status(&self) -> Arc<DestinationStatus> {
        Arc::clone(&self.status)
    }

    /// Says how OTLP waits for it; absent when it takes none.
    pub fn queue(&self) -> Option<QueueSettings> {
        self.parts.signals.as_ref().map(|_| self.parts.queue)
    }

    /// Says how much may be known of cumulative series to turn them into delta; absent where the
    /// destination takes them as they are.
    pub fn only_delta(&self) -> Option<Limits> {
        self.parts.signals.as_ref()?.only_delta()
    }

    /// Returns the worker that carries OTLP out of the queue, and what gives it new settings;
    /// absent when the destination takes none. Called once: the worker must be the only one that
    /// takes from this queue, and it closes it in the end.
    ///
    /// The worker ends after `runtime.stop` is asked to: when everything was sent, or when the
    /// time to drain is over; what a queue does not keep then is counted as dropped.
    ///
    /// # Errors
    /// Fails when a certificate or a key cannot be used.
    pub fn run_signals(
        &self,
        runtime: &Runtime,
        queue: Arc<dyn Queue>,
    ) -> Result<Option<(Fitting, BoxFuture<'static, ()>)>, OpenError> {
        let (Some(fit), Some(lane)) = (self.fit(runtime)?, &self.status.signals) else {
            return Ok(None);
        };
        let link = self.link(lane, runtime)?;
        // a second call would be against the contract; the first queue stays the one shown
        let _ = self.status.queue.set(Arc::clone(&queue));
        let (fitting, seen) = watch::channel(fit);
        let worker = SignalWorker::new(Arc::clone(&queue), link, seen);
        Ok(Some((Fitting { fits: fitting, queue }, Box::pin(worker.run()))))
    }

    /// Gives what [`Exporter::fit`] made to the worker of another exporter of the same name,
    /// whose queue and status this one goes on with; says whether the worker still runs.
    pub fn refit_signals(&self, fitting: &Fitting, fit: Fit) -> bool {
        let _ = self.status.queue.set(Arc::clone(&fitting.queue));
        fitting.fits.send(fit).is_ok()
    }

    /// Takes over the counters of another exporter of the same name, so that they go on. To be
    /// called before anything runs.
    pub fn succeed(&mut self, before: &Self) {
        let (old, new) = (&before.status, &self.status);
        let next = |new: &Option<Arc<Lane>>, old: &Option<Arc<Lane>>| {
            new.as_ref().map(|new| Arc::clone(old.as_ref().unwrap_or(new)))
        };
        self.status = Arc::new(DestinationStatus {
            destination: new.destination.clone(),
            kind: new.kind,
            signals: next(&new.signals, &old.signals),
            queue: OnceLock::new(),
            notices: next(&new.notices, &old.notices),
            metrics: next(&new.metrics, &old.metrics),
        });
    }

    /// Returns what a worker of OTLP needs to know; absent when the destination takes none.
    ///
    /// # Errors
    /// Fails when a certificate or a key cannot be used.
    pub fn fit(&self, runtime: &Runtime) -> Result<Option<Fit>, OpenError> {
        let Some(vendor) = &self.parts.signals else { return Ok(None) };
        Ok(Some(Fit {
            vendor: Arc::clone(vendor),
            transport: self.transport(runtime)?,
            timing: self.parts.timing,
            redact: self.redact.clone(),
            settings: self.parts.queue,
        }))
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

    /// Returns the worker that tells of metrics once a minute; absent when the destination takes
    /// none. It ends once `runtime.stop` is asked to.
    ///
    /// # Errors
    /// Fails when a certificate or a key cannot be used.
    pub fn run_metrics(
        &self,
        runtime: &Runtime,
        measures: Arc<dyn Measures>,
    ) -> Result<Option<BoxFuture<'static, ()>>, OpenError> {
        let (Some(vendor), Some(lane)) = (&self.parts.metrics, &self.status.metrics) else {
            return Ok(None);
        };
        let link = self.link(lane, runtime)?;
        let worker = MetricWorker::new(Arc::clone(vendor), measures, link);
        Ok(Some(Box::pin(worker.run())))
    }

    /// Tells the destination of an incident that never was and that is marked so, from its
    /// beginning to its end. One that does not want to know of it is only asked whether it lets us
    /// in. `recipients` are told in the place of those of the settings, where there are several.
    ///
    /// # Errors
    /// Fails when a certificate or a key cannot be used. That the destination refuses is told
    /// in the result; absent when it takes no notices.
    pub async fn try_notices(
        &self,
        runtime: &Runtime,
        recipients: &[String],
    ) -> Result<Option<Vec<Trial>>, OpenError> {
        let (Some(vendor), Some(lane)) = (&self.parts.notices, &self.status.notices) else {
            return Ok(None);
        };
        let mut link = self.link(lane, runtime)?;
        let (now, mut receipts) = (link.now(), Receipts::new());
        let mut trials = Vec::new();
        for change in [Change::Opened, Change::Resolved] {
            let owed = sample::owed(&self.destination, change, recipients, now);
            let trial =
                notices::tell(&mut link, vendor.as_ref(), change, &owed, &mut receipts).await;
            let goes_on = trial.end.is_ok() && trial.skipped.is_none();
            let skipped = trial.skipped.is_some();
            trials.push(trial);
            if skipped {
                trials.extend(notices::probe(&mut link, vendor.as_ref()).await);
            }
            if !goes_on {
                break;
            }
        }
        Ok(Some(trials))
    }

    fn transport(&self, runtime: &Runtime) -> Result<Arc<dyn Transport>, OpenError> {
        let opened = runtime.network.open(&self.parts.wire);
        opened.map_err(|source| OpenError { destination: self.destination.clone(), source })
    }

    fn link(&self, lane: &Arc<Lane>, runtime: &Runtime) -> Result<Link, OpenError> {
        let transport = self.transport(runtime)?;
        let (name, redact) = (self.destination.clone(), self.redact.clone());
        Ok(Link::new(name, Arc::clone(lane), runtime, transport, self.parts.timing, redact))
    }
}

/// Says what customers would read of an incident.
#[derive(Clone)]
pub struct Drafter {
    destination: Destination,
    vendor: Arc<dyn NoticeVendor>,
}

impl Drafter {
    /// Returns what waits for a person to have it published.
    pub fn draft(&self, incident: &Incident) -> Option<Draft> {
        let (headline, text) = self.vendor.draft(incident)?;
        Some(Draft { destination: self.destination.clone(), headline, text })
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

//! Carries requests to a destination: several calls at once, begun in the order of the queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::BoxFuture;
use bellwether_core::queue::{NotKept, Queue, Queued};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::delivery::{Came, ask, keep, send};
use super::delta::Deltas;
use super::fit::Fit;
use super::flow::Flow;
use super::parcel::{Parcel, Window};
use super::progress::Progress;
use super::{Limit, SignalVendor};
use crate::link::Link;

/// The most requests that are put together, or wait for that.
const WINDOW: usize = 1_024;

/// No call begins while so many bytes are on their way, unless none is.
const IN_FLIGHT: usize = 16 << 20;

/// Owns the way of OTLP to one destination.
pub(crate) struct SignalWorker {
    pub(super) vendor: Arc<dyn SignalVendor>,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) link: Link,
    pub(super) flow: Flow,
    pub(super) window: Window,
    pub(super) progress: Progress,
    /// Absent where cumulative metrics leave as they are.
    deltas: Option<Deltas>,
    /// Up to where everything is done, and up to where the queue knows it.
    settled: u64,
    told: u64,
    /// Parcels that wait for their next try, in the order of the queue.
    pub(super) line: BTreeMap<(u64, u64), Waiting>,
    /// How many ever stood in line, to tell the halves of one request apart.
    pub(super) stood: u64,
    sending: FuturesUnordered<BoxFuture<'static, Came>>,
    pub(super) bytes_in_flight: usize,
    pub(super) pause: Pause,
    batch: usize,
    fits: watch::Receiver<Fit>,
    /// Since when it makes its calls as it does.
    fitted: Instant,
    stopping: bool,
}

/// A parcel that waits for its next try.
pub(super) struct Waiting {
    pub(super) due: Instant,
    pub(super) parcel: Parcel,
}

/// Whether the destination refuses our key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// It does not.
    No,
    /// It does, and is asked again when the flow opens.
    Yes,
    /// It did, and is being asked.
    Asking,
}

impl SignalWorker {
    /// Makes a worker that calls its destination as `fits` says at the time.
    pub(crate) fn new(queue: Arc<dyn Queue>, link: Link, mut fits: watch::Receiver<Fit>) -> Self {
        let Fit { vendor, settings, .. } = fits.borrow_and_update().clone();
        Self {
            vendor,
            queue,
            link,
            flow: Flow::new(settings.in_flight),
            window: Window::default(),
            progress: Progress::default(),
            deltas: None,
            settled: 0,
            told: 0,
            line: BTreeMap::new(),
            stood: 0,
            sending: FuturesUnordered::new(),
            bytes_in_flight: 0,
            pause: Pause::No,
            batch: settings.batch,
            fits,
            fitted: Instant::now(),
            stopping: false,
        }
    }

    /// Runs until a stop is asked for and either nothing waits or the time to drain is over.
    pub(crate) async fn run(mut self) {
        let stop = self.link.stop.clone();
        self.go_on();
        tokio::select! {
            biased;
            () = self.work() => {}
            () = stop.over() => {}
        }
        // calls that are cut off here may have arrived
        self.sending.clear();
        let left = self.queue.close().await;
        let destination = &self.link.destination;
        if left.lost > 0 {
            self.link.lane.dropped("shutdown", left.lost);
            tracing::warn!(%destination, requests = left.lost, "stopped before everything was sent");
        }
        if left.kept > 0 {
            tracing::info!(%destination, requests = left.kept, "stopped; what is queued is sent after the next start");
        }
    }

    /// Learns from the queue what cumulative series have come to.
    fn go_on(&mut self) {
        let Some(limits) = self.vendor.only_delta() else { return };
        let (deltas, restored) = Deltas::open(limits, &self.queue.kept(), self.link.now());
        if let Err(why) = restored {
            tracing::error!(
                destination = %self.link.destination, why,
                "what cumulative series had come to cannot be read; they begin anew"
            );
        }
        self.deltas = Some(deltas);
    }

    async fn work(&mut self) {
        loop {
            self.start();
            self.move_on();
            if self.stopping && self.is_idle() {
                return;
            }
            let wakes = self.wakes_at();
            tokio::select! {
                biased;
                Ok(()) = self.fits.changed() => self.refit(),
                Some(came) = self.sending.next(), if !self.sending.is_empty() => self.came(came),
                queued = self.queue.next(), if self.takes_more() => self.take(queued),
                () = sleep_until(wakes.unwrap_or_else(Instant::now)), if wakes.is_some() => {}
                () = self.link.stop.cancelled(), if !self.stopping => self.hurry(),
            }
        }
    }

    /// Goes on with new settings: everything that waits is tried with them at once.
    fn refit(&mut self) {
        let fit = self.fits.borrow_and_update().clone();
        let Fit { vendor, transport, timing, redact, settings } = fit;
        self.vendor = vendor;
        self.link.refit(transport, timing, redact);
        self.flow.refit(settings.in_flight);
        self.batch = settings.batch;
        if let (Some(deltas), Some(limits)) = (&mut self.deltas, self.vendor.only_delta()) {
            deltas.refit(limits);
        }
        self.pause = Pause::No;
        self.fitted = Instant::now();
        for waiting in self.line.values_mut() {
            waiting.parcel.packed = None;
        }
        self.all_due(self.fitted);
        tracing::info!(destination = %self.link.destination, "destination has new settings");
    }

    fn is_idle(&self) -> bool {
        self.sending.is_empty()
            && self.line.is_empty()
            && self.window.len() == 0
            && !self.queue.has_more()
    }

    /// Says whether requests may be taken from the queue, to be put together.
    pub(super) fn takes_more(&self) -> bool {
        self.window.bytes() < self.batch
            && self.window.len() < WINDOW
            && self.deltas.as_ref().is_none_or(Deltas::takes_more)
    }

    fn take(&mut self, mut queued: Queued) {
        self.progress.taken(queued.seq);
        let Some(deltas) = &mut self.deltas else { return self.window.push(queued) };
        let left_out = deltas.convert(&mut queued);
        self.link.left_out(&left_out);
        if left_out.total() > 0 && queued.request.items == 0 {
            self.progress.finished(queued.seq);
        } else {
            self.window.push(queued);
        }
    }

    /// Tells the queue up to where everything is done; what that changed has to be kept before.
    fn move_on(&mut self) {
        self.settled = self.progress.settle().unwrap_or(self.settled);
        if let Some(deltas) = &mut self.deltas {
            if let Some((notes, anew)) = deltas.owes(self.settled, self.progress.is_empty()) {
                self.sending.push(Box::pin(keep(Arc::clone(&self.queue), notes, anew)));
            }
            if !deltas.is_kept(self.settled) {
                return;
            }
        }
        if self.settled > self.told {
            self.told = self.settled;
            self.queue.done(self.settled);
        }
    }

    /// Begins every call that may leave now.
    fn start(&mut self) {
        loop {
            while self.takes_more()
                && let Some(queued) = self.queue.try_next()
            {
                self.take(queued);
            }
            let now = Instant::now();
            if self.pause != Pause::No && !self.may_go_on(now) {
                return;
            }
            let Some(parcel) = self.due(now).or_else(|| self.fresh(now)) else { return };
            self.send(parcel, now);
        }
    }

    /// Asks a destination that refused our key whether it takes it now, where it can be asked.
    fn may_go_on(&mut self, now: Instant) -> bool {
        if self.pause == Pause::Asking || self.flow.opens_at(now).is_some() {
            return false;
        }
        match self.vendor.probe() {
            Some(call) if !self.stopping => {
                self.pause = Pause::Asking;
                self.sending.push(Box::pin(ask(self.link.caller.clone(), call)));
                false
            }
            // the next parcel is what it is asked with
            _ => true,
        }
    }

    /// Returns the next parcel whose time for another try has come.
    fn due(&mut self, now: Instant) -> Option<Parcel> {
        if !self.flow.admits(0, now) {
            return None;
        }
        let most = if self.flow.is_probing() { 1 } else { usize::MAX };
        let due = self.line.iter().take(most).find(|(_, it)| it.due <= now).map(|(key, _)| *key)?;
        self.line.remove(&due).map(|it| it.parcel)
    }

    /// Returns a parcel of requests that were not sent before. Those in line keep their places.
    fn fresh(&mut self, now: Instant) -> Option<Parcel> {
        let crowded = self.bytes_in_flight >= IN_FLIGHT;
        if crowded || !self.flow.admits(self.line.len(), now) {
            return None;
        }
        let Limit { plain, packed } = self.vendor.limit(self.window.signal()?);
        self.window.parcel(self.batch.min(plain).min(packed))
    }

    fn send(&mut self, parcel: Parcel, now: Instant) {
        self.flow.left();
        self.bytes_in_flight += parcel.bytes();
        let (vendor, caller) = (Arc::clone(&self.vendor), self.link.caller.clone());
        self.sending.push(Box::pin(send(vendor, caller, parcel, now)));
    }

    /// Returns when something may leave that may not now, if nothing else happens.
    fn wakes_at(&self) -> Option<Instant> {
        let now = Instant::now();
        let opens = self.flow.opens_at(now);
        let first = if self.flow.is_probing() {
            self.line.values().next().map(|it| it.due)
        } else {
            self.line.values().map(|it| it.due).min()
        };
        match self.pause {
            Pause::Asking => None,
            Pause::Yes => opens,
            // what is due and does not leave waits for a call to come back
            Pause::No => opens.max(first).filter(|at| *at > now),
        }
    }

    fn came(&mut self, came: Came) {
        match came {
            Came::Probe(true) => self.pause = Pause::No,
            Came::Probe(false) => self.paused("the key is still refused"),
            Came::Parcel(mut returned) => {
                if returned.left_at < self.fitted {
                    // it was packed for another way
                    returned.parcel.packed = None;
                }
                self.flow.came_back();
                let bytes = returned.parcel.bytes();
                self.bytes_in_flight = self.bytes_in_flight.saturating_sub(bytes);
                self.settle(*returned);
            }
            Came::Kept(kept) => self.kept(kept.err()),
        }
    }

    fn kept(&mut self, failure: Option<NotKept>) {
        if let Some(deltas) = &mut self.deltas {
            deltas.was_kept(failure.is_none());
        }
        if let Some(error) = failure {
            self.link.complain("cannot note what was sent, waiting", "notes", &error.to_string());
        }
    }

    /// Tries everything once more when a stop begins, whatever it was waiting for.
    fn hurry(&mut self) {
        self.stopping = true;
        self.flow.hurry();
        if self.pause == Pause::Yes {
            self.pause = Pause::No;
        }
        self.all_due(Instant::now());
    }

    pub(super) fn all_due(&mut self, now: Instant) {
        for waiting in self.line.values_mut() {
            waiting.due = waiting.due.min(now);
        }
    }

    pub(super) fn paused(&mut self, why: &str) {
        self.pause = Pause::Yes;
        self.link.paused(why);
        self.flow.shut(Instant::now() + self.link.timing.pause);
    }

    /// Puts a parcel in line for another try.
    pub(super) fn line_up(&mut self, parcel: Parcel, due: Instant) {
        self.stood += 1;
        self.line.insert((parcel.first(), self.stood), Waiting { due, parcel });
    }
}

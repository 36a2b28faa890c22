//! Facts: what the collector must learn even when it was away, and what the sender must know to have arrived.
//!
//! Spans, metrics and logs go through the SDK's batches, which drop what they cannot deliver. The few records that
//! decide whether somebody is told (startup spans, the route manifest, the announced end) take this way instead: each
//! is sent until the collector acknowledges it, over a fresh connection for every attempt, so that no half-open
//! connection and no backoff stands between a collector that has just started and its first fact.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join};
use opentelemetry_sdk::trace::SpanData;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::routing::RouteManifest;
use crate::startup::Outcome;

mod events;
mod otlp;
mod probe;
mod report;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use events::Event;
pub(crate) use otlp::OtlpTransport;
pub(crate) use probe::{ProbeTarget, Sighting};

/// First pause between attempts at what should arrive before the process ends; doubles up to [`RETRY`].
const FIRST_RETRY: Duration = Duration::from_millis(250);
/// Longest pause between attempts to deliver a fact.
pub(crate) const RETRY: Duration = Duration::from_secs(2);
/// Pause between repetitions of the route manifest: after three of them without one the collector knows within a minute
/// that the instance is gone.
pub(crate) const PERIOD: Duration = Duration::from_secs(15);

/// Carries one fact to the collector; `Ok` means acknowledged.
pub(crate) trait Transport: Send + Sync + 'static {
    fn send_spans(&self, spans: Vec<SpanData>) -> BoxFuture<'_, Result<(), String>>;
    fn send_event(&self, event: Event) -> BoxFuture<'_, Result<(), String>>;
    /// Asks whether a probe with this nonce was seen.
    fn ask<'t>(&'t self, nonce: &'t str) -> BoxFuture<'t, Sighting>;
    /// Names the receiver, for messages.
    fn endpoint(&self) -> String;
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProbeEnd {
    /// The collector's health plane has seen it.
    Seen,
    /// The collector acknowledged it and never saw it.
    Unseen { endpoint: String },
    /// Nobody acknowledged it.
    NotAcknowledged { endpoint: String, error: String },
    /// Whoever acknowledged it knows nothing of probes.
    Unknown { endpoint: String, reason: String },
}

/// What the route report says of the startup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StartupState {
    pub(crate) outcome: Outcome,
    pub(crate) failed: usize,
}

/// What the route report is made of; it goes out once there is a manifest and no startup validation is under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) manifest: Option<RouteManifest>,
    pub(crate) validating: bool,
    pub(crate) startup: Option<StartupState>,
}

/// Owns the tasks that deliver facts.
pub(crate) struct Facts {
    transport: Arc<dyn Transport>,
    runtime: Handle,
    state: watch::Sender<State>,
    tasks: TaskTracker,
    /// Spans on their way; an orderly end waits for them.
    deliveries: TaskTracker,
    stop: CancellationToken,
    gone: CancellationToken,
}

impl Facts {
    /// Begins to deliver on `runtime`; the route report waits until there is something to say.
    pub(crate) fn new(transport: Arc<dyn Transport>, runtime: Handle) -> Self {
        let facts = Self {
            transport,
            runtime,
            state: watch::Sender::new(State::default()),
            tasks: TaskTracker::new(),
            deliveries: TaskTracker::new(),
            stop: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        let (transport, state) = (Arc::clone(&facts.transport), facts.state.subscribe());
        facts.own(async move { report::report(&*transport, state).await });
        facts
    }

    /// Changes what the route report says and, if something changed, sends it at once.
    pub(crate) fn update(&self, change: impl FnOnce(&mut State)) {
        self.state.send_if_modified(|state| {
            let before = state.clone();
            change(state);
            *state != before
        });
    }

    /// Sends spans until the collector acknowledges them; the receiver hears when it has.
    pub(crate) fn deliver(&self, spans: Vec<SpanData>) -> oneshot::Receiver<()> {
        let (delivered, heard) = oneshot::channel();
        let (transport, gone) = (Arc::clone(&self.transport), self.gone.clone());
        let delivery = async move {
            until_acknowledged(|| transport.send_spans(spans.clone())).await;
            // Nobody waits any more when the flush deadline has passed.
            let _ = delivered.send(());
        };
        self.deliveries.spawn_on(
            async move {
                gone.run_until_cancelled(delivery).await;
            },
            &self.runtime,
        );
        heard
    }

    /// Sends a probe and asks for it until it is seen, for `within` from its acknowledgement on; the receiver hears how
    /// that ended, or nothing when the facts have stopped.
    pub(crate) fn probe(&self, nonce: String, within: Duration) -> oneshot::Receiver<ProbeEnd> {
        let (ended, heard) = oneshot::channel();
        let transport = Arc::clone(&self.transport);
        self.own(async move {
            // Nobody waits any more when the check has timed out.
            let _ = ended.send(round_trip(&*transport, &nonce, within).await);
        });
        heard
    }

    /// Ends the reports and announces an orderly end; the receiver hears when the collector has acknowledged it, and
    /// the spans that were still on their way.
    pub(crate) fn stop(&self) -> oneshot::Receiver<()> {
        self.stop.cancel();
        let (delivered, heard) = oneshot::channel();
        let (transport, deliveries) = (Arc::clone(&self.transport), self.deliveries.clone());
        deliveries.close();
        self.tasks.spawn_on(
            async move {
                let announced = until_acknowledged(|| transport.send_event(Event::Stopping));
                join(announced, deliveries.wait()).await;
                let _ = delivered.send(());
            },
            &self.runtime,
        );
        heard
    }

    /// Spawns a task that ends when the facts stop.
    fn own(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn_on(
            async move {
                stop.run_until_cancelled(task).await;
            },
            &self.runtime,
        );
    }
}

async fn round_trip(transport: &dyn Transport, nonce: &str, within: Duration) -> ProbeEnd {
    let endpoint = transport.endpoint();
    if let Err(error) = transport.send_event(Event::Probe(nonce.to_owned())).await {
        return ProbeEnd::NotAcknowledged { endpoint, error };
    }
    let deadline = Instant::now() + within;
    let mut pause = FIRST_RETRY;
    loop {
        match transport.ask(nonce).await {
            Sighting::Seen => return ProbeEnd::Seen,
            Sighting::Unknown(reason) => return ProbeEnd::Unknown { endpoint, reason },
            Sighting::Unseen if Instant::now() + pause >= deadline => {
                return ProbeEnd::Unseen { endpoint };
            }
            Sighting::Unseen => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(RETRY);
    }
}

/// Tries to send until it succeeds, often at first: the process may end within seconds.
async fn until_acknowledged<'t>(send: impl Fn() -> BoxFuture<'t, Result<(), String>>) {
    let mut pause = FIRST_RETRY;
    while send().await.is_err() {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY);
    }
}

impl Drop for Facts {
    fn drop(&mut self) {
        self.stop.cancel();
        self.gone.cancel();
    }
}

//! The telemetry plane: shows a request to the health plane, hands it to destinations.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::facts::Observed;
use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
use bellwether_core::queue::{NotQueued, Request};
use bellwether_health::Observer;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use super::clock::Clock;
use super::lanes::Lanes;
use super::own::Tally;
use super::probes::Probes;

/// How long a sender waits when there is no room.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The facts that a request told, on their way to the health plane.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) facts: Vec<Observed>,
    /// Answered once the facts survive a crash; dropped unanswered when they do not.
    pub(super) committed: oneshot::Sender<()>,
}

/// Takes requests from one receiver.
pub(super) struct Pipeline {
    pub(super) lanes: watch::Receiver<Arc<Lanes>>,
    /// Counts what rules ask for.
    pub(super) observer: Arc<Observer>,
    pub(super) reports: mpsc::Sender<Report>,
    /// The probes that the health plane has seen.
    pub(super) probes: Probes,
    pub(super) clock: Clock,
    /// Counts what comes in.
    pub(super) tally: Arc<Tally>,
}

impl Pipeline {
    async fn take(&self, signal: Signal, body: Bytes) -> Result<Accepted, Refusal> {
        let lanes = Arc::clone(&self.lanes.borrow());
        let lane = lanes.of(signal);
        // before anything is counted: what is refused here comes again
        let rooms = lane.reserve(body.len()).map_err(refusal)?;
        let at = self.clock.now();
        let request = Request { signal, items: 0, at, body: body.clone() };
        let (mut treated, _grown) = lane.treat(&request).map_err(refusal)?;
        let mut items = 0;
        if lane.observed {
            // health looks at what came, whatever is taken out of it on the way
            let seen = self.observer.observe(signal, &body, at);
            items = u32::try_from(seen.items).unwrap_or(u32::MAX);
            treated.iter_mut().for_each(|it| it.items = items);
            self.report(seen.facts).await?;
        }
        lane.append(rooms, &treated).await.map_err(refusal)?;
        self.tally.accepted(signal, items, body.len());
        Ok(Accepted::default())
    }

    /// Shows facts to the health plane, and waits until they survive a crash.
    async fn report(&self, facts: Vec<Observed>) -> Result<(), Refusal> {
        if facts.is_empty() {
            return Ok(());
        }
        let (committed, answer) = oneshot::channel();
        let overloaded = Refusal::Overloaded { retry_after: RETRY_AFTER };
        self.reports.try_send(Report { facts, committed }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => overloaded.clone(),
            mpsc::error::TrySendError::Closed(_) => Refusal::Stopping,
        })?;
        answer.await.map_err(|_| overloaded)
    }
}

/// Says what a sender is told when a queue did not take its request.
fn refusal(why: NotQueued) -> Refusal {
    match why {
        NotQueued::Full | NotQueued::Storage(_) => Refusal::Overloaded { retry_after: RETRY_AFTER },
        NotQueued::Closed => Refusal::Stopping,
    }
}

impl Ingest for Pipeline {
    fn ingest(&self, signal: Signal, body: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(self.take(signal, body))
    }

    fn has_seen(&self, nonce: &str) -> bool {
        self.probes.has_seen(nonce, self.clock.now())
    }

    fn refused(&self, signal: Signal, why: &'static str) {
        self.tally.refused(signal, why);
    }
}

//! What both workers share: making a call, waiting after a failure, pausing, saying so.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ids::Destination;
use bellwether_core::links::Links;
use bellwether_core::time::Timestamp;
use bellwether_core::witness::Witness;
use bellwether_otlp::delta::LeftOut;
use tokio::time::Instant;

use crate::call::{Answer, Call};
use crate::redact::Redact;
use crate::status::Lane;
use crate::timing::{Clock, Jitter, Stop, Timing};
use crate::transport::Transport;
use crate::verdict::{RetryAfter, Verdict, by_status};

/// At most one complaint in this time reaches the log; the counters have them all.
const QUIET: Duration = Duration::from_secs(30);

/// Makes calls to a destination, each within its time.
#[derive(Clone)]
pub(crate) struct Caller {
    destination: Destination,
    transport: Arc<dyn Transport>,
    timeout: Duration,
}

impl Caller {
    /// Makes a call. An error says why there is no answer; the call may still have arrived.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, String> {
        let what = call.what;
        tracing::trace!(destination = %self.destination, ?call, "calling");
        match tokio::time::timeout(self.timeout, self.transport.send(call)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(format!("{what}: {error}")),
            Err(_) => Err(format!("{what}: no answer within {:?}", self.timeout)),
        }
    }
}

/// One worker's way to its destination.
pub(crate) struct Link {
    pub(crate) destination: Destination,
    pub(crate) lane: Arc<Lane>,
    pub(crate) stop: Stop,
    pub(crate) timing: Timing,
    pub(crate) caller: Caller,
    clock: Clock,
    pub(crate) witness: Arc<dyn Witness>,
    pub(crate) links: Arc<dyn Links>,
    redact: Redact,
    jitter: Jitter,
    failures: u32,
    told: Told,
    complained: Option<Instant>,
    unsaid: u64,
}

/// What the log was told about failures.
#[derive(Default)]
struct Told {
    /// Whether it was told that the destination fails, and not that it answers again.
    failing: bool,
    at: Option<Instant>,
}

impl Link {
    pub(crate) fn new(
        destination: Destination,
        lane: Arc<Lane>,
        runtime: &crate::exporter::Runtime,
        transport: Arc<dyn Transport>,
        timing: Timing,
        redact: Redact,
    ) -> Self {
        let caller =
            Caller { destination: destination.clone(), transport, timeout: timing.timeout };
        Self {
            destination,
            lane,
            stop: runtime.stop.clone(),
            timing,
            caller,
            clock: Arc::clone(&runtime.clock),
            witness: Arc::clone(&runtime.witness),
            links: Arc::clone(&runtime.links),
            redact,
            jitter: Jitter::default(),
            failures: 0,
            told: Told::default(),
            complained: None,
            unsaid: 0,
        }
    }

    /// Makes every further call in another way. Old secrets stay secret: answers to calls that
    /// are on their way may repeat them.
    pub(crate) fn refit(&mut self, transport: Arc<dyn Transport>, timing: Timing, redact: Redact) {
        let destination = self.destination.clone();
        self.caller = Caller { destination, transport, timeout: timing.timeout };
        self.timing = timing;
        self.redact.add(redact);
        self.failures = 0;
        self.lane.healthy();
        self.told = Told::default();
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Takes secrets out of a text for people.
    pub(crate) fn clean(&self, why: &str) -> String {
        self.redact.clean(why)
    }

    /// Makes a call. An error says why there is no answer; the call may still have arrived.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, String> {
        self.caller.call(call).await
    }

    /// Notes that the destination took something.
    pub(crate) fn went_well(&mut self) {
        self.failures = 0;
        self.lane.healthy();
        if std::mem::take(&mut self.told.failing) {
            tracing::info!(destination = %self.destination, "destination answers again");
        }
    }

    /// Notes that the destination refuses for good what it was sent.
    pub(crate) fn was_refused(&mut self, why: &str) {
        self.failures = 0;
        self.lane.refusing(self.now(), self.clean(why));
    }

    /// Notes a failure and returns how long to wait: what the destination asked for, or backoff.
    pub(crate) fn failed(&mut self, after: Option<RetryAfter>, why: &str) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.failing(why);
        self.wait(after, self.failures)
    }

    /// Notes that the destination fails, and tells the log unless it knows.
    pub(crate) fn failing(&mut self, why: &str) {
        let why = self.clean(why);
        self.lane.retrying(self.now(), why.clone());
        let lately = self.told.at.is_some_and(|at| at.elapsed() < QUIET);
        if !self.told.failing && !lately {
            self.told = Told { failing: true, at: Some(Instant::now()) };
            tracing::warn!(destination = %self.destination, why, "destination fails, trying again");
        }
    }

    /// Returns how long to wait: what the destination asked for, or the backoff of so many
    /// failures.
    pub(crate) fn wait(&mut self, after: Option<RetryAfter>, failures: u32) -> Duration {
        match after {
            Some(after) => after.wait(self.now()).max(Duration::from_millis(100)),
            None => self.jitter.spread(self.timing.backoff(failures)),
        }
    }

    /// Notes that the destination refuses our key, and tells the log unless it knows.
    pub(crate) fn paused(&mut self, why: &str) {
        let why = self.clean(why);
        if self.lane.paused(self.now(), why.clone()) {
            self.told = Told { failing: true, at: Some(Instant::now()) };
            tracing::error!(
                destination = %self.destination, why,
                "destination refuses our credentials, paused; what is queued is kept"
            );
        }
    }

    /// Waits until a destination that refused our key takes it again, or until a stop begins.
    /// Without a probe it only waits, and the caller tries what it has.
    pub(crate) async fn pause(&mut self, why: &str, probe: impl Fn() -> Option<Call>) {
        self.paused(why);
        let was_stopping = self.stop.is_stopping();
        loop {
            self.stop.sleep(self.timing.pause).await;
            let Some(call) = probe() else { return };
            if self.stop.is_stopping() && !was_stopping {
                return;
            }
            if probed(&self.send(call).await) {
                return;
            }
        }
    }

    /// Counts points that were left out where cumulative metrics became delta, and tells the log
    /// of those that had to be.
    pub(crate) fn left_out(&mut self, left_out: &LeftOut) {
        if left_out.total() == 0 {
            return;
        }
        self.lane.left_out(left_out);
        if left_out.no_room > 0 {
            let why = format!("{} points of series for which there is no room", left_out.no_room);
            self.complain("points left out, raise `cumulative.max_series`", "no_room", &why);
        }
    }

    /// Logs something that needs a person's eye, at most every 30 seconds.
    pub(crate) fn complain(&mut self, message: &'static str, reason: &str, why: &str) {
        if self.complained.is_some_and(|at| at.elapsed() < QUIET) {
            self.unsaid += 1;
            return;
        }
        let why = self.clean(why);
        let unsaid = std::mem::take(&mut self.unsaid);
        tracing::warn!(destination = %self.destination, reason, why, unsaid, "{message}");
        self.complained = Some(Instant::now());
    }
}

/// Says whether the answer to a probe shows that our key is taken.
pub(crate) fn probed(answer: &Result<Answer, String>) -> bool {
    match answer {
        Ok(answer) => !matches!(by_status(answer, |_| false), Verdict::Pause { .. }),
        Err(_) => false,
    }
}

//! Keeps probes at their rhythm: each in a task of its own, not too many at once, none longer
//! than it may.

use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bellwether::checks::{CheckResult, NotPassed};
use bellwether_core::ids::CustomerId;
use bellwether_core::ingest::{Ingest, Refusal, Signal};
use bellwether_core::time::Timestamp;
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::probe::Probe;
use crate::rhythm::{self, Count, Next, Outcome, Turn};
use crate::tell::{self, Run};
use crate::urgency::Urgency;

/// Probes that ask at the same time; the others wait.
const AT_ONCE: usize = 32;

/// What probes have to do with others.
#[derive(Clone)]
pub struct Around {
    /// Takes what they find.
    pub ingest: Arc<dyn Ingest>,
    /// Tells the time that stands on it.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// How they are run out of turn.
    pub urgency: Urgency,
}

/// Runs probes until told to stop. One that panics is begun anew.
pub async fn run(probes: Vec<Probe>, around: Around, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut keepers = JoinSet::new();
    for probe in probes {
        let asked = around.urgency.open(&probe.component);
        let (around, slots) = (around.clone(), slots.clone());
        keepers.spawn(Keeper { probe, around, slots, asked, waiting: Vec::new() }.keep());
    }
    stop.run_until_cancelled(async {
        while let Some(ended) = keepers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a probe has ended by itself");
            }
        }
        // without probes there is nothing to do but to wait
        std::future::pending::<()>().await;
    })
    .await;
}

/// Keeps one probe at its rhythm.
struct Keeper {
    probe: Probe,
    around: Around,
    slots: Arc<Semaphore>,
    /// Those who want to know at once.
    asked: mpsc::Receiver<oneshot::Sender<()>>,
    /// Those who wait until it is known.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Keeper {
    async fn keep(mut self) {
        let random = RandomState::new();
        let mut count = Count::default();
        let mut regular = Instant::now();
        for round in 0_u64.. {
            while let Ok(who) = self.asked.try_recv() {
                self.waiting.push(who);
            }
            let turn = self.round(&mut count).await;
            if turn != Turn::InDoubt {
                // whoever hung up does not want to know any more
                self.waiting.drain(..).for_each(|it| it.send(()).unwrap_or_default());
            }
            let now = Instant::now();
            let every = self.probe.every;
            let next = rhythm::next(turn, regular, now, every, random.hash_one(round));
            regular = self.pause(next).await.unwrap_or(regular);
        }
    }

    /// Waits until the next run is due, or wanted at once; returns when it began, if the rhythm
    /// goes on from it.
    async fn pause(&mut self, next: Next) -> Option<Instant> {
        tokio::select! {
            biased;
            // while a second try decides, that is what is waited for
            Some(who) = self.asked.recv(), if next.regular => {
                self.waiting.push(who);
                None
            }
            () = tokio::time::sleep_until(next.at) => next.regular.then_some(next.at),
        }
    }

    /// Asks once, counts it, and tells.
    async fn round(&self, count: &mut Count) -> Turn {
        // never closed
        let _slot = self.slots.acquire().await.ok();
        let began = Instant::now();
        let result = self.ask().await;
        let ended = Instant::now();
        let (outcome, problem) = match result {
            Ok(Ok(())) => (Outcome::Passed, None),
            Ok(Err(problem)) => (Outcome::Failed, Some(problem)),
            Err(late) => (Outcome::TimedOut, Some(late)),
        };
        let turn = count.add(outcome);
        self.log(turn, problem.as_ref());
        let run = Run {
            probe: &self.probe,
            outcome,
            problem: problem.as_ref(),
            failures: count.failures,
            ended: (self.around.now)(),
            took: ended - began,
        };
        self.tell(tell::request(&run)).await;
        turn
    }

    /// Asks, for as long as a run may take; the outer error says that there was no answer.
    async fn ask(&self) -> Result<CheckResult, NotPassed> {
        let asking = AssertUnwindSafe(self.probe.ask.ask()).catch_unwind();
        match timeout(self.probe.timeout, asking).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_panic)) => {
                Ok(Err(NotPassed::failed("the probe itself broke").error_type("panic")))
            }
            Err(_elapsed) => {
                let ms = self.probe.timeout.as_millis();
                Err(NotPassed::failed(format!("no answer within the {ms} ms that a run has"))
                    .advice("see whether it is overloaded, or whether packets to it are dropped")
                    .error_type("timeout"))
            }
        }
    }

    /// Hands what was found in; tries again while there is no room, until the next run is due.
    async fn tell(&self, body: Bytes) {
        let telling = async {
            loop {
                match self.around.ingest.ingest(Signal::Traces, body.clone()).await {
                    Ok(_) | Err(Refusal::Stopping) => return Ok(()),
                    Err(Refusal::Overloaded { retry_after }) => {
                        tokio::time::sleep(retry_after).await;
                    }
                    Err(refusal @ Refusal::Malformed(_)) => return Err(refusal),
                }
            }
        };
        let probe = self.probe.name.as_str();
        match timeout(self.probe.every.max(Duration::from_secs(1)), telling).await {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => tracing::error!(probe, %refusal, "what a probe found was refused"),
            Err(_elapsed) => tracing::warn!(probe, "no room for what a probe found; it is lost"),
        }
    }

    fn log(&self, turn: Turn, problem: Option<&NotPassed>) {
        let Probe { name: probe, component, .. } = &self.probe;
        let customer = self.probe.customer.as_ref().map_or("all", CustomerId::as_str);
        let problem_text = problem.map(NotPassed::message).unwrap_or_default();
        let advice = problem.and_then(NotPassed::remedy).unwrap_or_default();
        match turn {
            Turn::Fails => {
                tracing::error!(probe, %component, customer, problem = problem_text, advice, "probe is failing");
            }
            Turn::Recovers => {
                tracing::info!(probe, %component, customer, "probe is well again");
            }
            Turn::InDoubt => {
                tracing::warn!(probe, %component, problem = problem_text, "probe did not pass; it is tried again at once");
            }
            Turn::None => tracing::debug!(probe, problem = problem_text, "probe ran"),
        }
    }
}

//! Keeps one monitor at its rhythm for as long as the service runs.

use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::Instant;

use super::RETRY;
use super::machine::RunOutcome;
use super::run::Runner;
use super::schedule::{self, Next};
use super::status::MonitorStatus;
use super::voice::Voice;

/// Runs one monitor again and again and writes down what it finds.
pub(super) struct Keeper {
    pub(super) runner: Runner,
    pub(super) voice: Voice,
    pub(super) status: watch::Sender<MonitorStatus>,
}

impl Keeper {
    /// Runs until it is dropped. A panic in the keeping itself is logged, and the keeping begins again with what was
    /// known: a watcher must not end silently.
    pub(super) async fn keep(self) {
        while let Err(_panic) = AssertUnwindSafe(self.rounds()).catch_unwind().await {
            let told = AssertUnwindSafe(|| {
                let status = self.status.borrow();
                tracing::error!(
                    monitor = status.name(),
                    "keeping the monitor panicked; it goes on"
                );
            });
            // What panicked may be a layer of the service's own subscriber, which panics at this line too.
            drop(std::panic::catch_unwind(told));
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn rounds(&self) {
        let interval = self.status.borrow().interval();
        let random = RandomState::new();
        let mut regular = Instant::now();
        for round in 0_u64.. {
            let reason = self.round().await;
            let now = Instant::now();
            let next = schedule::next(reason, regular, now, interval, random.hash_one(round));
            let Next { at, regular: is_regular } = next;
            tokio::time::sleep_until(at).await;
            if is_regular {
                regular = at;
            }
        }
    }

    /// Runs the check once, counts it, and tells everybody.
    async fn round(&self) -> super::Reason {
        let span = self.voice.begin(&self.status.borrow());
        let run = self.runner.run(span.clone()).await;
        let outcome = run.outcome;
        let mut reason = super::Reason::NotRunYet;
        self.status.send_modify(|status| reason = status.record(run));
        let status = self.status.borrow();
        if outcome != RunOutcome::Skipped {
            self.voice.end(&span, &status);
        }
        Voice::log(&status);
        reason
    }
}

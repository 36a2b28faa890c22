//! Runs one check once, where it can block nothing but itself, and never waits longer than its timeout.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::machine::RunOutcome;
use super::{BLOCKED_RUNS, LastRun};
use crate::checks::{AnyCheck, CheckResult, NotPassed};

/// Where checks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Each run on an operating system thread of its own: a check that blocks holds up nobody.
    Threads,
    /// Each run as a task of the current runtime: a paused clock waits for it, and a check that blocks blocks all.
    Tasks,
}

/// Runs the check of one monitor.
pub(super) struct Runner {
    pub(super) check: Arc<dyn AnyCheck>,
    pub(super) timeout: Duration,
    isolation: Isolation,
    service: Handle,
    stop: CancellationToken,
    /// One permit for each run that may be under way; a thread that blocks for ever keeps its own.
    slots: Arc<Semaphore>,
}

impl Runner {
    pub(super) fn new(
        check: Arc<dyn AnyCheck>,
        timeout: Duration,
        isolation: Isolation,
        service: Handle,
        stop: CancellationToken,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(BLOCKED_RUNS));
        Self { check, timeout, isolation, service, stop, slots }
    }

    /// Runs the check within `context`, and describes how it ended.
    pub(super) async fn run(&self, context: Context) -> LastRun {
        let began = Instant::now();
        let deadline = began + self.timeout;
        let result = match self.isolation {
            Isolation::Threads => self.on_a_thread(deadline, context).await,
            Isolation::Tasks => {
                let mut task = JoinSet::new();
                task.spawn_on(guarded(Arc::clone(&self.check), context), &self.service);
                // Dropping the set ends the task with its check.
                match timeout_at(deadline, task.join_next()).await {
                    Ok(Some(Ok(result))) => Some(result),
                    Ok(_) => Some(Err(vanished())),
                    Err(_elapsed) => None,
                }
            }
        };
        let (outcome, problem) = match result {
            Some(Ok(())) => (RunOutcome::Passed, None),
            Some(Err(problem)) if problem.skipped => (RunOutcome::Skipped, Some(problem)),
            Some(Err(problem)) => (RunOutcome::Failed, Some(problem)),
            None => (RunOutcome::TimedOut, Some(self.timed_out())),
        };
        let ended = Instant::now();
        LastRun { ended, took: ended - began, outcome, problem }
    }

    /// Returns the check's result; `None` when it did not come in time.
    async fn on_a_thread(&self, deadline: Instant, context: Context) -> Option<CheckResult> {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return Some(Err(NotPassed::failed(format!(
                "the last {BLOCKED_RUNS} runs still block their threads; no other was begun"
            ))
            .advice("the check blocks its thread: it should await, or use a timeout of its own")
            .error_type("blocked")));
        };
        let (done, result) = oneshot::channel();
        let (check, service, stop) =
            (Arc::clone(&self.check), self.service.clone(), self.stop.clone());
        let work = move || {
            let run = async { timeout_at(deadline, guarded(check, context)).await };
            if let Some(end) = service.block_on(stop.run_until_cancelled(run)) {
                // Nobody waits any more when the deadline has passed.
                let _ = done.send(end.ok());
            }
            drop(slot);
        };
        if let Err(error) = std::thread::Builder::new().name("monitor".to_owned()).spawn(work) {
            return Some(Err(NotPassed::from(error).error_type("no_thread")));
        }
        match timeout_at(deadline, result).await {
            Ok(Ok(end)) => end,
            Ok(Err(_closed)) => Some(Err(vanished())),
            Err(_elapsed) => None,
        }
    }

    fn timed_out(&self) -> NotPassed {
        let ms = self.timeout.as_millis();
        NotPassed::failed(format!("no answer within the {ms} ms that a run has"))
            .advice("see whether what it asks is overloaded, or whether packets to it are dropped")
            .error_type("timeout")
    }
}

/// Runs a check so that its panic is a result.
async fn guarded(check: Arc<dyn AnyCheck>, context: Context) -> CheckResult {
    let run = AssertUnwindSafe(async { check.run().await }).catch_unwind().with_context(context);
    run.await.unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> NotPassed {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    NotPassed::failed(format!("the check panicked: {text}"))
        .advice("this is a mistake in the check itself; it is run again as usual")
        .error_type("panic")
}

/// Describes a run that ended without a result: its runtime is over, or dropping the check panicked.
fn vanished() -> NotPassed {
    NotPassed::failed("the run ended without a result").error_type("panic")
}

//! Runs checks at the same time, each where it can block nothing but itself, and stops listening at the deadline.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::checks::{AnyCheck, CheckResult, NotPassed};

/// Where checks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Each on an operating system thread of its own: a check that blocks holds up nobody.
    Threads,
    /// Each as a task of the current runtime: a paused clock waits for them, and a check that blocks blocks all.
    Tasks,
}

/// One check about to run, with the trace context of its span.
pub(super) struct Job {
    pub(super) check: Arc<dyn AnyCheck>,
    pub(super) context: Context,
}

/// Runs all jobs and hands each result over with the job's index, in the order in which they end.
///
/// Returns when all have ended or at the deadline. A job that was not handed over by then has timed out; a thread that
/// is still blocked is left behind and ends with the process.
pub(super) async fn run(
    jobs: Vec<Job>,
    deadline: Instant,
    isolation: Isolation,
    mut ended: impl FnMut(usize, CheckResult),
) {
    let (results, mut inbox) = mpsc::channel(jobs.len().max(1));
    let mut tasks = JoinSet::new();
    for (index, job) in jobs.into_iter().enumerate() {
        let results = results.clone();
        let work = async move {
            let run = AssertUnwindSafe(async { job.check.run().await }).catch_unwind();
            // Past the deadline the future is dropped, so that only a check that blocks outlives the validation.
            if let Ok(end) = tokio::time::timeout_at(deadline, run).await {
                let result = end.unwrap_or_else(|panic| Err(panicked(&*panic)));
                // The inbox has room for every job; it is closed only when nobody listens any more.
                let _ = results.try_send((index, result));
            }
        }
        .with_context(job.context);
        match isolation {
            Isolation::Tasks => {
                tasks.spawn(work);
            }
            Isolation::Threads => {
                let runtime = Handle::current();
                let thread = std::thread::Builder::new().name("startup-check".to_owned());
                if let Err(error) = thread.spawn(move || runtime.block_on(work)) {
                    ended(index, Err(NotPassed::from(error).error_type("no_thread")));
                }
            }
        }
    }
    drop(results);
    while let Ok(Some((index, result))) = tokio::time::timeout_at(deadline, inbox.recv()).await {
        ended(index, result);
    }
}

fn panicked(panic: &(dyn Any + Send)) -> NotPassed {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    NotPassed::failed(format!("the check panicked: {text}"))
        .advice("this is a mistake in the check itself")
        .error_type("panic")
}

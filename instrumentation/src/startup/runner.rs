//! Runs checks, each as soon as those that it waits for are done and where it can block nothing but itself, and stops
//! listening at the deadline.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::checks::{AnyCheck, CheckResult, NotPassed};

/// First pause between the tries of a check that is retried; doubles up to [`LONGEST_PAUSE`].
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause between the tries of a check that is retried.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where checks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Each on an operating system thread of its own: a check that blocks holds up nobody.
    Threads,
    /// Each as a task of the current runtime: a paused clock waits for them, and a check that blocks blocks all.
    Tasks,
}

/// One check about to run.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) check: Arc<dyn AnyCheck>,
    pub(super) turn: Arc<Semaphore>,
    /// Positions of the jobs that must be clear before this one begins.
    pub(super) after: Vec<usize>,
    /// For all tries together, from when the job begins.
    pub(super) timeout: Option<Duration>,
    pub(super) retry: bool,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The check answered.
    Answered(CheckResult),
    /// The check did not answer in the time that it had.
    TimedOut(Duration),
    /// It was not run, because this job, which it waits for, is not clear.
    Blocked(usize),
}

impl End {
    /// Tells whether jobs that wait for this one may run: it passed, or could not tell.
    fn is_clear(&self) -> bool {
        match self {
            Self::Answered(Ok(())) => true,
            Self::Answered(Err(problem)) => problem.skipped,
            Self::TimedOut(_) | Self::Blocked(_) => false,
        }
    }
}

/// Hears how the jobs go.
pub(super) trait Listener {
    /// A job begins; returns the trace context to run it in.
    fn begins(&mut self, index: usize) -> Context;
    /// A job has ended; one that was blocked never began.
    fn ended(&mut self, index: usize, end: End);
}

/// Runs all jobs; each ends exactly once. Returns when all have ended, at the deadline at the latest.
///
/// `jobs` must not wait for one another in a circle. A thread that is still blocked at the end is left behind and ends
/// with the process.
pub(super) async fn run(
    jobs: &[Job],
    deadline: Instant,
    isolation: Isolation,
    listener: &mut impl Listener,
) {
    let (results, inbox) = mpsc::channel(jobs.len().max(1));
    let mut stages = Vec::new();
    stages.resize_with(jobs.len(), || Stage::Waiting);
    Runner { jobs, deadline, isolation, listener, stages, results, inbox, tasks: JoinSet::new() }
        .run()
        .await;
}

enum Stage {
    Waiting,
    Running { since: Instant, deadline: Instant, last: LastFailure },
    Ended { clear: bool },
}

/// The problem of the newest try that failed and was not the last one.
type LastFailure = Arc<Mutex<Option<NotPassed>>>;

struct Runner<'r, L> {
    jobs: &'r [Job],
    deadline: Instant,
    isolation: Isolation,
    listener: &'r mut L,
    stages: Vec<Stage>,
    results: mpsc::Sender<(usize, CheckResult)>,
    inbox: mpsc::Receiver<(usize, CheckResult)>,
    // Dropped with the runner, which ends the tasks.
    tasks: JoinSet<()>,
}

impl<L: Listener> Runner<'_, L> {
    async fn run(mut self) {
        loop {
            while self.advance() {}
            let next = self.stages.iter().filter_map(|stage| match stage {
                Stage::Running { deadline, .. } => Some(*deadline),
                _ => None,
            });
            let Some(next) = next.min() else { return };
            match tokio::time::timeout_at(next, self.inbox.recv()).await {
                Ok(Some((index, result))) => self.end(index, End::Answered(result)),
                Ok(None) => return,
                Err(_elapsed) => self.give_up(Instant::now()),
            }
        }
    }

    /// Begins or blocks the jobs that can be; tells whether something changed.
    fn advance(&mut self) -> bool {
        let mut changed = false;
        for (index, job) in self.jobs.iter().enumerate() {
            if !matches!(self.stages.get(index), Some(Stage::Waiting)) {
                continue;
            }
            let cleared = |after: &usize| match self.stages.get(*after) {
                Some(Stage::Ended { clear }) => Some(*clear),
                _ => None,
            };
            if let Some(by) = job.after.iter().find(|after| cleared(after) == Some(false)) {
                self.end(index, End::Blocked(*by));
                changed = true;
            } else if job.after.iter().all(|after| cleared(after) == Some(true)) {
                self.begin(index, job);
                changed = true;
            }
        }
        changed
    }

    fn begin(&mut self, index: usize, job: &Job) {
        let since = Instant::now();
        let deadline = job.timeout.map_or(self.deadline, |it| self.deadline.min(since + it));
        let last = LastFailure::default();
        if let Some(stage) = self.stages.get_mut(index) {
            *stage = Stage::Running { since, deadline, last: Arc::clone(&last) };
        }
        let (job, results) = (job.clone(), self.results.clone());
        let work = async move {
            let tries = async {
                // Closed never; waits only for an earlier run that still blocks its thread.
                let _turn = job.turn.acquire().await;
                tries(&*job.check, job.retry, deadline, &last).await
            };
            // Past the deadline the future is dropped, so that only a check that blocks outlives the validation.
            if let Ok(result) = tokio::time::timeout_at(deadline, tries).await {
                // The inbox has room for every job; it is closed only when nobody listens any more.
                let _ = results.try_send((index, result));
            }
        }
        .with_context(self.listener.begins(index));
        match self.isolation {
            Isolation::Tasks => {
                self.tasks.spawn(work);
            }
            Isolation::Threads => {
                let runtime = Handle::current();
                let thread = std::thread::Builder::new().name("startup-check".to_owned());
                if let Err(error) = thread.spawn(move || runtime.block_on(work)) {
                    let problem = NotPassed::from(error).error_type("no_thread");
                    self.end(index, End::Answered(Err(problem)));
                }
            }
        }
    }

    /// Ends the jobs whose time is over.
    fn give_up(&mut self, now: Instant) {
        for index in 0..self.stages.len() {
            let Some(Stage::Running { since, deadline, last }) = self.stages.get(index) else {
                continue;
            };
            if *deadline <= now {
                let failure = last.lock().unwrap_or_else(PoisonError::into_inner).take();
                let end = match failure {
                    Some(problem) => {
                        End::Answered(Err(problem.noted("another try did not end in time")))
                    }
                    None => End::TimedOut(*deadline - *since),
                };
                self.end(index, end);
            }
        }
    }

    fn end(&mut self, index: usize, end: End) {
        if let Some(stage) = self.stages.get_mut(index)
            && !matches!(stage, Stage::Ended { .. })
        {
            *stage = Stage::Ended { clear: end.is_clear() };
            self.listener.ended(index, end);
        }
    }
}

/// Runs a check once or, when it is to be retried, until it does not fail or there is no time for another try.
async fn tries(
    check: &dyn AnyCheck,
    retry: bool,
    deadline: Instant,
    last: &LastFailure,
) -> CheckResult {
    let mut pause = FIRST_PAUSE;
    let mut tried = 0;
    loop {
        let run = AssertUnwindSafe(async { check.run().await }).catch_unwind();
        let result = run.await.unwrap_or_else(|panic| Err(panicked(&*panic)));
        tried += 1;
        match result {
            Err(problem) if retry && !problem.skipped && Instant::now() + pause < deadline => {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            }
            Err(problem) if tried > 1 => return Err(problem.noted(&format!("{tried} tries"))),
            result => return result,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
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

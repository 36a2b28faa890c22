//! Startup validation: the service proves that it can work before it says that it does.
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use bellwether::checks::{custom, environment};
//! use bellwether::startup::{OnFailure::{Abort, Degrade}, Startup};
//!
//! let telemetry = bellwether::init()?;
//! Startup::new(&telemetry)
//!     .check("environment", "database", Abort, environment(["DATABASE_URL"]))
//!     .check("templates", "invoices", Degrade, custom(async || tokio::fs::metadata("templates").await.map(|_| ())))
//!     .run_or_exit()
//!     .await;
//! # Ok(())
//! # }
//! ```
//!
//! # The budget
//!
//! From [`Startup::new`] to ready or exit it takes [`BUDGET`] at most: [`CHECK_BUDGET`] for all checks, which run at the same
//! time, and [`FLUSH_BUDGET`] to tell the collector of an abort. Nothing stretches it: not a check that hangs, not one that
//! blocks its thread (each check has a thread of its own), not a collector that accepts and never answers. A check
//! that has not ended in time has timed out.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use tokio::time::Instant;

use crate::checks::{AnyCheck, Check, CheckResult, NotPassed};
use crate::telemetry::{Shared, Telemetry};

mod outcome;
mod publish;
mod report;
mod runner;
mod spans;
#[cfg(test)]
mod tests;

pub use outcome::{CheckOutcome, OnFailure, Outcome, decide};
pub use report::{CheckReport, Delivery, Report};

use runner::{Isolation, Job};
use spans::Recorder;

/// The longest time from [`Startup::new`] to ready or exit.
pub const BUDGET: Duration = Duration::from_secs(10);
/// The part of the budget that belongs to the checks.
pub const CHECK_BUDGET: Duration = Duration::from_secs(8);
/// The longest that an abort waits for the collector, within the budget.
pub const FLUSH_BUDGET: Duration = Duration::from_secs(2);
/// What is kept back of the budget so that the process itself, not only the validation, begins and ends within it.
const MARGIN: Duration = Duration::from_millis(300);

/// The exit code of a process whose startup was aborted: `EX_CONFIG` of sysexits.h, so that a supervisor can tell it
/// from a crash.
pub const EXIT_ABORTED: i32 = 78;

/// Collects the checks of a service and runs them.
///
/// The budget begins when this is created, so create it first thing after [`init`](crate::init()).
#[must_use = "a startup validates nothing until it runs"]
pub struct Startup {
    shared: Arc<Shared>,
    planned: Vec<Planned>,
    began: Instant,
    isolation: Isolation,
}

struct Planned {
    name: String,
    component: String,
    on_failure: OnFailure,
    check: Arc<dyn AnyCheck>,
}

impl Startup {
    /// Begins a validation, and its budget.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self {
            shared: telemetry.shared(),
            planned: Vec::new(),
            began: Instant::now(),
            isolation: Isolation::Threads,
        }
    }

    /// Adds a check: its name, the catalog id of the component that it guards, and what follows when it does not pass.
    pub fn check(
        mut self,
        name: impl Into<String>,
        component: impl Into<String>,
        on_failure: OnFailure,
        check: impl Check,
    ) -> Self {
        self.planned.push(Planned {
            name: name.into(),
            component: component.into(),
            on_failure,
            check: Arc::new(check),
        });
        self
    }

    /// Runs the checks as tasks of the current runtime instead of on threads of their own, so that a test with a paused
    /// tokio clock is deterministic. A check that blocks then blocks the validation.
    pub fn in_tasks(mut self) -> Self {
        self.isolation = Isolation::Tasks;
        self
    }

    /// Runs all checks at the same time, tells the collector, and returns what was found.
    ///
    /// Ready and degraded return at once and the telemetry follows in the background; after an abort this waits until
    /// the collector has acknowledged the spans or the flush has used up its budget. Needs a tokio runtime with timers.
    pub async fn run(self) -> Report {
        let Self { shared, planned, began, isolation } = self;
        shared.update_facts(|state| state.validating = true);
        let started = Instant::now();
        let recorder = Recorder::start(shared.resource());
        let contexts: Vec<Context> =
            planned.iter().map(|plan| recorder.start_check(&plan.name)).collect();
        let jobs = planned
            .iter()
            .zip(&contexts)
            .map(|(plan, context)| Job { check: Arc::clone(&plan.check), context: context.clone() })
            .collect();
        let mut ends: Vec<Option<CheckReport>> = vec![None; planned.len()];
        runner::run(jobs, began + CHECK_BUDGET, isolation, |index, result| {
            if let (Some(plan), Some(context), Some(end)) =
                (planned.get(index), contexts.get(index), ends.get_mut(index))
            {
                let check = plan.report(Some(result), started.elapsed());
                recorder.end_check(context, &check);
                *end = Some(check);
            }
        })
        .await;
        let took = started.elapsed();
        let checks = planned
            .iter()
            .zip(&contexts)
            .zip(ends)
            .map(|((plan, context), end)| {
                end.unwrap_or_else(|| {
                    let check = plan.report(None, took);
                    recorder.end_check(context, &check);
                    check
                })
            })
            .collect();
        let mut report =
            Report { service: shared.service(), checks, took, delivery: Delivery::Disabled };
        publish::durations(&shared, &report);
        let deadline = (began + BUDGET - MARGIN).min(Instant::now() + FLUSH_BUDGET);
        report.delivery = publish::outcome(&shared, recorder, &report, deadline).await;
        report
    }

    /// Runs all checks, prints the report on standard error, and ends the process with [`EXIT_ABORTED`] on an abort.
    ///
    /// The report is coloured when standard error is a terminal and `NO_COLOR` is not set.
    pub async fn run_or_exit(self) -> Report {
        let colour = self.shared.colour_on_stderr();
        let report = self.run().await;
        let mut stderr = std::io::stderr().lock();
        let text = report.render(colour);
        // A closed standard error is no reason to start or not to start.
        let _ = writeln!(stderr, "{text}");
        drop(stderr);
        if report.outcome() == Outcome::Aborted {
            // Threads of checks that block are still there; only `exit` does not wait for them.
            std::process::exit(EXIT_ABORTED);
        }
        report
    }
}

impl std::fmt::Debug for Startup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.planned.iter().map(|plan| plan.name.as_str());
        f.debug_struct("Startup")
            .field("checks", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Planned {
    /// Describes how the check ended; without a result it timed out.
    fn report(&self, result: Option<CheckResult>, took: Duration) -> CheckReport {
        let (outcome, problem) = match result {
            Some(Ok(())) => (CheckOutcome::Passed, None),
            Some(Err(problem)) if problem.skipped => (CheckOutcome::Skipped, Some(problem)),
            Some(Err(problem)) => (CheckOutcome::Failed, Some(problem)),
            None => (CheckOutcome::TimedOut, Some(timed_out())),
        };
        CheckReport {
            name: self.name.clone(),
            component: self.component.clone(),
            on_failure: self.on_failure,
            kind: self.check.kind(),
            outcome,
            took,
            problem,
        }
    }
}

fn timed_out() -> NotPassed {
    let budget = CHECK_BUDGET.as_secs();
    NotPassed::failed(format!("no answer within the {budget} s that checks have"))
        .advice("see whether what it asks is overloaded, or whether packets to it are dropped")
        .error_type("timeout")
}

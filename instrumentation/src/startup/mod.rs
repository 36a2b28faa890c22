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
//! blocks its thread (each check has a thread of its own), not a check that waits for another or is tried again, not a
//! collector that accepts and never answers. A check that has not ended in time has timed out.
//!
//! # Afterwards
//!
//! A service that starts degraded does not stay so: what failed, timed out or was not run because of another is tried
//! again in the background, after 1 s, 2 s and so on up to every 30 s, until it passes. The collector and
//! [`Telemetry::startup`] hear of each; when the last one has passed the startup is ready.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::checks::Check;
use crate::monitors::Level;
use crate::telemetry::{Shared, Telemetry};

mod outcome;
mod plan;
mod publish;
mod recovery;
mod report;
mod runner;
mod spans;
mod status;
#[cfg(test)]
mod tests;
mod validation;

pub use outcome::{CheckOutcome, OnFailure, Outcome};
pub use plan::PlanError;
pub use report::{CheckReport, Delivery, Report, ReportFormat};
pub(crate) use status::Live;
pub use status::{Status, Watch};

use plan::Planned;
use runner::Isolation;
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
    mistake: Option<PlanError>,
    began: Instant,
    isolation: Isolation,
    format: ReportFormat,
}

impl Startup {
    /// Begins a validation, and its budget.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self {
            shared: telemetry.shared(),
            planned: Vec::new(),
            mistake: None,
            began: Instant::now(),
            isolation: Isolation::Threads,
            format: ReportFormat::Text,
        }
    }

    /// Adds a check: its name, the catalog id of the component that it guards, and what follows when it does not pass.
    ///
    /// Names are unique. What [`after`](Self::after), [`timeout`](Self::timeout), [`level`](Self::level) and [`retry`](Self::retry) say
    /// applies to the check before them:
    ///
    /// ```
    /// use std::time::Duration;
    /// use bellwether::checks::{custom, environment};
    /// use bellwether::startup::{OnFailure::{Abort, Degrade}, Startup};
    /// # async fn load_prices() -> std::io::Result<()> { Ok(()) }
    ///
    /// # async fn start() {
    /// let telemetry = bellwether::Telemetry::disabled();
    /// let startup = Startup::new(&telemetry)
    ///     .check("environment", "prices", Abort, environment(["PRICES_URL"]))
    ///     .check("prices", "prices", Degrade, custom(load_prices))
    ///     .after("environment")
    ///     .timeout(Duration::from_secs(3))
    ///     .retry();
    /// assert_eq!(startup.verify(), Ok(()));
    /// # }
    /// ```
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
            after: Vec::new(),
            timeout: None,
            retry: false,
            level: None,
            turn: Arc::new(Semaphore::new(1)),
        });
        self
    }

    /// Lets the check before this begin only once the check called `prerequisite` has passed, or could not tell. When
    /// that one fails, times out or is not run, this one is skipped and says so.
    pub fn after(self, prerequisite: impl Into<String>) -> Self {
        self.set("after", |plan| plan.after.push(prerequisite.into()))
    }

    /// Gives the check before this less time than the budget: all its tries together, from when it begins.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set("timeout", |plan| plan.timeout = Some(timeout))
    }

    /// Says which question of health the check before this answers; that of its kind
    /// ([`CheckKind::level`](crate::checks::CheckKind::level)) unless said.
    pub fn level(self, level: Level) -> Self {
        self.set("level", |plan| plan.level = Some(level))
    }

    /// Tries the check before this again when it fails: after 100 ms, then twice as long each time up to 1 s, until it
    /// passes or its time is over. A check that says nothing of this is tried once.
    pub fn retry(self) -> Self {
        self.set("retry", |plan| plan.retry = true)
    }

    fn set(mut self, setting: &'static str, change: impl FnOnce(&mut Planned)) -> Self {
        match self.planned.last_mut() {
            Some(plan) => change(plan),
            None => self.mistake = Some(PlanError::NoCheck { setting }),
        }
        self
    }

    /// Tells whether the checks can be run as they are written; for a unit test of the service.
    ///
    /// A plan that cannot be carried out aborts the startup: no check runs, and the report says what to correct.
    ///
    /// # Errors
    ///
    /// Fails when two checks have the same name, when one runs after a check that does not exist, and when checks wait
    /// for one another in a circle.
    pub fn verify(&self) -> Result<(), PlanError> {
        self.resolve().map(|_| ())
    }

    fn resolve(&self) -> Result<Vec<Vec<usize>>, PlanError> {
        match &self.mistake {
            Some(mistake) => Err(mistake.clone()),
            None => plan::resolve(&self.planned),
        }
    }

    /// Sets the form in which [`run_or_exit`](Self::run_or_exit) prints the report; the variable `BELLWETHER_REPORT`
    /// (`text` or `json`) beats it.
    pub fn report(mut self, format: ReportFormat) -> Self {
        self.format = format;
        self
    }

    /// Runs the checks as tasks of the current runtime instead of on threads of their own, so that a test with a paused
    /// tokio clock is deterministic. A check that blocks then blocks the validation.
    pub fn in_tasks(mut self) -> Self {
        self.isolation = Isolation::Tasks;
        self
    }

    /// Runs all checks, tells the collector, and returns what was found.
    ///
    /// Ready and degraded return at once and the telemetry follows in the background; after an abort this waits until
    /// the collector has acknowledged the spans or the flush has used up its budget. Needs a tokio runtime with timers,
    /// on which a degraded startup goes on in the background.
    pub async fn run(self) -> Report {
        let resolved = self.resolve();
        let Self { shared, planned, began, isolation, .. } = self;
        shared.update_facts(|state| state.validating = true);
        shared.startup().set(Status::Validating);
        let started = Instant::now();
        let recorder = Recorder::start(shared.resource());
        let checks = match &resolved {
            Ok(after) => {
                let deadline = began + CHECK_BUDGET;
                validation::run(&planned, after.clone(), deadline, isolation, &recorder).await
            }
            Err(error) => validation::refused(&planned, error, &recorder),
        };
        let mut report = Report {
            service: shared.service(),
            checks,
            took: started.elapsed(),
            delivery: Delivery::Disabled,
        };
        publish::durations(&shared, &report);
        let deadline = (began + BUDGET - MARGIN).min(Instant::now() + FLUSH_BUDGET);
        report.delivery = publish::outcome(&shared, recorder, &report, deadline).await;
        if let (Outcome::Degraded, Ok(after)) = (report.outcome(), resolved) {
            recovery::begin(&shared, planned, after, report.checks.clone(), isolation);
        }
        report
    }

    /// Runs all checks, prints the report on standard error, and ends the process with [`EXIT_ABORTED`] on an abort.
    ///
    /// The report is coloured when standard error is a terminal and `NO_COLOR` is not set.
    pub async fn run_or_exit(self) -> Report {
        let (shared, format) = (Arc::clone(&self.shared), self.format);
        let report = self.run().await;
        publish::print(&shared, &report, format);
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

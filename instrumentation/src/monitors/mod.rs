//! Monitors: checks that go on while the service runs, and say so when something that worked no longer does.
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # async fn start(telemetry: &bellwether::Telemetry, url: String) {
//! use std::time::Duration;
//! use bellwether::checks::postgres;
//! use bellwether::monitors::{Level, Monitor, Monitors};
//!
//! let monitoring = Monitors::new(telemetry)
//!     .add(
//!         Monitor::new("database", "database", postgres(url))
//!             .every(Duration::from_secs(30))
//!             .level(Level::Basic)
//!             .guards("without it nobody can log in or read a report")
//!             .business_critical(),
//!     )
//!     .start();
//! # }
//! ```
//!
//! # When a monitor fires
//!
//! A monitor is failing after [`FAILURES`] runs in a row that did not pass, and well again after [`SUCCESSES`] that did.
//! After a first failure it is tried again at once ([`RETRY`]), and it runs at the latest one interval after its last
//! run began. A run that has not ended within the timeout has failed. So from the fault to a failing monitor it takes at
//! most the interval, [`RETRY`] and two timeouts ([`Monitor::detects_within`]), which is always less than two intervals,
//! because a longer timeout is cut.
//!
//! # What a check may do to its monitor
//!
//! A check that hangs is dropped at its timeout, one that panics is a failure that says so, and the next run begins
//! afresh. Each run has a thread of its own, so that a check that blocks holds up nobody; at most
//! [`BLOCKED_RUNS`] blocked threads of one monitor are left behind, and after that its runs fail without beginning.
//! Monitors keep their pace on a thread of the library's own: where the service's runtime is blocked, they find out.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::telemetry::{Shared, Telemetry};

mod keeper;
mod machine;
mod monitor;
mod monitoring;
mod response_time;
mod run;
mod schedule;
mod status;
mod voice;

#[cfg(test)]
mod tests;

pub use machine::{MonitorState, Reason, RunOutcome};
pub use monitor::{Level, Monitor, Reach};
pub use monitoring::Monitoring;
pub use response_time::{ResponseTime, response_time};
pub use status::{LastRun, MonitorStatus};

use run::Isolation;

/// Number of runs in a row that must fail before a monitor is failing.
pub const FAILURES: u32 = 2;
/// Number of runs in a row that must pass before a failing monitor is well.
pub const SUCCESSES: u32 = 3;
/// Pause between a first failure and the second try; a fifth of the interval where that is shorter.
pub const RETRY: Duration = Duration::from_secs(2);
/// Number of runs of one monitor that may block their threads for ever before no more are begun.
pub const BLOCKED_RUNS: usize = 3;
/// Number of periods without a result after which a monitor's state is unknown.
pub const STALE_PERIODS: u32 = 3;

/// Collects the monitors of a service and starts them.
#[must_use = "monitors watch nothing until they are started"]
pub struct Monitors {
    shared: Arc<Shared>,
    monitors: Vec<Monitor>,
    isolation: Isolation,
}

impl Monitors {
    /// Begins a collection whose findings go to `telemetry`.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self { shared: telemetry.shared(), monitors: Vec::new(), isolation: Isolation::Threads }
    }

    /// Adds a monitor. Names should be unique in a service; the telemetry tells monitors apart by them.
    #[expect(clippy::should_implement_trait, reason = "it collects; nobody expects `+` of it")]
    pub fn add(mut self, monitor: Monitor) -> Self {
        self.monitors.push(monitor);
        self
    }

    /// Adds a monitor for every journey of the business map that the telemetry has.
    #[cfg(feature = "http")]
    pub fn journeys(mut self) -> Self {
        let journeys = self.shared.business().catalog().journeys();
        self.monitors.extend(journeys.cloned().map(Monitor::journey));
        self
    }

    /// Runs the checks as tasks of the current runtime instead of on threads of their own, so that a test with a paused
    /// tokio clock is deterministic. A check that blocks then blocks the monitors.
    pub fn in_tasks(mut self) -> Self {
        self.isolation = Isolation::Tasks;
        self
    }

    /// Starts the monitors; the first run of each begins at once.
    ///
    /// They end with the telemetry that they report to: at [`Telemetry::shutdown`], or when it is dropped. Dropping what
    /// this returns ends nothing.
    ///
    /// # Panics
    ///
    /// Panics when called outside of a tokio runtime, which the checks need.
    pub fn start(self) -> Monitoring {
        let Self { shared, monitors, isolation } = self;
        let service = Handle::current();
        let pace = match isolation {
            Isolation::Threads => shared.runtime().unwrap_or_else(|| service.clone()),
            Isolation::Tasks => service.clone(),
        };
        Monitoring::start(&shared, monitors, isolation, service, &pace)
    }
}

impl std::fmt::Debug for Monitors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitors").field("monitors", &self.monitors).finish_non_exhaustive()
    }
}

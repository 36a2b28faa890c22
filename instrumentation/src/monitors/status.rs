//! What a monitor has found, readable at any time without running anything.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::machine::{Machine, MonitorState, Reason, RunOutcome};
use super::monitor::{Level, Plan, Reach};
use super::{Monitor, STALE_PERIODS};
use crate::checks::NotPassed;

/// Tells how a monitor's last run went.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    pub(super) ended: Instant,
    pub(super) took: Duration,
    pub(super) outcome: RunOutcome,
    pub(super) problem: Option<NotPassed>,
}

impl LastRun {
    /// Returns when the run ended.
    pub fn ended(&self) -> Instant {
        self.ended
    }

    /// Returns how long the run took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Returns how the run ended.
    pub fn outcome(&self) -> RunOutcome {
        self.outcome
    }

    /// Returns why the run did not pass; `None` when it did.
    pub fn problem(&self) -> Option<&NotPassed> {
        self.problem.as_ref()
    }
}

/// Tells what a monitor has found so far; comes from [`Monitoring`](super::Monitoring).
///
/// It is a snapshot, so ages and staleness are asked for with the time.
#[derive(Debug, Clone)]
pub struct MonitorStatus {
    pub(crate) plan: Arc<Plan>,
    pub(super) machine: Machine,
    pub(super) last: Option<LastRun>,
    /// When there was evidence last; the start of the monitor before there was any.
    pub(super) evidence: Instant,
}

impl MonitorStatus {
    pub(super) fn new(monitor: &Monitor, now: Instant) -> Self {
        Self {
            plan: Arc::new(monitor.plan.clone()),
            machine: Machine::new(now),
            last: None,
            evidence: now,
        }
    }

    /// Counts a run and returns what follows from it.
    pub(super) fn record(&mut self, run: LastRun) -> Reason {
        let reason = self.machine.step(run.outcome, run.ended);
        if run.outcome != RunOutcome::Skipped {
            self.evidence = run.ended;
        }
        self.last = Some(run);
        reason
    }

    /// Makes the status after runs, written as letters (`p`assed, `f`ailed, `t`imed out, `s`kipped), of which one ended at
    /// `start` and each other one interval later.
    #[cfg(test)]
    pub(crate) fn after(monitor: &Monitor, letters: &str, start: Instant) -> Self {
        let mut status = Self::new(monitor, start);
        for (letter, n) in letters.chars().zip(0..) {
            let outcome = match letter {
                'p' => RunOutcome::Passed,
                'f' => RunOutcome::Failed,
                't' => RunOutcome::TimedOut,
                _ => RunOutcome::Skipped,
            };
            let problem = (outcome != RunOutcome::Passed).then(|| NotPassed::failed("broken"));
            let ended = start + status.plan.interval * n;
            status.record(LastRun { ended, took: Duration::from_millis(7), outcome, problem });
        }
        status
    }

    /// Returns the monitor's name.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// Returns the catalog id of the component that the monitor guards.
    pub fn component(&self) -> &str {
        &self.plan.component
    }

    /// Returns the catalog id of the customer for whom the monitor speaks, if it is one only.
    pub fn customer(&self) -> Option<&str> {
        self.plan.customer.as_deref()
    }

    /// Returns which question of health the monitor answers.
    pub fn level(&self) -> Level {
        self.plan.level()
    }

    /// Returns what the monitor's failure may do to readiness; `None`: nothing.
    pub fn readiness(&self) -> Option<Reach> {
        self.plan.readiness
    }

    /// Returns the interval between runs.
    pub fn interval(&self) -> Duration {
        self.plan.interval
    }

    /// Returns what the runs amounted to when the last of them ended; see [`is_stale`](Self::is_stale).
    pub fn state(&self) -> MonitorState {
        self.machine.state()
    }

    /// Returns why the monitor is in its state.
    pub fn reason(&self) -> Reason {
        self.machine.reason()
    }

    /// Returns when the state began.
    pub fn since(&self) -> Instant {
        self.machine.since()
    }

    /// Returns the number of runs in a row that did not pass.
    pub fn consecutive_failures(&self) -> u32 {
        self.machine.consecutive_failures()
    }

    /// Returns how the last run went; `None` before the first has ended.
    pub fn last(&self) -> Option<&LastRun> {
        self.last.as_ref()
    }

    /// Returns how old the evidence is: the time since the last run that said anything ended, or since the monitor
    /// started.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.evidence)
    }

    /// Tells whether the evidence is older than three periods ([`STALE_PERIODS`]), so that the state says nothing about
    /// now.
    pub fn is_stale(&self, now: Instant) -> bool {
        self.age(now) > self.plan.interval * STALE_PERIODS
    }
}

//! The state machine of a monitor. Pure: the time is an argument, and every step says why.

use tokio::time::Instant;

use super::{FAILURES, SUCCESSES};
use crate::semconv::monitor_outcome;

/// Says how one run of a monitor ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunOutcome {
    /// The check passed.
    Passed,
    /// The check did not pass, or it panicked.
    Failed,
    /// No answer within the monitor's timeout.
    TimedOut,
    /// The check could not be made and says nothing, neither good nor bad.
    Skipped,
}

impl RunOutcome {
    /// Returns the name that stands on the span; a skipped run has no span, because it is no evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => monitor_outcome::PASSED,
            Self::Failed => monitor_outcome::FAILED,
            Self::TimedOut => monitor_outcome::TIMED_OUT,
            Self::Skipped => "skipped",
        }
    }
}

/// Says what a monitor's runs so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MonitorState {
    /// There is no evidence yet.
    Unknown,
    /// What the monitor watches works.
    Well,
    /// What the monitor watches does not work.
    Failing,
}

impl MonitorState {
    /// Returns the state's name: `unknown`, `well` or `failing`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Well => "well",
            Self::Failing => "failing",
        }
    }
}

/// Says why a monitor is in its state after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No run has ended yet.
    NotRunYet,
    /// The run was skipped: it neither counts nor resets anything.
    NoEvidence,
    /// The first run with a result passed.
    FirstSuccess,
    /// Another run passed.
    StillWell,
    /// A run did not pass: not enough to fire; it is tried again at once.
    FirstFailure,
    /// Enough runs in a row did not pass: the monitor fires.
    Fired,
    /// Another run did not pass.
    StillFailing,
    /// A run passed, but not yet enough in a row.
    Recovering,
    /// Enough runs in a row passed: the monitor clears.
    Recovered,
}

impl Reason {
    /// Returns the reason as a short sentence for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotRunYet => "no run has ended yet",
            Self::NoEvidence => "the last run was skipped",
            Self::FirstSuccess => "the first run passed",
            Self::StillWell => "the last run passed",
            Self::FirstFailure => "the last run did not pass; a second one decides",
            Self::Fired => "two runs in a row did not pass",
            Self::StillFailing => "the last run did not pass",
            Self::Recovering => "the last run passed; three in a row clear",
            Self::Recovered => "three runs in a row passed",
        }
    }

    /// Tells whether this step changed the state into well or failing.
    pub fn is_transition(self) -> bool {
        matches!(self, Self::FirstSuccess | Self::Fired | Self::Recovered)
    }
}

/// Counts a monitor's runs and decides what they amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    state: MonitorState,
    since: Instant,
    reason: Reason,
    failures: u32,
    successes: u32,
}

impl Machine {
    /// Begins without evidence.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: MonitorState::Unknown,
            since: now,
            reason: Reason::NotRunYet,
            failures: 0,
            successes: 0,
        }
    }

    /// Counts a run that ended `now` and returns what follows from it.
    pub(super) fn step(&mut self, outcome: RunOutcome, now: Instant) -> Reason {
        match outcome {
            RunOutcome::Skipped => {}
            RunOutcome::Passed => {
                self.failures = 0;
                self.successes = self.successes.saturating_add(1);
            }
            RunOutcome::Failed | RunOutcome::TimedOut => {
                self.successes = 0;
                self.failures = self.failures.saturating_add(1);
            }
        }
        self.reason = self.conclude(outcome);
        let state = match self.reason {
            Reason::FirstSuccess | Reason::Recovered => MonitorState::Well,
            Reason::Fired => MonitorState::Failing,
            _ => self.state,
        };
        if state != self.state {
            self.state = state;
            self.since = now;
        }
        self.reason
    }

    fn conclude(&self, outcome: RunOutcome) -> Reason {
        match (outcome, self.state) {
            (RunOutcome::Skipped, _) => Reason::NoEvidence,
            (RunOutcome::Passed, MonitorState::Unknown) => Reason::FirstSuccess,
            (RunOutcome::Passed, MonitorState::Well) => Reason::StillWell,
            (RunOutcome::Passed, MonitorState::Failing) if self.successes >= SUCCESSES => {
                Reason::Recovered
            }
            (RunOutcome::Passed, MonitorState::Failing) => Reason::Recovering,
            (_, MonitorState::Failing) => Reason::StillFailing,
            _ if self.failures >= FAILURES => Reason::Fired,
            _ => Reason::FirstFailure,
        }
    }

    /// Returns what the runs so far amount to.
    pub(super) fn state(&self) -> MonitorState {
        self.state
    }

    /// Returns when the state began.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Returns why the last step went as it did.
    pub(super) fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the number of runs in a row, up to the last with a result, that did not pass.
    pub(super) fn consecutive_failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests;

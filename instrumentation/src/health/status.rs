//! The three answers of the health format, and what a monitor's findings amount to. Pure.

use std::time::Duration;

use tokio::time::Instant;

use crate::monitors::{MonitorState, MonitorStatus, RunOutcome};

/// Says how something is; the `status` of `application/health+json`. The worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Well; answered with 200.
    Pass,
    /// Usable with concerns, or not known; answered with 200.
    Warn,
    /// Not usable; answered with 503.
    Fail,
}

impl Status {
    /// Returns the word of the format: `pass`, `warn` or `fail`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// Returns the HTTP status code: 503 for `fail`, 200 otherwise, because a load balancer only knows yes and no.
    pub fn code(self) -> u16 {
        match self {
            Self::Pass | Self::Warn => 200,
            Self::Fail => 503,
        }
    }

    /// Returns the worst of several, `pass` of none.
    pub(super) fn worst(statuses: impl IntoIterator<Item = Self>) -> Self {
        statuses.into_iter().max().unwrap_or(Self::Pass)
    }
}

/// What one monitor's findings amount to at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) status: Status,
    /// The monitor's state, `unknown` when its evidence is stale.
    pub(super) state: MonitorState,
    pub(super) age: Duration,
    pub(super) why: Why,
}

/// Why a monitor's status is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The last run passed.
    Well,
    /// The last run did not pass; a second one decides.
    FailedOnce,
    /// It fires, or has not yet passed often enough since.
    Failing,
    /// No run has ended yet.
    NoResultYet,
    /// The last result is older than three periods.
    Stale,
}

impl Why {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Well => "the last run passed",
            Self::FailedOnce => "the last run did not pass; a second one decides",
            Self::Failing => "the monitor is failing; three runs in a row have to pass",
            Self::NoResultYet => "there is no result yet",
            Self::Stale => "the last result is older than three periods, so nothing is known",
        }
    }
}

/// Judges one monitor.
///
/// | monitor | status |
/// | --- | --- |
/// | well, the last run passed | pass |
/// | well, the last run did not pass | warn |
/// | failing | fail; warn if it only degrades |
/// | no result yet | warn |
/// | stale, failing before | as failing: missing data resolves nothing |
/// | stale, business critical | fail |
/// | stale otherwise | warn |
pub(super) fn judge(monitor: &MonitorStatus, critical: bool, now: Instant) -> Judged {
    let failing = if monitor.plan.degrades { Status::Warn } else { Status::Fail };
    let failed_last = monitor.consecutive_failures() > 0;
    let (status, state, why) = match monitor.state() {
        MonitorState::Failing if monitor.is_stale(now) => {
            (failing, MonitorState::Unknown, Why::Stale)
        }
        _ if monitor.is_stale(now) && critical => (failing, MonitorState::Unknown, Why::Stale),
        _ if monitor.is_stale(now) => (Status::Warn, MonitorState::Unknown, Why::Stale),
        MonitorState::Failing => (failing, MonitorState::Failing, Why::Failing),
        state if failed_last => (Status::Warn, state, Why::FailedOnce),
        MonitorState::Unknown => (Status::Warn, MonitorState::Unknown, Why::NoResultYet),
        MonitorState::Well => (Status::Pass, MonitorState::Well, Why::Well),
    };
    Judged { status, state, age: monitor.age(now), why }
}

/// Tells whether the monitor has had a result at all.
pub(super) fn has_result(monitor: &MonitorStatus) -> bool {
    monitor.last().is_some_and(|last| last.outcome() != RunOutcome::Skipped)
        || monitor.state() != MonitorState::Unknown
}

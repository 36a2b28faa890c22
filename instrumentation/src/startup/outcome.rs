//! The decision: what the checks' outcomes mean for the service. Pure.

use crate::semconv::{startup_check_on_failure, startup_check_outcome, startup_outcome};

/// Says what follows when a check does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnFailure {
    /// The process ends: it would do harm, or nothing at all.
    Abort,
    /// The service starts and says that it is degraded.
    Degrade,
}

impl OnFailure {
    /// Returns the name that stands on the span.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abort => startup_check_on_failure::ABORT,
            Self::Degrade => startup_check_on_failure::DEGRADE,
        }
    }
}

/// Says how one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// What was looked for is there.
    Passed,
    /// What was looked for is not there.
    Failed,
    /// No answer within the budget.
    TimedOut,
    /// The check could not be made and says nothing.
    Skipped,
}

impl CheckOutcome {
    /// Returns the name that stands on the span.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => startup_check_outcome::PASSED,
            Self::Failed => startup_check_outcome::FAILED,
            Self::TimedOut => startup_check_outcome::TIMED_OUT,
            Self::Skipped => startup_check_outcome::SKIPPED,
        }
    }

    /// Tells whether the check speaks against the service: it failed or timed out.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// Says how the startup ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Every check passed or was skipped.
    Ready,
    /// The service runs although a check failed.
    Degraded,
    /// A check that must pass failed.
    Aborted,
}

impl Outcome {
    /// Returns the name that stands on the span.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => startup_outcome::READY,
            Self::Degraded => startup_outcome::DEGRADED,
            Self::Aborted => startup_outcome::ABORTED,
        }
    }
}

/// Decides from all checks what becomes of the service.
///
/// | a check that | with `abort` | with `degrade` |
/// | --- | --- | --- |
/// | failed or timed out | aborted | degraded, unless another aborts |
/// | passed or was skipped | ready, unless another says otherwise | the same |
pub(super) fn decide(checks: impl IntoIterator<Item = (OnFailure, CheckOutcome)>) -> Outcome {
    let failures = checks.into_iter().filter(|(_, outcome)| outcome.is_failure());
    failures.fold(Outcome::Ready, |decided, (on_failure, _)| match (decided, on_failure) {
        (Outcome::Aborted, _) | (_, OnFailure::Abort) => Outcome::Aborted,
        (_, OnFailure::Degrade) => Outcome::Degraded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_FAILURE: [OnFailure; 2] = [OnFailure::Abort, OnFailure::Degrade];
    const OUTCOMES: [CheckOutcome; 4] =
        [CheckOutcome::Passed, CheckOutcome::Failed, CheckOutcome::TimedOut, CheckOutcome::Skipped];

    fn alone(on_failure: OnFailure, outcome: CheckOutcome) -> Outcome {
        match (on_failure, outcome) {
            (_, CheckOutcome::Passed | CheckOutcome::Skipped) => Outcome::Ready,
            (OnFailure::Abort, _) => Outcome::Aborted,
            (OnFailure::Degrade, _) => Outcome::Degraded,
        }
    }

    fn severity(outcome: Outcome) -> u8 {
        match outcome {
            Outcome::Ready => 0,
            Outcome::Degraded => 1,
            Outcome::Aborted => 2,
        }
    }

    #[test]
    fn nothing_to_check_is_ready() {
        assert_eq!(decide([]), Outcome::Ready);
    }

    /// Every pair of checks, in both orders, is as bad as the worse of the two.
    #[test]
    fn the_whole_table() {
        let all: Vec<_> = ON_FAILURE
            .into_iter()
            .flat_map(|on_failure| OUTCOMES.map(|outcome| (on_failure, outcome)))
            .collect();
        for a in &all {
            assert_eq!(decide([*a]), alone(a.0, a.1), "{a:?}");
            for b in &all {
                let worse = [alone(a.0, a.1), alone(b.0, b.1)]
                    .into_iter()
                    .max_by_key(|outcome| severity(*outcome));
                assert_eq!(Some(decide([*a, *b])), worse, "{a:?} {b:?}");
            }
        }
    }
}

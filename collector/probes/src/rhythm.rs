//! When a probe asks next, and what its answers so far come to. Pure, and the same rhythm as that
//! of a service's monitors: a second try 2 s after a first failure decides.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row after which something is failing,
const FAILURES: u32 = 2;

/// and answers as wished for after which it is well again.
const SUCCESSES: u32 = 3;

/// From a first failure to the second try; a fifth of the interval where that is shorter.
const RETRY: Duration = Duration::from_secs(2);

/// The shortest interval, so that nothing spins.
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);

/// The part of the interval that jitter may take off: one in ten.
const JITTER_PART: u32 = 10;

/// How one try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    TimedOut,
}

/// What a try changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It did not pass, and a second try has to decide.
    InDoubt,
    /// It begins to fail.
    Fails,
    /// It is well again.
    Recovers,
    /// Nothing changed.
    None,
}

/// Counts tries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) failures: u32,
    successes: u32,
    failing: bool,
}

impl Count {
    /// Counts a try.
    pub(crate) fn add(&mut self, outcome: Outcome) -> Turn {
        if outcome == Outcome::Passed {
            (self.failures, self.successes) = (0, self.successes.saturating_add(1));
            if self.failing && self.successes >= SUCCESSES {
                self.failing = false;
                return Turn::Recovers;
            }
            return Turn::None;
        }
        (self.failures, self.successes) = (self.failures.saturating_add(1), 0);
        match self.failing {
            true => Turn::None,
            false if self.failures < FAILURES => Turn::InDoubt,
            false => {
                self.failing = true;
                Turn::Fails
            }
        }
    }
}

/// When a try is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) at: Instant,
    /// Whether the rhythm goes on from it; a second try does not shift it.
    pub(crate) regular: bool,
}

/// Returns when to try next: soon when the last try is in doubt, else one interval after the last
/// regular one began, less some jitter; at once when that has passed.
pub(crate) fn next(
    turn: Turn,
    regular: Instant,
    now: Instant,
    every: Duration,
    random: u64,
) -> Next {
    if turn == Turn::InDoubt {
        return Next { at: now + retry(every), regular: false };
    }
    // 16 of the 64 bits are random enough, and cannot overflow
    let share = u32::try_from(random >> 48).unwrap_or(0);
    let jitter = every / JITTER_PART * share / (1 << 16);
    Next { at: (regular + every - jitter).max(now), regular: true }
}

/// Returns the longest time that a try may take, so that something that hangs is found out,
/// second try included, before the next regular one is due.
pub(crate) fn longest_timeout(every: Duration) -> Duration {
    (every - every / JITTER_PART - retry(every)) / 2
}

fn retry(every: Duration) -> Duration {
    RETRY.min(every / 5)
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Failed, Passed, TimedOut};
    use super::*;

    #[test]
    fn two_failures_in_a_row_fail_and_three_good_answers_clear() {
        let turns = |outcomes: &[Outcome]| {
            let mut count = Count::default();
            outcomes.iter().map(|it| count.add(*it)).collect::<Vec<_>>()
        };
        assert_eq!(turns(&[Failed, TimedOut, Failed]), [Turn::InDoubt, Turn::Fails, Turn::None]);
        assert_eq!(turns(&[Passed, Failed, Passed, Failed])[3], Turn::InDoubt);
        let clears = turns(&[Failed, Failed, Passed, Passed, Failed, Passed, Passed, Passed]);
        assert_eq!(
            clears[2..],
            [Turn::None, Turn::None, Turn::None, Turn::None, Turn::None, Turn::Recovers]
        );
    }

    #[test]
    fn what_hangs_is_found_out_before_the_next_regular_try() {
        for seconds in [1, 5, 30, 60, 3_600] {
            let every = Duration::from_secs(seconds);
            let both = longest_timeout(every) * 2 + retry(every);
            assert!(both <= every - every / JITTER_PART, "{every:?}");
        }
    }
}

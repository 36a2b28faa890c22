//! When a monitor runs next. Pure.

use std::time::Duration;

use tokio::time::Instant;

use super::{RETRY, Reason};

/// Shortest interval, so that a monitor of interval zero does not spin.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(10);
/// The part of the interval by which jitter may shorten it: one in ten.
const JITTER_PART: u32 = 10;

/// Returns the pause before the second try after a first failure.
pub(super) fn retry(interval: Duration) -> Duration {
    RETRY.min(interval / 5)
}

/// Returns the longest timeout with which a hanging check, its second try included, is found out before the next
/// regular run is due; so detection takes less than two intervals.
pub(super) fn longest_timeout(interval: Duration) -> Duration {
    (interval - interval / JITTER_PART - retry(interval)) / 2
}

/// Returns when to run next: a second try soon after a first failure, else one jittered interval after the last regular
/// run began, or at once when that has passed.
pub(super) fn next(
    reason: Reason,
    regular: Instant,
    now: Instant,
    interval: Duration,
    random: u64,
) -> Next {
    if reason == Reason::FirstFailure {
        return Next { at: now + retry(interval), regular: false };
    }
    Next { at: (regular + interval - jitter(interval, random)).max(now), regular: true }
}

/// When a run is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) at: Instant,
    /// Whether the rhythm goes on from this run; a second try does not shift it.
    pub(super) regular: bool,
}

/// Returns between nothing and a tenth of the interval.
fn jitter(interval: Duration, random: u64) -> Duration {
    // 16 of the 64 bits are random enough, and cannot overflow.
    let share = u32::try_from(random >> 48).unwrap_or(0);
    interval / JITTER_PART * share / (1 << 16)
}

#[cfg(test)]
mod tests;

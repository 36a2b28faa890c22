//! Time at the edge of the exporters: the clock, how long to wait, when to stop.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use tokio_util::sync::CancellationToken;

/// Tells what time it is. The program gives the wall clock, tests their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a destination is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// How long one call may take.
    pub timeout: Duration,
    /// The wait after the first failure; it grows with each further one.
    pub first_retry: Duration,
    /// How many times longer it becomes.
    pub multiplier: f64,
    /// The longest wait between two tries.
    pub max_retry: Duration,
    /// After how long a request is given up; absent when it is tried for as long as it takes.
    pub give_up: Option<Duration>,
    /// How long a destination that refused our key is left alone before it is asked again.
    pub pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            first_retry: Duration::from_secs(1),
            multiplier: 2.0,
            max_retry: Duration::from_secs(30),
            give_up: None,
            pause: Duration::from_secs(30),
        }
    }
}

impl Timing {
    /// Returns the wait after `failures` failures in a row, without jitter.
    pub fn backoff(&self, failures: u32) -> Duration {
        let more = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = self.first_retry.as_secs_f64() * self.multiplier.powi(more);
        Duration::from_secs_f64(wait.min(self.max_retry.as_secs_f64()))
    }
}

/// Spreads waits so that collectors that failed together do not come back together.
#[derive(Debug)]
pub(crate) struct Jitter(u64);

impl Default for Jitter {
    fn default() -> Self {
        // the standard hasher's random keys are seed enough for this
        Self(RandomState::new().hash_one("jitter") | 1)
    }
}

impl Jitter {
    /// Returns between a half and the whole of `wait`.
    pub(crate) fn spread(&mut self, wait: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let share = u32::try_from(self.0 >> 40).unwrap_or_default();
        wait / 2 + (wait / 2).mul_f64(f64::from(share) / f64::from(1 << 24))
    }
}

/// Says when to stop, and how long what is still owed may take after that.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Cancelled when the collector stops.
    pub token: CancellationToken,
    /// How long workers may go on delivering after that.
    pub drain: Duration,
}

impl Stop {
    /// Says whether the collector stops.
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until the time to deliver what is still owed is over.
    pub(crate) async fn over(&self) {
        self.token.cancelled().await;
        tokio::time::sleep(self.drain).await;
    }

    /// Sleeps, but not into the beginning of a stop. Sleeps in full once stopping.
    pub(crate) async fn sleep(&self, wait: Duration) {
        if self.is_stopping() {
            return tokio::time::sleep(wait).await;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.token.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let timing = Timing::default();
        let waits: Vec<u64> = (0..8).map(|failures| timing.backoff(failures).as_secs()).collect();
        assert_eq!(waits, [1, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(timing.backoff(u32::MAX), timing.max_retry);
        let mut jitter = Jitter::default();
        let spread: Vec<Duration> =
            (0..100).map(|_| jitter.spread(Duration::from_secs(10))).collect();
        assert!(spread.iter().all(|wait| (5.0..=10.0).contains(&wait.as_secs_f64())), "{spread:?}");
        assert!(spread.iter().any(|wait| wait != &spread[0]));
    }
}

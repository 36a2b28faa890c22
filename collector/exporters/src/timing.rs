//! Time at the edge of the exporters: the clock, how long to wait, when to stop.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bellwether_core::time::Timestamp;
use tokio::time::Instant;
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

/// Says when to stop, and until when what is still owed may take. Clones say the same.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    token: CancellationToken,
    /// Its own deadline and those of what it was made from.
    deadlines: Vec<Arc<OnceLock<Instant>>>,
}

impl Stop {
    /// Makes one that does not stop by itself.
    pub fn new() -> Self {
        Self { token: CancellationToken::new(), deadlines: vec![Arc::default()] }
    }

    /// Makes one that stops with this one, or before it.
    pub fn child(&self) -> Self {
        let mut deadlines = vec![Arc::default()];
        deadlines.extend(self.deadlines.iter().cloned());
        Self { token: self.token.child_token(), deadlines }
    }

    /// Asks to stop. Workers may go on delivering until `deadline`; the first call counts.
    pub fn by(&self, deadline: Instant) {
        if let Some(own) = self.deadlines.first() {
            // set before the token, so that whoever sees the stop sees the deadline
            let _ = own.set(deadline);
        }
        self.token.cancel();
    }

    /// Says whether a stop was asked for.
    pub fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until a stop is asked for.
    pub(crate) async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Waits until the time to deliver what is still owed is over.
    pub(crate) async fn over(&self) {
        self.cancelled().await;
        let deadline = self.deadlines.iter().filter_map(|it| it.get()).min();
        tokio::time::sleep_until(deadline.copied().unwrap_or_else(Instant::now)).await;
    }

    /// Sleeps, but not into the beginning of a stop. Sleeps in full once stopping.
    pub(crate) async fn sleep(&self, wait: Duration) {
        if self.is_stopping() {
            return tokio::time::sleep(wait).await;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.cancelled() => {}
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
    #[tokio::test(start_paused = true)]
    async fn a_part_stops_by_itself_or_with_the_whole() {
        let began = Instant::now();
        let whole = Stop::new();
        let (one, other) = (whole.child(), whole.child());
        one.by(began + Duration::from_secs(1));
        one.over().await;
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        assert!(one.is_stopping() && !whole.is_stopping() && !other.is_stopping());
        whole.by(began + Duration::from_secs(9));
        whole.by(began + Duration::from_secs(99));
        other.over().await;
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    }
}

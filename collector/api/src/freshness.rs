//! Whether the snapshot still moves: one that does not is a failure that nobody reports.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::view::Time;

/// No snapshot for so long means that something is stuck, unless they are made more rarely.
const STALE: Duration = Duration::from_secs(10);

/// Remembers since when the snapshot is the same. It looks when it is asked, so that a probe
/// from time to time is enough; the first one after a standstill only begins to count.
#[derive(Debug)]
pub(crate) struct Freshness {
    every: watch::Receiver<Duration>,
    seen: Mutex<Option<(Time, Instant)>>,
}

impl Freshness {
    /// Expects a new snapshot `every` so often; three that are missing are told.
    pub(crate) fn new(every: watch::Receiver<Duration>) -> Self {
        Self { every, seen: Mutex::default() }
    }

    /// Returns what is wrong with a snapshot that was made at `now`, by its own clock.
    pub(crate) fn problem(&self, now: Time) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match *seen {
            Some((same, since)) if same == now => {
                let age = since.elapsed();
                let stale = STALE.max(self.every.borrow().saturating_mul(3));
                (age > stale)
                    .then(|| format!("nothing was evaluated in the last {} s", age.as_secs()))
            }
            _ => {
                *seen = Some((now, Instant::now()));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_snapshot_that_stands_still_is_told() {
        let freshness = Freshness::new(watch::Sender::new(Duration::from_secs(1)).subscribe());
        let early = Time::from_secs(1);
        assert_eq!(freshness.problem(early), None);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(freshness.problem(early), None);
        tokio::time::advance(Duration::from_secs(2)).await;
        let problem = freshness.problem(early).unwrap();
        assert_eq!(problem, "nothing was evaluated in the last 12 s");
        assert_eq!(freshness.problem(Time::from_secs(2)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_evaluates_rarely_is_given_time() {
        let every = watch::Sender::new(Duration::from_secs(30));
        let freshness = Freshness::new(every.subscribe());
        let at = Time::from_secs(1);
        assert_eq!(freshness.problem(at), None);
        tokio::time::advance(Duration::from_secs(90)).await;
        assert_eq!(freshness.problem(at), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(freshness.problem(at).is_some());
        every.send_replace(Duration::from_secs(60));
        assert_eq!(freshness.problem(at), None, "the rhythm has changed");
    }
}

//! Whether the snapshot still moves: one that does not is a failure that nobody reports.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::view::Time;

/// A snapshot is published every second; this much later something is stuck.
const STALE: Duration = Duration::from_secs(10);

/// Remembers since when the snapshot is the same. It looks when it is asked, so that a probe
/// from time to time is enough; the first one after a standstill only begins to count.
#[derive(Debug, Default)]
pub(crate) struct Freshness(Mutex<Option<(Time, Instant)>>);

impl Freshness {
    /// Returns what is wrong with a snapshot that was made at `now`, by its own clock.
    pub(crate) fn problem(&self, now: Time) -> Option<String> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *seen {
            Some((same, since)) if same == now => {
                let age = since.elapsed();
                (age > STALE)
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
        let freshness = Freshness::default();
        let early = Time::from_secs(1);
        assert_eq!(freshness.problem(early), None);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(freshness.problem(early), None);
        tokio::time::advance(Duration::from_secs(2)).await;
        let problem = freshness.problem(early).unwrap();
        assert_eq!(problem, "nothing was evaluated in the last 12 s");
        assert_eq!(freshness.problem(Time::from_secs(2)), None);
    }
}

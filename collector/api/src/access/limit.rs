//! How often somebody may do something.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// No more than these are remembered; whoever is new then waits until one is forgotten.
const MOST: usize = 4_096;

/// Lets each key through so often, and a few times more at once.
#[derive(Debug)]
pub(crate) struct Limit<K> {
    every: Duration,
    burst: Duration,
    /// When all that a key did would have been done, had it kept to the rate.
    even: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq> Limit<K> {
    /// Lets `burst` through at once, and one more `every` so often.
    pub(crate) fn new(burst: u32, every: Duration) -> Self {
        Self { every, burst: every.saturating_mul(burst), even: Mutex::default() }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// Returns how long to wait when that is one too many; it is not counted then.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        if even.len() >= MOST {
            even.retain(|_, at| *at > now);
        }
        let known = even.get(&key).copied();
        if known.is_none() && even.len() >= MOST {
            return Err(self.every);
        }
        let next = known.unwrap_or(now).max(now) + self.every;
        match next.duration_since(now).checked_sub(self.burst) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                even.insert(key, next);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_at_once_and_then_at_the_rate_each_for_itself() {
        let limit = Limit::new(3, Duration::from_secs(10));
        let begin = Instant::now();
        for _ in 0..3 {
            assert_eq!(limit.take("a", begin), Ok(()));
        }
        assert_eq!(limit.take("a", begin), Err(Duration::from_secs(10)));
        assert_eq!(limit.take("b", begin), Ok(()), "another one is not held up");
        let later = begin + Duration::from_secs(4);
        assert_eq!(limit.take("a", later), Err(Duration::from_secs(6)));
        let later = begin + Duration::from_secs(10);
        assert_eq!(limit.take("a", later), Ok(()));
        assert!(limit.take("a", later).is_err());
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_memory() {
        let limit = Limit::new(1, Duration::from_secs(10));
        let begin = Instant::now();
        for key in 0..MOST {
            assert_eq!(limit.take(key, begin), Ok(()));
        }
        assert!(limit.take(MOST, begin).is_err());
        assert_eq!(limit.take(MOST, begin + Duration::from_secs(11)), Ok(()));
        assert_eq!(limit.even.lock().unwrap().len(), 1);
    }
}

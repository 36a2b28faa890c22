//! The one place where the collector reads the clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bellwether_core::time::Timestamp;

/// Tells the time to the parts that may ask. Tests hand out one that they can turn.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// Makes a clock of a function.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the clock of the machine.
    pub fn wall() -> Self {
        Self::new(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the edge where the clock is read"
            )]
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::default().plus(since)
        })
    }

    /// Returns a clock that begins at `start` and goes as tokio's does, so that a paused
    /// runtime turns it.
    pub fn virtual_from(start: Timestamp) -> Self {
        let origin = tokio::time::Instant::now();
        Self::new(move || start.plus(tokio::time::Instant::now().duration_since(origin)))
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// Returns how long to wait for a point in time; nothing when it is over.
    pub fn until(&self, at: Timestamp) -> Duration {
        at.since(self.now())
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

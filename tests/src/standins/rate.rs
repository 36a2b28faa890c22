//! Request rates over a rolling window.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Admits at most `limit` requests in any `window`.
#[derive(Debug)]
pub(crate) struct RollingWindow {
    limit: usize,
    window: Duration,
    admitted: VecDeque<Instant>,
}

impl RollingWindow {
    /// Makes an empty window.
    pub(crate) fn new(limit: usize, window: Duration) -> Self {
        Self { limit, window, admitted: VecDeque::new() }
    }

    /// Admits a request at `now`, or tells how long until there is room.
    ///
    /// A refused request does not count towards the window.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        while let Some(&oldest) = self.admitted.front() {
            if now.duration_since(oldest) < self.window {
                break;
            }
            self.admitted.pop_front();
        }
        if self.admitted.len() < self.limit {
            self.admitted.push_back(now);
            return Ok(());
        }
        let oldest = self.admitted.front().copied().unwrap_or(now);
        Err(self.window.saturating_sub(now.duration_since(oldest)))
    }
}

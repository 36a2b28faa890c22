//! Keeps calls within a destination's rate.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How many calls a destination takes in a rolling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The most calls in any window.
    pub calls: usize,
    /// The length of the window.
    pub per: Duration,
}

/// Remembers when calls left and holds back what would be too many.
#[derive(Debug)]
pub(crate) struct Limiter {
    rate: Option<Rate>,
    left: VecDeque<Instant>,
}

impl Limiter {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { rate, left: VecDeque::new() }
    }

    /// Waits until half of the calls of a window are free, which what is urgent may take. Where it
    /// is given up, nothing has changed.
    pub(crate) async fn room(&mut self) {
        let Some(rate) = self.rate else { return };
        while self.left.len() >= rate.calls.div_ceil(2) {
            let Some(oldest) = self.left.front() else { break };
            tokio::time::sleep_until(*oldest + rate.per).await;
            self.left.pop_front();
        }
    }

    /// Waits until a call may leave, and counts it.
    pub(crate) async fn wait(&mut self) {
        let Some(rate) = self.rate else { return };
        while self.left.len() >= rate.calls.max(1) {
            let Some(oldest) = self.left.pop_front() else { break };
            tokio::time::sleep_until(oldest + rate.per).await;
        }
        self.left.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_calls_than_allowed() {
        let mut limiter = Limiter::new(Some(Rate { calls: 3, per: Duration::from_secs(60) }));
        let start = Instant::now();
        let mut left = Vec::new();
        for pause in [0, 0, 20, 0, 0, 0, 0] {
            tokio::time::advance(Duration::from_secs(pause)).await;
            limiter.wait().await;
            left.push(start.elapsed().as_secs());
        }
        assert_eq!(left, [0, 0, 20, 60, 60, 80, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_wait_leaves_room_for_what_cannot() {
        let mut limiter = Limiter::new(Some(Rate { calls: 4, per: Duration::from_secs(60) }));
        let start = Instant::now();
        for expected in [0, 0, 60, 60, 120] {
            limiter.room().await;
            limiter.wait().await;
            assert_eq!(start.elapsed().as_secs(), expected);
        }
        limiter.wait().await;
        assert_eq!(start.elapsed().as_secs(), 120, "what cannot wait need not");
    }
}

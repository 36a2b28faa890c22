//! Tells what may happen a thousand times a second, and not so often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(60);

/// Lets one of many through a minute.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<(Option<Instant>, u64)>);

impl Seldom {
    /// Returns how many there were since the last that was told, this one included, when it is
    /// time to tell.
    pub(crate) fn due(&self) -> Option<u64> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.1 += 1;
        if held.0.is_some_and(|last| last.elapsed() < EVERY) {
            return None;
        }
        let count = held.1;
        *held = (Some(Instant::now()), 0);
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_and_then_how_many_came_meanwhile() {
        let seldom = Seldom::default();
        assert_eq!([seldom.due(), seldom.due(), seldom.due()], [Some(1), None, None]);
        tokio::time::advance(EVERY).await;
        assert_eq!([seldom.due(), seldom.due()], [Some(3), None]);
    }
}

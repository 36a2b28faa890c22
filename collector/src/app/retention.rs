//! Puts old records together or away, in the background and a little at a time.

use std::time::Duration;

use bellwether_core::store::StoreError;

/// How long nothing is looked for once nothing was left to do, or the store failed.
const REST: Duration = Duration::from_secs(60);

/// The pause between two steps, in which others write.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes one step after the other, for ever.
pub(super) async fn run(step: impl AsyncFn() -> Result<u64, StoreError>) {
    loop {
        let pause = match step().await {
            Ok(0) => REST,
            Ok(_) => PAUSE,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "old records not put together; trying again in a minute"
                );
                REST
            }
        };
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn steps_follow_until_nothing_is_left_and_a_failure_ends_nothing() {
        let (began, taken) = (Instant::now(), Mutex::new(Vec::new()));
        let step = async || {
            let mut taken = taken.lock().unwrap();
            taken.push(began.elapsed().as_millis());
            match taken.len() {
                1 | 2 => Ok(1_000),
                4 => Err(StoreError { what: "put old records together", source: "away".into() }),
                _ => Ok(0),
            }
        };
        assert!(timeout(Duration::from_secs(200), run(step)).await.is_err());
        assert_eq!(*taken.lock().unwrap(), [0, 200, 400, 60_400, 120_400, 180_400]);
    }
}

//! Waiting for a condition, with a deadline and an error that says what was seen instead.

use std::time::Duration;

use anyhow::anyhow;
use tokio::time::{sleep, timeout};

/// How long to wait between two looks at the outside world.
const EVERY: Duration = Duration::from_millis(50);

/// Looks until `look` succeeds and returns what it found. Its errors say what was seen
/// instead; `what` completes "waited for".
///
/// # Errors
/// Fails after `limit`, with `what` and the last thing that `look` said.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut last = None;
    let found = timeout(limit, async {
        loop {
            match look().await {
                Ok(found) => return found,
                Err(why) => last = Some(why),
            }
            sleep(EVERY).await;
        }
    });
    if let Ok(found) = found.await {
        return Ok(found);
    }
    let last = last.unwrap_or_else(|| anyhow!("the first look did not end"));
    Err(last.context(format!("waited {limit:?} for {what}")))
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_again_until_it_is_so() {
        let mut looks = 0;
        let found = until("three looks", Duration::from_secs(1), async || {
            looks += 1;
            ensure!(looks == 3, "{looks} looks");
            Ok(looks)
        });
        assert_eq!(found.await.expect("in time"), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn says_what_it_waited_for_and_what_it_saw() {
        let look = async || -> anyhow::Result<()> { Err(anyhow!("admin is operational")) };
        let error = until("admin to be out", Duration::from_secs(1), look).await;
        let text = format!("{:#}", error.expect_err("never so"));
        assert_eq!(text, "waited 1s for admin to be out: admin is operational");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_does_not_outlast_the_limit() {
        let look = async || std::future::pending::<anyhow::Result<()>>().await;
        let error = until("an answer", Duration::from_secs(1), look).await;
        let text = format!("{:#}", error.expect_err("never so"));
        assert_eq!(text, "waited 1s for an answer: the first look did not end");
    }
}

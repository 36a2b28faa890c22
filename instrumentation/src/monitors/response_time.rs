//! Any check with a limit on how long it may take.

use std::time::Duration;

use tokio::time::Instant;

use crate::checks::{Check, CheckKind, CheckResult, NotPassed};

/// Checks that `check` passes, and within `limit`: an answer that comes too late has failed.
///
/// ```
/// use std::time::Duration;
/// use bellwether::checks::custom;
/// use bellwether::monitors::{Level, Monitor, response_time};
///
/// let reports = custom(async || tokio::net::TcpStream::connect("reports.internal:80").await.map(|_| ()));
/// let monitor = Monitor::new("reports respond", "reports", response_time(Duration::from_millis(500), reports))
///     .level(Level::Endpoint)
///     .degrades();
/// ```
pub fn response_time<C: Check>(limit: Duration, check: C) -> ResponseTime<C> {
    ResponseTime { limit, check }
}

/// Holds a check to a time; comes from [`response_time`].
#[derive(Debug, Clone)]
pub struct ResponseTime<C> {
    limit: Duration,
    check: C,
}

impl<C: Check> Check for ResponseTime<C> {
    fn kind(&self) -> CheckKind {
        self.check.kind()
    }

    async fn run(&self) -> CheckResult {
        let began = Instant::now();
        self.check.run().await?;
        let took = began.elapsed();
        if took <= self.limit {
            return Ok(());
        }
        Err(NotPassed::failed(format!(
            "answered after {} ms, {} ms are allowed",
            took.as_millis(),
            self.limit.as_millis()
        ))
        .error_type("slow"))
    }
}

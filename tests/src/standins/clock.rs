//! The wall clock of a stand-in, which a test may replace.

use std::sync::Arc;

use jiff::Timestamp;

/// Tells a stand-in what time it is, for ages of events and for listings.
///
/// Rates are measured with `tokio::time::Instant` instead, so that a test can
/// pause them with tokio's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Reads the clock of the machine: the edge where a stand-in learns the time.
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

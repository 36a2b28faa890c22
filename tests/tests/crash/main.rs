//! Ends of the collector at random moments, under load, while destinations fail and return and
//! disks are full or damaged: everything that was acknowledged arrives.
#![expect(clippy::unwrap_used, reason = "a lock that a failed test has poisoned fails the test")]

mod damage;
mod deltas;
mod disks;
mod kills;
mod load;
mod sink;
mod sync;

use std::time::Duration;

/// Longest wait for what was acknowledged, on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Returns how often something is done: few times in a test, and as often as a variable says by
/// `make torture`.
fn times(variable: &str, few: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is said from outside")]
    let asked = std::env::var(variable).ok();
    asked.and_then(|it| it.parse().ok()).unwrap_or(few)
}

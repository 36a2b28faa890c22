//! A trace that shows what was counted.

use std::time::Duration;

use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;
use serde::{Deserialize, Serialize};

/// One that shows more is replaced by a newer one after this time.
const SHOWN_FOR: Duration = Duration::from_secs(60);

/// A trace that people may look at: one in which something went wrong, or took long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Example {
    pub(crate) trace: TraceId,
    /// When that was, up to the newest signal that came with it.
    pub(crate) at: Timestamp,
    /// How much of it there is: seconds that a span lasted, or a value.
    pub(crate) weight: f64,
}

impl Example {
    /// Returns the better one: that which shows more, unless it is old.
    pub(crate) fn better(self, other: Option<&Self>) -> Self {
        let keeps = |it: &&Self| it.weight > self.weight && self.at.since(it.at) <= SHOWN_FOR;
        other.filter(keeps).copied().unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_more_is_shown_for_a_minute() {
        let example = |byte, at, weight| Example {
            trace: TraceId::read(&[byte; 16]).unwrap(),
            at: Timestamp::from_secs(at),
            weight,
        };
        let slow = example(1, 100, 2.0);
        assert_eq!(slow.better(None), slow);
        assert_eq!(example(2, 160, 1.0).better(Some(&slow)), slow);
        let newer = example(2, 161, 1.0);
        assert_eq!(newer.better(Some(&slow)), newer);
        let as_slow = example(3, 101, 2.0);
        assert_eq!(as_slow.better(Some(&slow)), as_slow, "of two that show as much the newer one");
    }
}

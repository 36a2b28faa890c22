//! A clock that never runs backwards, whatever the machine's does: a step of escalation must not
//! wait for hours because somebody set the clock.

use std::time::Duration;

use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;

/// The name of its record.
const RECORD: &str = "steady";

/// Turns the time of the machine into one that never runs backwards.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steady {
    newest: Timestamp,
    ahead: Duration,
    /// By how much it was ahead when that was stored.
    stored: Duration,
}

impl Steady {
    /// Goes on from what was stored, after a moment that has passed.
    pub(crate) fn restore(snapshots: &[Snapshot], newest: Timestamp) -> Self {
        let stored = snapshots.iter().find(|it| it.name == RECORD);
        let read = |it: &Snapshot| {
            let nanos = it.body.as_deref()?.try_into().ok()?;
            Some(Duration::from_nanos(u64::from_le_bytes(nanos)))
        };
        let ahead = stored.and_then(read).unwrap_or_default();
        Self { newest, ahead, stored: ahead }
    }

    /// Returns what has to be stored so that a restart loses nothing.
    pub(crate) fn record(&mut self, now: Timestamp) -> Option<Snapshot> {
        if self.stored == self.ahead {
            return None;
        }
        self.stored = self.ahead;
        let nanos = u64::try_from(self.ahead.as_nanos()).unwrap_or(u64::MAX);
        let body = Some(nanos.to_le_bytes().to_vec().into());
        Some(Snapshot { name: RECORD.to_owned(), at: now, body })
    }

    /// Returns the time at a moment of the machine's, without noting that it passed.
    pub(crate) fn ahead_of(&self, now: Timestamp) -> Timestamp {
        now.plus(self.ahead).max(self.newest)
    }

    /// Returns when a moment is by the machine's clock.
    pub(crate) fn clock(&self, at: Timestamp) -> Timestamp {
        at.minus(self.ahead)
    }

    /// Returns the time.
    pub(crate) fn at(&mut self, now: Timestamp) -> Timestamp {
        let back = self.newest.since(now.plus(self.ahead));
        self.ahead = self.ahead.saturating_add(back);
        self.newest = now.plus(self.ahead);
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_when_the_clock_is_set_back() {
        let at = Timestamp::from_secs;
        let mut steady = Steady::default();
        assert_eq!(steady.at(at(1_000)), at(1_000));
        assert_eq!(steady.at(at(100)), at(1_000));
        assert_eq!(steady.at(at(160)), at(1_060));
        assert_eq!(steady.at(at(2_000)), at(2_900), "it stays ahead");
    }
}

//! Requests under way, and since when.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::method::{KnownMethod, METHODS};

/// Seconds that the wheel of beginnings covers.
const WHEEL: usize = 1024;

/// Counts the requests under way by method and by the second in which they began.
///
/// A request that is stuck for longer than the wheel covers (17 minutes) is taken for a younger one; whoever watches has
/// seen its age by then.
#[derive(Debug)]
pub(crate) struct Work {
    epoch: Instant,
    by_method: [AtomicI64; METHODS],
    begun: Box<[AtomicU32]>,
}

impl Work {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            by_method: Default::default(),
            begun: std::iter::repeat_with(AtomicU32::default).take(WHEEL).collect(),
        }
    }

    fn second(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.epoch).as_secs()
    }

    fn slot(&self, second: u64) -> Option<&AtomicU32> {
        self.begun.get(usize::try_from(second).unwrap_or(usize::MAX) % WHEEL)
    }

    pub(super) fn begin(&self, method: KnownMethod, at: Instant) {
        method.of_table(&self.by_method).fetch_add(1, Ordering::Relaxed);
        if let Some(slot) = self.slot(self.second(at)) {
            slot.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn end(&self, method: KnownMethod, began: Instant) {
        method.of_table(&self.by_method).fetch_sub(1, Ordering::Relaxed);
        if let Some(slot) = self.slot(self.second(began)) {
            slot.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Lists how many requests are under way by method, for methods that have been used.
    pub(super) fn by_method(&self) -> impl Iterator<Item = (KnownMethod, i64)> {
        KnownMethod::all()
            .map(|method| (method, method.of_table(&self.by_method).load(Ordering::Relaxed)))
    }

    /// Returns how many requests have been under way for longer than `age`, and the age of the oldest.
    pub(crate) fn older_than(&self, age: Duration, now: Instant) -> (u32, Duration) {
        let now = self.second(now);
        let oldest = now.saturating_sub(WHEEL as u64 - 1);
        let young = now.saturating_sub(age.as_secs());
        let waiting =
            |second: u64| self.slot(second).map_or(0, |slot| slot.load(Ordering::Relaxed));
        let count = (oldest..young).map(waiting).sum();
        let first = (oldest..=now).find(|second| waiting(*second) > 0);
        (count, first.map_or(Duration::ZERO, |second| Duration::from_secs(now - second)))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    #[test]
    fn a_stuck_request_is_seen_with_its_age() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let work = Work::new(start);
        let get = KnownMethod::of(&Method::GET);
        work.begin(get, at(5));
        work.begin(get, at(6));
        work.begin(get, at(38));
        work.end(get, at(6));
        assert_eq!(work.older_than(Duration::from_secs(30), at(40)), (1, Duration::from_secs(35)));
        assert_eq!(work.by_method().find(|(method, _)| *method == get), Some((get, 2)));
        work.end(get, at(5));
        assert_eq!(work.older_than(Duration::from_secs(30), at(40)).0, 0);
    }
}

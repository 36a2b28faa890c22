//! What one worker remembers and counts.

use std::sync::Arc;

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;

use super::classes::Classes;
use super::counted::Counted;
use super::sightings::Sightings;
use super::traffic::Hits;
use super::{Harvest, Seen, logs, metrics, spans};
use crate::indicators::Slots;
use crate::plan::Plan;

/// What one worker remembers and counts.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) plan: Arc<Plan>,
    pub(super) classes: Classes,
    pub(super) counted: Counted,
    pub(super) hits: Hits,
    pub(super) sightings: Sightings,
    /// When a request was looked at last.
    at: Timestamp,
    /// What a signal has in common with others that look alike; kept for its room.
    pub(super) likeness: Vec<u8>,
}

/// The time of a request's arrival, and the slots of the time that was asked for last: spans of a
/// request lie close together.
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) slots: Slots,
    newest: Slots,
}

impl Moment {
    fn new(now: Timestamp) -> Self {
        let slots = Slots::at(now);
        Self { now, slots, newest: slots }
    }

    /// Reads a time and finds its slots.
    #[inline]
    pub(super) fn read(&mut self, nanos: u64) -> (Timestamp, Slots) {
        let at = super::time(nanos, self.now);
        if at.secs() != i64::from(self.newest.second()) {
            self.newest = Slots::at(at);
        }
        (at, self.newest)
    }
}

impl Shard {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            classes: Classes::default(),
            counted: Counted::new(&plan),
            hits: Hits::default(),
            sightings: Sightings::default(),
            at: Timestamp::default(),
            likeness: Vec::new(),
            plan,
        }
    }

    pub(super) fn observe(&mut self, signal: Signal, body: &[u8], now: Timestamp) -> Seen {
        self.classes.tidy();
        self.at = self.at.max(now);
        let mut moment = Moment::new(now);
        match signal {
            Signal::Traces => spans::observe(self, body, &mut moment),
            Signal::Logs => logs::observe(self, body, &mut moment),
            Signal::Metrics => metrics::observe(self, body, &mut moment),
        }
    }

    /// Puts what was counted into a harvest.
    pub(super) fn take(&mut self, harvest: &mut Harvest) {
        harvest.mask = self.sightings.mask;
        harvest.at = harvest.at.max(self.at);
        harvest.sightings.extend(self.sightings.take());
        harvest.services.extend(self.classes.met());
        harvest.traffic.extend(self.hits.take());
        harvest.crops.push(self.counted.take());
    }
}

/// Adds a part of what signals that look alike have in common.
#[inline]
pub(super) fn likeness(of: &mut Vec<u8>, number: u16, value: &[u8]) {
    of.extend_from_slice(&number.to_le_bytes());
    of.extend_from_slice(&(value.len() as u32).to_le_bytes());
    of.extend_from_slice(value);
}

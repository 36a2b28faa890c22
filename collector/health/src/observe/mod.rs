//! Takes out of OTLP bytes what the health plane wants to know. Nothing is decoded that no rule
//! asks for, and what was decided for one signal holds for all that look alike.
//!
//! Workers do not wait for each other: each counts in a shard of its own, and the health plane
//! harvests all of them.

mod cells;
mod classes;
mod counted;
mod decision;
mod decisions;
mod facts;
mod gathered;
mod logs;
mod look;
mod metrics;
pub(crate) mod points;
mod pulses;
mod shard;
mod sightings;
mod spans;
mod traffic;

use std::sync::Arc;

use bellwether_core::facts::{Observed, Source, Traffic};
use bellwether_core::ids::Service;
use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;

pub(crate) use self::cells::Cell;
pub(crate) use self::counted::Crop;
pub(crate) use self::points::{Growth, PointValue, Series};
use self::shard::Shard;
pub(crate) use self::sightings::{ASKED, Operation, Sighting, What};
use crate::plan::Plan;
use crate::shards::Shards;

/// Looks at requests, from as many threads as like to.
#[derive(Debug)]
pub struct Observer {
    shards: Shards<Shard>,
}

/// What one request told at once; what only counts in numbers waits for the harvest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// How many spans, points or log records it carried.
    pub items: u64,
    /// Facts, which are stored before the request is acknowledged.
    pub facts: Vec<Observed>,
}

/// What all workers counted since the harvest before.
#[derive(Debug, Default)]
pub struct Harvest {
    pub(crate) crops: Vec<Crop>,
    /// Services whose signals came for the first time, and some that came before.
    pub(crate) services: Vec<Service>,
    /// Requests by what they met.
    pub(crate) traffic: Vec<Traffic>,
    /// The instances whose metrics came, and when.
    pub(crate) pulses: Vec<(Source, Timestamp)>,
    /// What was seen of some traces,
    pub(crate) sightings: Vec<Sighting>,
    /// of those whose id has zeros for these bits.
    pub(crate) mask: u64,
    /// The newest time at which a request was looked at.
    pub(crate) at: Timestamp,
    /// Whether the mask or the newest time are others than at the harvest before.
    pub(crate) moved: bool,
}

impl Harvest {
    /// Says whether nothing came since the harvest before.
    pub fn is_empty(&self) -> bool {
        let Self { crops, services, traffic, pulses, sightings, .. } = self;
        !self.moved
            && (crops.is_empty() && services.is_empty() && traffic.is_empty())
            && (pulses.is_empty() && sightings.is_empty())
    }
}

impl Observer {
    /// Makes an observer for a number of workers, one at least.
    pub fn new(plan: Arc<Plan>, workers: usize) -> Self {
        Self { shards: Shards::new(workers, || Shard::new(plan.clone())) }
    }

    /// Looks at a request that a receiver has validated; on other bytes it sees less, and never
    /// fails. `now` stands in for times that are missing or lie in the future.
    pub fn observe(&self, signal: Signal, body: &[u8], now: Timestamp) -> Seen {
        self.shards.own().observe(signal, body, now)
    }

    /// Takes out what was counted since the last time.
    pub fn harvest(&self) -> Harvest {
        let mut harvest = Harvest::default();
        let mut most = 0;
        for mut shard in self.shards.each() {
            let before = harvest.sightings.len();
            let sheaf = shard.take(&mut harvest);
            // nobody waits meanwhile
            drop(shard);
            sheaf.thresh(&mut harvest);
            most = most.max(harvest.sightings.len() - before);
        }
        let mask = sightings::next_mask(harvest.mask, most);
        if mask != harvest.mask {
            self.shards.each().for_each(|mut shard| shard.sightings.mask = mask);
        }
        harvest
    }

    /// Goes on with another plan. What was counted by the one before is lost unless it was
    /// harvested.
    pub fn follow(&self, plan: &Arc<Plan>) {
        self.shards.each().for_each(|mut shard| *shard = Shard::new(plan.clone()));
    }
}

/// Reads a time as OTLP writes it; 0 is none, and a clock that runs ahead is not believed.
fn time(nanos: u64, now: Timestamp) -> Timestamp {
    match i64::try_from(nanos) {
        Ok(0) | Err(_) => now,
        Ok(nanos) => Timestamp::from_nanos(nanos).min(now),
    }
}

#[cfg(test)]
mod tests;

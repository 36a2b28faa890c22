//! What one worker remembers and counts.

use std::sync::Arc;

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bellwether_otlp::Resource;
use bellwether_otlp::scan::RawValue;

use super::classes::Classes;
use super::counted::Counted;
use super::decisions::Decisions;
use super::gathered::{Ripe, When};
use super::pulses::Pulses;
use super::sightings::Sightings;
use super::traffic::Hits;
use super::{Harvest, Seen, logs, metrics, spans};
use crate::indicators::{Slots, second};
use crate::likeness;
use crate::plan::{Class, Plan};
use crate::subject::SignalKind;

/// What one worker remembers and counts.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) plan: Arc<Plan>,
    pub(super) classes: Classes,
    pub(super) decisions: Decisions,
    pub(super) counted: Counted,
    pub(super) hits: Hits,
    pub(super) pulses: Pulses,
    pub(super) sightings: Sightings,
    /// When a request was looked at last.
    at: Timestamp,
    /// The mask of sightings and that time, at the harvest before.
    told: (u64, Timestamp),
    /// What a signal has in common with others that look alike; kept for its room.
    pub(super) likeness: Vec<u8>,
}

/// The time of a request's arrival.
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) slots: Slots,
    lateness: (u32, u32),
}

impl Moment {
    fn new(now: Timestamp, lateness: (u32, u32)) -> Self {
        Self { now, slots: Slots::at(now), lateness }
    }

    /// Reads a time.
    #[inline]
    pub(super) fn read(&self, nanos: u64) -> Timestamp {
        super::time(nanos, self.now)
    }

    /// Says when a signal of a time happened and when it came.
    #[inline]
    pub(super) fn when(&self, at: Timestamp) -> When {
        When::of(second(at), self.slots.second(), self.lateness)
    }
}

impl Shard {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            classes: Classes::default(),
            decisions: Decisions::default(),
            counted: Counted::new(&plan),
            hits: Hits::default(),
            pulses: Pulses::default(),
            sightings: Sightings::default(),
            at: Timestamp::default(),
            told: Default::default(),
            likeness: Vec::new(),
            plan,
        }
    }

    pub(super) fn observe(&mut self, signal: Signal, body: &[u8], now: Timestamp) -> Seen {
        self.classes.tidy();
        self.at = self.at.max(now);
        let moment = Moment::new(now, self.plan.lateness);
        match signal {
            Signal::Traces => spans::observe(self, body, &moment),
            Signal::Logs => logs::observe(self, body, &moment),
            Signal::Metrics => metrics::observe(self, body, &moment),
        }
    }

    /// Finds the number of the class of a resource's signals, given the name of a metric. Numbers
    /// hold until another class is looked for.
    pub(super) fn class(
        &mut self,
        signal: SignalKind,
        resource: &Resource<'_>,
        metric: &str,
    ) -> u32 {
        if self.classes.is_full() {
            let Self { plan, decisions, counted, hits, sightings, .. } = self;
            decisions.forget(plan, counted, hits);
            sightings.forget();
            self.classes.forget();
        }
        self.classes.find(&self.plan, signal, resource, metric)
    }

    /// Takes out what was counted and gathered.
    pub(super) fn take(&mut self, harvest: &mut Harvest) -> Sheaf {
        let told = (self.sightings.mask, self.at);
        harvest.moved |= std::mem::replace(&mut self.told, told) != told;
        harvest.mask = self.sightings.mask;
        harvest.at = harvest.at.max(self.at);
        harvest.sightings.extend(self.sightings.take());
        harvest.services.extend(self.classes.met());
        harvest.pulses.extend(self.pulses.take());
        harvest.crops.extend(self.counted.take());
        Sheaf {
            plan: self.plan.clone(),
            ripe: self.decisions.take(),
            hits: std::mem::take(&mut self.hits),
        }
    }
}

/// What one worker gathered, which is counted while it goes on already.
pub(super) struct Sheaf {
    plan: Arc<Plan>,
    ripe: Vec<Ripe>,
    hits: Hits,
}

impl Sheaf {
    /// Counts it.
    pub(super) fn thresh(self, harvest: &mut Harvest) {
        let Self { plan, ripe, mut hits } = self;
        if ripe.is_empty() && hits.is_empty() {
            return;
        }
        let mut counted = Counted::new(&plan);
        ripe.into_iter().for_each(|it| it.count(&plan, &mut counted, &mut hits));
        harvest.crops.extend(counted.take());
        harvest.traffic.extend(hits.take());
    }
}

/// Begins what signals that look alike have in common: their class, and the attributes that decide
/// anything.
pub(super) fn likeness_of<'a>(
    of: &mut Vec<u8>,
    class_number: u32,
    attributes: impl Iterator<Item = (&'a [u8], RawValue<'a>)>,
    class: &Class,
) {
    of.clear();
    of.extend_from_slice(&class_number.to_le_bytes());
    for (name, value) in attributes {
        if let Some(number) = class.decisive.find(name) {
            likeness::add(of, number, value.bytes());
        }
    }
}

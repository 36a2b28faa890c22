//! The groups of one query, each with its windows. Bounded.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::example::Example;
use super::slot::Slot;
use super::window::{Grain, Line, Ring, Slots};
use crate::observe::Cell;

/// The groups of one query.
#[derive(Debug)]
pub(crate) struct Groups<S: Slot> {
    /// The grains of the query's windows, each with how many slots are kept.
    grains: Vec<(Grain, u32)>,
    /// What observers count in.
    finest: Grain,
    groups: HashMap<Box<[u8]>, Group<S>>,
    most: usize,
    forget_after: Duration,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "S::Line: Serialize", deserialize = "S::Line: Deserialize<'de>"))]
pub(crate) struct Group<S: Slot> {
    /// Of each grain.
    rings: Box<[Ring<S>]>,
    /// The newest event time.
    pub(crate) last_seen: Timestamp,
    /// When it was first seen.
    pub(crate) first_seen: Timestamp,
    /// A trace that shows what was counted, where something is to be shown.
    pub(super) example: Option<Box<Example>>,
}

impl<S: Slot> Groups<S> {
    pub(crate) fn new(
        windows: &[Duration],
        finest: Grain,
        most: usize,
        forget_after: Duration,
    ) -> Self {
        let mut grains: Vec<(Grain, u32)> = Vec::new();
        for window in windows {
            let grain = Grain::of(*window);
            let slots = grain.slots_in(*window);
            match grains.iter_mut().find(|it| it.0 == grain) {
                Some(known) => known.1 = known.1.max(slots),
                None => grains.push((grain, slots)),
            }
        }
        let longest = windows.iter().max().copied().unwrap_or_default();
        // what fell out of every window is of no use, and what has not is
        let forget_after = forget_after.max(longest * 2);
        Self { grains, finest, groups: HashMap::new(), most, forget_after }
    }

    /// Takes over a group that was written down, unless it is not cut into the same windows.
    pub(crate) fn take_over(&mut self, key: &[u8], group: Group<S>) {
        let mut rings = self.grains.iter().zip(&group.rings);
        let fits = group.rings.len() == self.grains.len()
            && rings.all(|((_, keep), ring)| ring.fits(*keep));
        if fits && self.groups.len() < self.most {
            self.groups.insert(key.into(), group);
        }
    }

    /// Adds what an observer counted; says whether there was room for it.
    pub(crate) fn add(&mut self, cell: &Cell<S>) -> bool {
        if !self.touch(&cell.group, cell.newest) {
            return false;
        }
        for (slot, what) in &cell.slots {
            self.add_slot(&cell.group, *slot, what);
        }
        if let Some(example) = cell.example
            && let Some(group) = self.groups.get_mut(&cell.group)
        {
            group.example = Some(Box::new(example.better(group.example.as_deref())));
        }
        true
    }

    /// Adds to one slot of a group that is known.
    pub(crate) fn add_slot(&mut self, group: &[u8], slot: u32, what: &S) {
        let Some(group) = self.groups.get_mut(group) else { return };
        for ((grain, keep), ring) in self.grains.iter().zip(&mut group.rings) {
            ring.add(grain.slot_of(self.finest, slot), what, *keep);
        }
    }

    /// Notes that something came of a group; says whether there was room for it.
    pub(crate) fn touch(&mut self, key: &[u8], at: Timestamp) -> bool {
        if let Some(group) = self.groups.get_mut(key) {
            group.last_seen = group.last_seen.max(at);
            return true;
        }
        if self.groups.len() >= self.most {
            return false;
        }
        let rings = self.grains.iter().map(|_| Ring::default()).collect();
        self.groups
            .insert(key.into(), Group { rings, last_seen: at, first_seen: at, example: None });
        true
    }

    /// Forgets groups of which nothing came for long.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        let forget_after = self.forget_after;
        self.groups.retain(|_, it| now.since(it.last_seen) <= forget_after);
    }

    /// Returns all groups.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Group<S>)> {
        self.groups.iter().map(|(key, group)| (&**key, group))
    }

    /// Returns what a group's window comes to at `now`.
    pub(crate) fn total(&self, group: &Group<S>, window: Duration, now: &Slots) -> S::Total {
        let grain = Grain::of(window);
        match self.ring(group, grain) {
            Some(ring) => ring.total(now.of(grain), grain.slots_in(window)),
            None => S::Line::default().total(0..0),
        }
    }

    /// Returns until when a group's window comes to the same as at `now`, if nothing comes; nothing
    /// when it is empty.
    pub(crate) fn turns(
        &self,
        group: &Group<S>,
        window: Duration,
        now: &Slots,
    ) -> Option<Timestamp> {
        let grain = Grain::of(window);
        let turns = self.ring(group, grain)?.turns(now.of(grain), grain.slots_in(window));
        turns.map(|slot| grain.begin(slot))
    }

    fn ring<'g>(&self, group: &'g Group<S>, grain: Grain) -> Option<&'g Ring<S>> {
        group.rings.get(self.grains.iter().position(|it| it.0 == grain)?)
    }

    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }
}

impl<K, S: Slot<Line = VecDeque<K>>> Groups<S> {
    /// Iterates over the slots of a group's window at `now`.
    pub(crate) fn slots<'a>(
        &self,
        group: &'a Group<S>,
        window: Duration,
        now: &Slots,
    ) -> impl Iterator<Item = &'a K> + use<'a, K, S>
    where
        K: 'a,
    {
        let grain = Grain::of(window);
        let (newest, count) = (now.of(grain), grain.slots_in(window));
        let ring = self.ring(group, grain).into_iter();
        ring.flat_map(move |it| it.slots().range(it.recent(newest, count)).rev())
    }
}

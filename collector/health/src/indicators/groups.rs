//! The groups of one query, each with its windows. Bounded.

use std::collections::HashMap;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::slot::Slot;
use super::window::{Grain, Ring, Slots};
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
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "S::Kept: Serialize", deserialize = "S::Kept: Deserialize<'de>"))]
pub(crate) struct Group<S: Slot> {
    /// Of each grain.
    rings: Box<[Ring<S>]>,
    /// The newest event time.
    pub(crate) last_seen: Timestamp,
    /// When it was first seen.
    pub(crate) first_seen: Timestamp,
}

impl<S: Slot> Groups<S> {
    /// Returns all groups, to be written down.
    pub(crate) fn written(&self) -> Vec<(&[u8], &Group<S>)> {
        self.groups.iter().map(|(key, group)| (&**key, group)).collect()
    }

    /// Takes over what was written down; nothing when it is not cut into the same windows.
    pub(crate) fn take_over(&mut self, written: Vec<(Box<[u8]>, Group<S>)>) -> Option<()> {
        let fits = |it: &(Box<[u8]>, Group<S>)| it.1.rings.len() == self.grains.len();
        if !written.iter().all(fits) {
            return None;
        }
        self.groups.extend(written.into_iter().take(self.most));
        Some(())
    }
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

    /// Adds what an observer counted; says whether there was room for it.
    pub(crate) fn add(&mut self, cell: &Cell<S>) -> bool {
        if !self.touch(&cell.group, cell.newest) {
            return false;
        }
        for (slot, what) in &cell.slots {
            self.add_slot(&cell.group, *slot, what);
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
        self.groups.insert(key.into(), Group { rings, last_seen: at, first_seen: at });
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
        let at = self.grains.iter().position(|it| it.0 == grain);
        match at.and_then(|it| group.rings.get(it)) {
            Some(ring) => ring.total(now.of(grain), grain.slots_in(window)),
            None => S::total(std::iter::empty()),
        }
    }

    /// Iterates over the slots of a group's window at `now`.
    pub(crate) fn slots<'a>(
        &self,
        group: &'a Group<S>,
        window: Duration,
        now: &Slots,
    ) -> impl Iterator<Item = &'a S::Kept> + use<'a, S> {
        let grain = Grain::of(window);
        let at = self.grains.iter().position(|it| it.0 == grain);
        let ring = at.and_then(|it| group.rings.get(it));
        let (newest, count) = (now.of(grain), grain.slots_in(window));
        ring.into_iter().flat_map(move |it| it.recent(newest, count)).map(|(_, slot)| slot)
    }

    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }
}

//! What an observer counts between two harvests.

use std::hash::BuildHasher;

use bellwether_core::time::Timestamp;
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;

use crate::indicators::{Example, Slot};
use crate::plan::QueryId;

/// What was counted of one group of one query since the last harvest.
#[derive(Clone, Debug)]
pub(crate) struct Cell<S> {
    pub(crate) query: QueryId,
    pub(crate) group: Box<[u8]>,
    /// The newest event time.
    pub(crate) newest: Timestamp,
    /// By slot; in any order.
    pub(crate) slots: SmallVec<[(u32, S); 2]>,
    /// A trace that shows what was counted, where something is to be shown.
    pub(crate) example: Option<Example>,
}

impl<S: Slot> Cell<S> {
    /// Returns what is kept for a slot.
    #[inline]
    pub(crate) fn slot(&mut self, slot: u32) -> &mut S {
        // a request brings spans of a few seconds, and the newest slot is asked for most
        let at = match self.slots.iter().rposition(|it| it.0 == slot) {
            Some(at) => at,
            None => {
                self.slots.push((slot, S::default()));
                self.slots.len() - 1
            }
        };
        &mut self.slots[at].1
    }
}

/// The cells of all groups, found by query and group.
#[derive(Debug)]
pub(crate) struct Cells<S> {
    list: Vec<Cell<S>>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<S> Default for Cells<S> {
    fn default() -> Self {
        Self { list: Vec::new(), index: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }
}

impl<S: Slot> Cells<S> {
    /// Finds the cell of a group, a new one unless `may_add` says that there is no room.
    pub(crate) fn find(
        &mut self,
        query: QueryId,
        group: &[u8],
        may_add: impl FnOnce() -> bool,
    ) -> Option<u32> {
        let Self { list, index, hasher } = self;
        let hash = hasher.hash_one((query, group));
        let is = |at: &u32| {
            list.get(*at as usize).is_some_and(|it| it.query == query && *it.group == *group)
        };
        if let Some(at) = index.find(hash, is) {
            return Some(*at);
        }
        if !may_add() {
            return None;
        }
        let at = u32::try_from(list.len()).ok()?;
        list.push(Cell {
            query,
            group: group.into(),
            newest: Timestamp::default(),
            slots: SmallVec::new(),
            example: None,
        });
        index.insert_unique(hash, at, |at| match list.get(*at as usize) {
            Some(cell) => hasher.hash_one((cell.query, &*cell.group)),
            None => 0,
        });
        Some(at)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut Cell<S>> {
        self.list.get_mut(at as usize)
    }

    /// Returns what a cell keeps for a slot, to which something is added that came up to `newest`.
    pub(crate) fn slot(&mut self, at: u32, newest: Timestamp, slot: u32) -> Option<&mut S> {
        let cell = self.get_mut(at)?;
        cell.newest = cell.newest.max(newest);
        Some(cell.slot(slot))
    }

    /// Keeps an example of what a cell counts, unless there is a better one.
    pub(crate) fn show(&mut self, at: u32, example: Example) {
        let Some(cell) = self.get_mut(at) else { return };
        cell.example = Some(example.better(cell.example.as_ref()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes all cells out.
    pub(crate) fn take(&mut self) -> Vec<Cell<S>> {
        self.index.clear();
        std::mem::take(&mut self.list)
    }
}

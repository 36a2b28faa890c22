//! A list that forgets its oldest entries, so that a stand-in left running
//! cannot grow without end.

use std::collections::VecDeque;

/// Keeps the newest `capacity` entries and counts all that ever came.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    entries: VecDeque<T>,
    capacity: usize,
    seen: u64,
}

impl<T> Ring<T> {
    /// Makes an empty ring; a capacity of 0 is taken as 1.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity: capacity.max(1), seen: 0 }
    }

    /// Appends `entry` and drops the oldest one when the ring is full.
    pub(crate) fn push(&mut self, entry: T) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.seen += 1;
    }

    /// Counts everything that was ever pushed, forgotten entries included.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    /// Goes through the kept entries, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter()
    }
}

impl<T: Clone> Ring<T> {
    /// Copies the kept entries, oldest first.
    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }
}

//! How full a batch processor's queue is, which the SDK knows and does not tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what lies in a queue: taken in before it is queued, given back when it is handed to the exporter. The SDK's own
/// queue therefore never holds more than the count says, and refuses nothing that this one took.
#[derive(Debug, Clone)]
pub(super) struct Occupancy {
    items: Arc<AtomicUsize>,
    limit: usize,
}

impl Occupancy {
    pub(super) fn new(limit: usize) -> Self {
        Self { items: Arc::default(), limit }
    }

    /// Takes a place; `false` when there is none.
    pub(super) fn take(&self) -> bool {
        let free = self.items.fetch_add(1, Ordering::AcqRel) < self.limit;
        if !free {
            self.items.fetch_sub(1, Ordering::AcqRel);
        }
        free
    }

    /// Gives places back.
    pub(super) fn leave(&self, items: usize) {
        self.items.fetch_sub(items, Ordering::AcqRel);
    }
}

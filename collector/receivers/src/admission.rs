//! Bounds the bytes of requests that are in memory at once, over all connections.
//!
//! A receiver asks before it reads a body, and again before it makes a body larger: when it
//! arrives in pieces, when it is decompressed, when it is translated. What was given is given
//! back when the request is done. Nobody waits for room: who gets none is told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what a request costs beside its body, so that many empty ones are bounded too.
const LEAST: u64 = 16 << 10;

/// Gives room for the bytes of requests. Clones share the same room.
#[derive(Clone, Debug)]
pub struct Admission {
    free: Arc<AtomicU64>,
    all: u64,
}

impl Admission {
    /// Makes room for so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self { free: Arc::new(AtomicU64::new(bytes)), all: bytes }
    }

    /// Returns how many bytes are taken now.
    pub fn in_flight(&self) -> u64 {
        self.all.saturating_sub(self.free.load(Ordering::Relaxed))
    }

    /// Takes room for a request whose body has `bytes`; `None` when there is not enough.
    pub(crate) fn admit(&self, bytes: u64) -> Option<Hold> {
        let mut hold = Hold { admission: self.clone(), bytes: 0 };
        hold.cover(bytes).then_some(hold)
    }

    fn take(&self, bytes: u64) -> bool {
        let less = |free: u64| free.checked_sub(bytes);
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.free.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Holds room for one request until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    admission: Admission,
    bytes: u64,
}

impl Hold {
    /// Makes sure that it holds room for `bytes` in all; says whether it does.
    pub(crate) fn cover(&mut self, bytes: u64) -> bool {
        let more = bytes.max(LEAST).saturating_sub(self.bytes);
        let taken = more == 0 || self.admission.take(more);
        if taken {
            self.bytes = self.bytes.saturating_add(more);
        }
        taken
    }

    /// Gives back what is held beyond `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let less = self.bytes.saturating_sub(bytes.max(LEAST));
        self.bytes = self.bytes.saturating_sub(less);
        self.admission.give_back(less);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.admission.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_grown_and_given_back() {
        let room = Admission::new(10 * LEAST);
        let mut first = room.admit(0).expect("room");
        assert_eq!(room.in_flight(), LEAST, "even nothing counts");
        assert!(first.cover(6 * LEAST));
        let second = room.clone().admit(4 * LEAST).expect("all that is left");
        assert!(room.admit(0).is_none());
        assert!(!first.cover(7 * LEAST));
        assert_eq!(room.in_flight(), 10 * LEAST, "a refusal takes nothing");
        drop(second);
        assert!(first.cover(7 * LEAST));
        first.shrink_to(2 * LEAST);
        assert_eq!(room.in_flight(), 2 * LEAST);
        first.shrink_to(9 * LEAST);
        assert_eq!(room.in_flight(), 2 * LEAST);
        drop(first);
        assert_eq!(room.in_flight(), 0);
    }

    #[test]
    fn what_can_never_fit_is_refused() {
        let room = Admission::new(LEAST);
        assert!(room.admit(u64::MAX).is_none());
        assert!(room.admit(LEAST).is_some());
    }
}

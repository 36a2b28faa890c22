//! What waits to be sent about the collector itself: bounded, the oldest make room and are counted.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// More than any storm of incidents tells between two tries to send it.
const MOST: usize = 10_000;

/// Items in their order.
#[derive(Debug)]
pub(super) struct Backlog<T> {
    state: Mutex<State<T>>,
    came: Notify,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    /// Whether anybody takes them.
    wanted: bool,
    dropped: u64,
}

impl<T> State<T> {
    fn bound(&mut self) {
        while self.items.len() > MOST {
            self.items.pop_front();
            self.dropped += 1;
        }
    }
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        let state = State { items: VecDeque::new(), wanted: false, dropped: 0 };
        Self { state: Mutex::new(state), came: Notify::new() }
    }
}

impl<T> Backlog<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether anybody takes what is put here. What nobody takes is not kept.
    pub(super) fn want(&self, wanted: bool) {
        let mut state = self.lock();
        state.wanted = wanted;
        if !wanted {
            state.items.clear();
        }
    }

    /// Adds an item.
    pub(super) fn push(&self, item: T) {
        let mut state = self.lock();
        if !state.wanted {
            return;
        }
        state.items.push_back(item);
        state.bound();
        drop(state);
        self.came.notify_one();
    }

    /// Waits until there is something. May be dropped while it waits.
    pub(super) async fn came(&self) {
        loop {
            if !self.lock().items.is_empty() {
                return;
            }
            self.came.notified().await;
        }
    }

    /// Takes all items.
    pub(super) fn take(&self) -> VecDeque<T> {
        std::mem::take(&mut self.lock().items)
    }

    /// Gives back items that were taken, before those that came since.
    pub(super) fn put_back(&self, mut items: VecDeque<T>) {
        let mut state = self.lock();
        items.append(&mut state.items);
        state.items = items;
        state.bound();
    }

    /// Returns how many had to make room.
    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_nothing_is_kept_for_nobody() {
        let backlog = Backlog::default();
        backlog.push(0);
        assert!(backlog.take().is_empty(), "nobody wants it");
        backlog.want(true);
        (1..=3).for_each(|it| backlog.push(it));
        let taken = backlog.take();
        (4..=MOST + 1).for_each(|it| backlog.push(it));
        backlog.put_back(taken);
        assert_eq!(backlog.dropped(), 1);
        let left = backlog.take();
        assert_eq!((left.front(), left.back(), left.len()), (Some(&2), Some(&(MOST + 1)), MOST));
    }
}

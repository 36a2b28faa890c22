//! Something of which each worker has one of its own, so that they do not wait for each other.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// One for each worker.
#[derive(Debug)]
pub(crate) struct Shards<T> {
    all: Box<[Mutex<T>]>,
    hasher: RandomState,
}

impl<T> Shards<T> {
    /// Makes as many as there are workers, one at least.
    pub(crate) fn new(workers: usize, make: impl Fn() -> T) -> Self {
        let all = (0..workers.max(1)).map(|_| Mutex::new(make())).collect();
        Self { all, hasher: RandomState::new() }
    }

    /// Locks that of this thread, or another one when somebody has that.
    pub(crate) fn own(&self) -> MutexGuard<'_, T> {
        let count = self.all.len();
        let own = self.hasher.hash_one(std::thread::current().id()) as usize % count;
        for step in 0..count {
            let Some(shard) = self.all.get((own + step) % count) else { continue };
            match shard.try_lock() {
                Ok(shard) => return shard,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        // more threads than shards: wait for one's own
        lock(&self.all[own])
    }

    /// Locks one after the other.
    pub(crate) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.all.iter().map(lock)
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

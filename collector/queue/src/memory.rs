//! The queue in memory, for those who would rather lose what waits than write it to a disk.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bellwether_core::BoxFuture;
use bellwether_core::queue::{Account, Depth, Left, NotQueued, Queue, Queued, Request, Room};
use bellwether_core::time::Timestamp;
use tokio::sync::Notify;

use crate::log::Policy;
use crate::segment::Amount;

/// A queue in memory. What waits in it is gone when the process ends.
#[derive(Debug)]
pub struct MemoryQueue {
    name: String,
    size: u64,
    policy: Policy,
    account: Arc<Account>,
    state: Mutex<State>,
    came: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the next request.
    next: u64,
    /// Not handed out.
    ready: VecDeque<Queued>,
    /// Handed out and not done.
    held: VecDeque<Held>,
    /// All of both.
    waiting: Amount,
    dropped: BTreeMap<&'static str, u64>,
    /// Whether the log was told that the oldest are dropped.
    told: bool,
    closed: bool,
}

#[derive(Debug)]
struct Held {
    seq: u64,
    amount: Amount,
    at: Timestamp,
}

fn amount(request: &Request) -> Amount {
    Amount::of(request.items, request.body.len())
}

impl MemoryQueue {
    /// Makes a queue for so many bytes; `name` is what the log calls it.
    pub fn new(name: impl Into<String>, size: u64, policy: Policy) -> Self {
        let account = Account::new((policy == Policy::Block).then_some(size));
        let state = Mutex::new(State { next: 1, ..State::default() });
        Self { name: name.into(), size, policy, account, state, came: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // every change is whole before anything that could panic
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, room: Room, request: Request) -> Result<(), NotQueued> {
        let mut state = self.lock();
        if state.closed {
            return Err(NotQueued::Closed);
        }
        let size = amount(&request);
        if self.policy == Policy::DropOldest {
            self.make_room(&mut state, size.bytes);
        }
        state.waiting.add(size);
        let seq = state.next;
        state.next += 1;
        state.ready.push_back(Queued { seq, request });
        self.account.set_waiting(state.waiting.bytes);
        drop(state);
        drop(room);
        self.came.notify_one();
        Ok(())
    }

    /// Gives up the oldest that were not handed out until there is room.
    fn make_room(&self, state: &mut State, bytes: u64) {
        while state.waiting.bytes.saturating_add(bytes) > self.size
            && let Some(oldest) = state.ready.pop_front()
        {
            state.waiting.subtract(amount(&oldest.request));
            *state.dropped.entry("queue_full").or_default() += 1;
            if !std::mem::replace(&mut state.told, true) {
                tracing::warn!(queue = self.name, "queue is full, dropping the oldest");
            }
        }
    }
}

impl Queue for MemoryQueue {
    fn reserve(&self, bytes: usize) -> Result<Room, NotQueued> {
        if self.lock().closed {
            return Err(NotQueued::Closed);
        }
        self.account.reserve(Amount::of(0, bytes).bytes).map_err(|no_room| {
            if no_room.is_news {
                let (queue, bytes) = (&self.name, no_room.waiting);
                tracing::warn!(queue, bytes, "queue is full, senders have to wait");
            }
            NotQueued::Full
        })
    }

    fn append(&self, room: Room, request: Request) -> BoxFuture<'_, Result<(), NotQueued>> {
        Box::pin(std::future::ready(self.push(room, request)))
    }

    fn next(&self) -> BoxFuture<'_, Queued> {
        Box::pin(async {
            loop {
                if let Some(queued) = self.try_next() {
                    return queued;
                }
                self.came.notified().await;
            }
        })
    }

    fn try_next(&self) -> Option<Queued> {
        let mut state = self.lock();
        let queued = state.ready.pop_front()?;
        let (seq, amount, at) = (queued.seq, amount(&queued.request), queued.request.at);
        state.held.push_back(Held { seq, amount, at });
        Some(queued)
    }

    fn has_more(&self) -> bool {
        !self.lock().ready.is_empty()
    }

    fn done(&self, seq: u64) {
        let mut state = self.lock();
        while let Some(held) = state.held.pop_front_if(|it| it.seq <= seq) {
            state.waiting.subtract(held.amount);
        }
        if state.told && state.waiting.bytes <= self.size / 2 {
            state.told = false;
            tracing::info!(queue = self.name, "queue has room again");
        }
        if self.account.set_waiting(state.waiting.bytes) {
            tracing::info!(queue = self.name, "queue has room again");
        }
    }

    fn close(&self) -> BoxFuture<'_, Left> {
        let mut state = self.lock();
        state.closed = true;
        let lost = state.waiting.requests;
        *state = State {
            next: state.next,
            closed: true,
            dropped: state.dropped.clone(),
            ..State::default()
        };
        self.account.set_waiting(0);
        Box::pin(std::future::ready(Left { kept: 0, lost }))
    }

    fn depth(&self) -> Depth {
        let state = self.lock();
        let front = state.ready.front().map(|it| it.request.at);
        Depth {
            requests: state.waiting.requests,
            items: state.waiting.items,
            bytes: state.waiting.bytes,
            oldest: state.held.front().map(|it| it.at).or(front),
            accepted: state.next - 1,
            refused: self.account.refused(),
            dropped: state.dropped.clone(),
        }
    }
}

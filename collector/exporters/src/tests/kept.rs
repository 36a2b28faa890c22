//! A queue that outlives those who use it, as one on disk does, without a disk.

use std::sync::{Arc, Mutex, MutexGuard};

use bellwether_core::BoxFuture;
use bellwether_core::queue::{
    Account, Depth, Left, NotKept, NotQueued, Note, Queue, Queued, Request, Room,
};
use tokio::sync::Notify;

/// Numbers that look random and are the same in every run (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(super) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// What is there after a crash, too.
#[derive(Debug, Default)]
pub(super) struct Kept {
    requests: Vec<Request>,
    notes: Vec<Note>,
    /// Up to where the destination said that all is done; a crash may forget a part of it.
    done: u64,
    pub(super) beginnings: u64,
}

impl Kept {
    fn noted(&self) -> u64 {
        self.notes.last().map_or(0, |it| it.seq)
    }
}

/// One life of the queue.
#[derive(Debug)]
pub(super) struct Life {
    kept: Arc<Mutex<Kept>>,
    account: Arc<Account>,
    state: Mutex<State>,
    came: Notify,
}

#[derive(Debug)]
struct State {
    handed: u64,
    random: Seeded,
    /// One in so many times notes cannot be kept, or nobody says so.
    fails: Option<u64>,
    broken: bool,
}

impl Life {
    /// Opens what was kept. Of what was done without a note, a part may be forgotten.
    pub(super) fn open(kept: &Arc<Mutex<Kept>>, mut random: Seeded, fails: Option<u64>) -> Self {
        let mut it = kept.lock().unwrap();
        it.done = it.noted() + random.below(it.done.saturating_sub(it.noted()) + 1);
        let state = State { handed: it.done, random, fails, broken: it.notes.is_empty() };
        drop(it);
        let (kept, state) = (Arc::clone(kept), Mutex::new(state));
        Self { kept, account: Account::new(None), state, came: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    pub(super) fn push(&self, request: Request) {
        self.lock().requests.push(request);
        self.came.notify_one();
    }

    fn write(&self, notes: Vec<Note>, anew: bool) -> Result<(), NotKept> {
        let mut state = self.state.lock().unwrap();
        assert!(anew || !state.broken, "only a new beginning is taken");
        let fails = state.fails;
        state.broken = fails.is_some_and(|it| state.random.one_in(it));
        let arrives = !state.broken || state.random.one_in(2);
        let mut kept = self.lock();
        if arrives {
            if anew {
                kept.notes.clear();
                kept.beginnings += 1;
            }
            let torn = if state.broken { state.random.below(3) } else { 0 };
            let whole = notes.len().saturating_sub(usize::try_from(torn).unwrap());
            kept.notes.extend(notes.into_iter().take(whole.max(1)));
        }
        if state.broken {
            return Err(NotKept("no room".to_owned()));
        }
        kept.done = kept.done.max(kept.noted());
        Ok(())
    }
}

impl Queue for Life {
    fn reserve(&self, bytes: usize) -> Result<Room, NotQueued> {
        Ok(self.account.reserve(bytes as u64).unwrap())
    }

    fn append(&self, _: Room, request: Request) -> BoxFuture<'_, Result<(), NotQueued>> {
        self.push(request);
        Box::pin(std::future::ready(Ok(())))
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
        let mut state = self.state.lock().unwrap();
        let request = self.lock().requests.get(usize::try_from(state.handed).unwrap())?.clone();
        state.handed += 1;
        Some(Queued { seq: state.handed, request })
    }

    fn has_more(&self) -> bool {
        (self.lock().requests.len() as u64) > self.state.lock().unwrap().handed
    }

    fn done(&self, seq: u64) {
        let mut kept = self.lock();
        kept.done = kept.done.max(seq);
    }

    fn keep(&self, notes: Vec<Note>, anew: bool) -> BoxFuture<'_, Result<(), NotKept>> {
        Box::pin(async move {
            // a crash may come before and after
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            let kept = self.write(notes, anew);
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            kept
        })
    }

    fn kept(&self) -> Vec<Note> {
        self.lock().notes.clone()
    }

    fn close(&self) -> BoxFuture<'_, Left> {
        Box::pin(std::future::ready(Left::default()))
    }

    fn depth(&self) -> Depth {
        let kept = self.lock();
        Depth { requests: kept.requests.len() as u64 - kept.done, ..Depth::default() }
    }
}

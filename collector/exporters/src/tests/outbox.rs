//! An outbox in memory, with the meaning that `bellwether_core::store::Outbox` states.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use bellwether_core::BoxFuture;
use bellwether_core::hold::Times;
use bellwether_core::ids::Destination;
use bellwether_core::notice::{Notice, Owed};
use bellwether_core::store::{Attempt, Outbox, Receipts, StoreError};
use bellwether_core::time::Timestamp;
use tokio::sync::watch;

#[derive(Default)]
struct State {
    waiting: BTreeMap<i64, (Owed, Times)>,
    settled: Vec<(i64, Attempt)>,
    receipts: Receipts,
    numbers: i64,
}

impl State {
    /// Ends a notice; nothing of its subject is overdue any more.
    fn finish(&mut self, number: i64) {
        let Some((ended, _)) = self.waiting.remove(&number) else { return };
        for (owed, times) in self.waiting.values_mut() {
            if owed.notice.subject == ended.notice.subject && !times.unwell {
                times.deadline = None;
            }
        }
    }
}

/// Holds what one destination is owed.
pub(crate) struct MemoryOutbox {
    state: Mutex<State>,
    wake: watch::Sender<u64>,
    /// Settling never returns, as if the process died at that moment.
    pub(crate) dies_at_settle: AtomicBool,
    /// Settling fails, as if the disk were full.
    pub(crate) fails_at_settle: AtomicBool,
}

impl MemoryOutbox {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            wake: watch::Sender::new(0),
            dies_at_settle: AtomicBool::new(false),
            fails_at_settle: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn wake(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    pub(crate) fn push(&self, notice: Notice) {
        let mut state = self.lock();
        state.numbers += 1;
        let number = state.numbers;
        let mut replaced = Vec::new();
        if notice.newest_only {
            let same =
                |_: &i64, (owed, _): &mut (Owed, Times)| owed.notice.subject == notice.subject;
            replaced.extend(state.waiting.extract_if(.., same).map(|(_, (_, times))| times));
        }
        let times = Times::of(&notice, &replaced);
        state.waiting.insert(number, (Owed { number, attempts: 0, notice }, times));
        drop(state);
        self.wake.send_modify(|commits| *commits += 1);
    }

    /// Holds a receipt that an earlier process has written.
    pub(crate) fn knows(&self, subject: String, receipt: serde_json::Value) {
        self.lock().receipts.insert(subject, receipt);
    }

    /// Takes out what waits about a subject, as an acknowledgement does.
    pub(crate) fn withdraw(&self, subject: &str) {
        self.lock().waiting.retain(|_, (owed, _)| owed.notice.subject != subject);
        self.wake.send_modify(|commits| *commits += 1);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    pub(crate) fn settled(&self) -> Vec<(i64, Attempt)> {
        self.lock().settled.clone()
    }

    pub(crate) fn all_receipts(&self) -> Receipts {
        self.lock().receipts.clone()
    }
}

impl Outbox for MemoryOutbox {
    fn due<'a>(
        &'a self,
        _: &'a Destination,
        now: Timestamp,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Owed>, StoreError>> {
        let state = self.lock();
        let mut oldest: BTreeMap<&str, &(Owed, Times)> = BTreeMap::new();
        for row in state.waiting.values() {
            oldest.entry(&row.0.notice.subject).or_insert(row);
        }
        let mut due: Vec<Owed> = oldest
            .into_values()
            .filter(|(_, times)| times.not_before <= now)
            .map(|(owed, _)| owed.clone())
            .collect();
        due.sort_by_key(|owed| owed.number);
        due.truncate(limit as usize);
        Box::pin(async move { Ok(due) })
    }

    fn next_due<'a>(
        &'a self,
        _: &'a Destination,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>> {
        let next = self.lock().waiting.values().map(|(_, times)| times.not_before).min();
        Box::pin(async move { Ok(next) })
    }

    fn waits(&self, number: i64) -> BoxFuture<'_, Result<bool, StoreError>> {
        let waits = self.lock().waiting.contains_key(&number);
        Box::pin(async move { Ok(waits) })
    }

    fn receipts<'a>(&'a self, _: &'a Destination) -> BoxFuture<'a, Result<Receipts, StoreError>> {
        let receipts = self.all_receipts();
        Box::pin(async move { Ok(receipts) })
    }

    fn settle(
        &self,
        number: i64,
        attempt: Attempt,
        _: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        if self.dies_at_settle.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        if self.fails_at_settle.swap(false, Ordering::SeqCst) {
            let source = "disk full".into();
            return Box::pin(async { Err(StoreError { what: "settle", source }) });
        }
        let mut state = self.lock();
        match &attempt {
            Attempt::Delivered { receipts, .. } => {
                state.receipts.extend(receipts.clone());
                state.finish(number);
            }
            Attempt::Refused { .. } => state.finish(number),
            Attempt::Postponed { until, receipts, .. } => {
                state.receipts.extend(receipts.clone());
                if let Some((owed, times)) = state.waiting.get_mut(&number) {
                    owed.attempts += 1;
                    times.not_before = *until;
                }
            }
        }
        state.settled.push((number, attempt));
        Box::pin(async { Ok(()) })
    }
}

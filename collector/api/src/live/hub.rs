use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use bellwether_core::time::Timestamp;
use serde::Serialize;

use super::delta::Delta;
use super::message::Message;
use crate::view::Snapshot;

/// So many deltas are remembered: eight minutes of them where rules are evaluated every second.
const MOST: usize = 512;

/// And no more bytes of them.
const MOST_BYTES: usize = 2 * 1_024 * 1_024;

/// What changed lately, written once for all who look. Clones share it.
#[derive(Clone, Debug)]
pub struct Live(Arc<Mutex<Memory>>);

#[derive(Debug)]
struct Memory {
    /// The number of the newest.
    seq: u64,
    newest: Arc<Snapshot>,
    /// The newest as a message, once somebody wanted it.
    whole: Option<Utf8Bytes>,
    /// The deltas up to the newest, without a gap.
    deltas: VecDeque<Utf8Bytes>,
    bytes: usize,
}

impl Live {
    /// Begins with nothing known. Numbers go on from the time in milliseconds, so that one of an
    /// earlier process is none of this one.
    pub fn new(now: Timestamp) -> Self {
        let seq = u64::try_from(now.nanos() / 1_000_000).unwrap_or_default();
        Self(Arc::new(Mutex::new(Memory {
            seq,
            newest: Arc::default(),
            whole: None,
            deltas: VecDeque::new(),
            bytes: 0,
        })))
    }

    /// Returns what to send next to somebody who has everything up to `known`, and its number:
    /// nothing when they have all, a delta where it is remembered, else how everything stands.
    /// Whoever asks first after a change writes it for all.
    pub(crate) fn next(
        &self,
        known: Option<u64>,
        newest: impl FnOnce() -> Arc<Snapshot>,
    ) -> Option<(Utf8Bytes, u64)> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // asked while nobody else can follow, so that nobody goes back to an older one
        memory.follow(newest());
        memory.after(known)
    }
}

impl Memory {
    fn follow(&mut self, newest: Arc<Snapshot>) {
        if Arc::ptr_eq(&newest, &self.newest) {
            return;
        }
        let before = std::mem::replace(&mut self.newest, newest);
        let Some(delta) = Delta::between(&before, &self.newest) else { return };
        self.seq += 1;
        self.whole = None;
        let text = written(&Message::Delta { seq: self.seq, delta: Box::new(delta) });
        self.bytes += text.len();
        self.deltas.push_back(text);
        while self.deltas.len() > MOST || self.bytes > MOST_BYTES {
            let oldest = self.deltas.pop_front();
            self.bytes -= oldest.map_or(0, |it| it.len());
        }
    }

    fn after(&mut self, known: Option<u64>) -> Option<(Utf8Bytes, u64)> {
        let behind = known.and_then(|it| self.seq.checked_sub(it));
        match behind.and_then(|it| usize::try_from(it).ok()) {
            Some(0) => None,
            Some(behind) if behind <= self.deltas.len() => {
                let text = self.deltas.get(self.deltas.len() - behind)?;
                Some((text.clone(), self.seq + 1 - behind as u64))
            }
            _ => Some((self.whole(), self.seq)),
        }
    }

    fn whole(&mut self) -> Utf8Bytes {
        let message = Message::Snapshot { seq: self.seq, snapshot: &self.newest };
        self.whole.get_or_insert_with(|| written(&message)).clone()
    }
}

fn written(message: &impl Serialize) -> Utf8Bytes {
    // plain data with keys that are text: there is nothing that JSON cannot say
    serde_json::to_string(message).unwrap_or_default().into()
}

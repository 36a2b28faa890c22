//! Requests that wait for a destination, in memory.
//!
//! The queue on disk takes this module's place behind the same few functions: `try_send` on
//! one side, `front` and `done` on the other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bytes::Bytes;
use tokio::sync::Notify;

use crate::status::Lane;
use crate::timing::Stop;

/// Says why a request was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// The queue is full; there is room again when the destination has taken something.
    #[error("the queue is full")]
    Full,
    /// The worker has ended.
    #[error("the worker has stopped")]
    Closed,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<(Signal, Bytes)>,
    bytes: usize,
    closed: bool,
    /// Whether the log was told that there is no room.
    full: bool,
}

/// The queue of one destination, bounded by the bytes of what waits.
#[derive(Debug)]
pub(crate) struct Queue {
    destination: Destination,
    waiting: Mutex<Waiting>,
    capacity: usize,
    came: Notify,
    lane: Arc<Lane>,
}

impl Queue {
    pub(crate) fn new(destination: Destination, capacity: usize, lane: Arc<Lane>) -> Self {
        Self { destination, waiting: Mutex::default(), capacity, came: Notify::new(), lane }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, signal: Signal, body: Bytes) -> Result<(), NotQueued> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(NotQueued::Closed);
        }
        // one request larger than the whole queue is let in alone, or it could never leave
        if !waiting.items.is_empty() && waiting.bytes.saturating_add(body.len()) > self.capacity {
            self.lane.dropped("queue_full", 1);
            if !std::mem::replace(&mut waiting.full, true) {
                let destination = &self.destination;
                tracing::warn!(%destination, bytes = waiting.bytes, "queue is full, dropping what comes");
            }
            return Err(NotQueued::Full);
        }
        waiting.bytes += body.len();
        waiting.items.push_back((signal, body));
        self.lane.set_queued(waiting.items.len(), waiting.bytes);
        drop(waiting);
        self.came.notify_one();
        Ok(())
    }

    /// Waits for the oldest request and leaves it in its place; absent once stopping and empty.
    pub(crate) async fn front(&self, stop: &Stop) -> Option<(Signal, Bytes)> {
        loop {
            if let Some(item) = self.lock().items.front() {
                return Some(item.clone());
            }
            tokio::select! {
                biased;
                () = self.came.notified() => {}
                () = stop.token.cancelled() => return self.lock().items.front().cloned(),
            }
        }
    }

    /// Removes the oldest request.
    pub(crate) fn done(&self) {
        let mut waiting = self.lock();
        if let Some((_, body)) = waiting.items.pop_front() {
            waiting.bytes -= body.len();
        }
        if waiting.full && waiting.bytes <= self.capacity / 2 {
            waiting.full = false;
            tracing::info!(destination = %self.destination, "queue has room again");
        }
        self.lane.set_queued(waiting.items.len(), waiting.bytes);
    }

    /// Takes nothing more, forgets what waits and returns how many that were.
    pub(crate) fn close(&self) -> usize {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.bytes = 0;
        let left = std::mem::take(&mut waiting.items).len();
        self.lane.set_queued(0, 0);
        left
    }
}

/// Hands OTLP requests to a destination's worker. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignalSender(pub(crate) Arc<Queue>);

impl SignalSender {
    /// Queues a request, the whole protobuf body, and never waits.
    ///
    /// # Errors
    /// Refuses when the queue is full, which counts as dropped with reason `queue_full`, or when
    /// the worker has ended; the request is then not taken.
    pub fn try_send(&self, signal: Signal, body: Bytes) -> Result<(), NotQueued> {
        self.0.push(signal, body)
    }
}

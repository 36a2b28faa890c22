//! The seam between the pipeline, the queue of a destination, and the worker that empties it.

mod room;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::BoxFuture;
use crate::ingest::Signal;
use crate::time::Timestamp;

pub use room::{Account, NoRoom, Room};

/// An OTLP request on its way to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What kind of request it is.
    pub signal: Signal,
    /// How many spans, points or log records it holds; zero when nobody counted.
    pub items: u32,
    /// When it came.
    pub at: Timestamp,
    /// The whole protobuf message.
    pub body: Bytes,
}

/// A request with its place in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number; those of later requests are higher. Never used again by the same queue.
    pub seq: u64,
    /// The request.
    pub request: Request,
}

/// What the reader of a queue has to know to go on behind a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The number of the request; everything up to it is done.
    pub seq: u64,
    /// What is to be known, in the reader's own form.
    pub body: Bytes,
}

/// Says that notes were not kept; what they say is done may come again after a crash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("notes cannot be kept: {0}")]
pub struct NotKept(pub String);

/// Says why a request was not queued. Nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// The queue is full; there is room again when the destination has taken something.
    #[error("the queue is full")]
    Full,
    /// What the queue is kept in fails, such as a disk without room; it may work again later.
    #[error("the queue cannot be written: {0}")]
    Storage(String),
    /// The queue takes nothing more, because the collector stops.
    #[error("the queue has stopped")]
    Closed,
}

/// How much waits in a queue, and what it gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// How many requests wait.
    pub requests: u64,
    /// How many spans, points and log records those hold.
    pub items: u64,
    /// How many bytes those have.
    pub bytes: u64,
    /// When the oldest of them came.
    pub oldest: Option<Timestamp>,
    /// How many requests were appended since the queue was opened.
    pub accepted: u64,
    /// How many requests were not taken, so that their senders try again.
    pub refused: u64,
    /// How many requests the queue gave up, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
}

/// What became of what waited when a queue was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// How many requests are there again when the queue is opened again.
    pub kept: u64,
    /// How many are gone.
    pub lost: u64,
}

/// The queue of one destination: many append, one worker takes.
pub trait Queue: std::fmt::Debug + Send + Sync {
    /// Takes room for a request with a body of so many bytes, and never waits. Who sends to
    /// several queues takes room in all of them first, so that a full one refuses before another
    /// has taken what will come again.
    ///
    /// # Errors
    /// Refuses when the queue is full or closed.
    fn reserve(&self, bytes: usize) -> Result<Room, NotQueued>;

    /// Says whether the last append failed. What is appended elsewhere too is better tried here
    /// first.
    fn is_failing(&self) -> bool {
        false
    }

    /// Appends a request for which there is room. An `Ok` is true after a crash, if the queue is
    /// one that outlives it. May be dropped before it is done; the request may be queued
    /// nevertheless.
    fn append(&self, room: Room, request: Request) -> BoxFuture<'_, Result<(), NotQueued>>;

    /// Waits for the next request, in order; each is handed out once as long as the queue is
    /// open, and stays in it until it is done. May be dropped while it waits. Never ends when the
    /// queue can give nothing any more.
    fn next(&self) -> BoxFuture<'_, Queued>;

    /// Returns the next request if it is at hand, like [`Queue::next`].
    fn try_next(&self) -> Option<Queued>;

    /// Says whether something waits that was not handed out.
    fn has_more(&self) -> bool;

    /// Removes every request up to this number. They were all handed out.
    fn done(&self, seq: u64);

    /// Keeps notes behind those that are kept, or in their place if they begin `anew`, and removes
    /// every request up to their last number, as [`Queue::done`] does. After a crash a note is
    /// there and nothing up to its number comes again, or neither is so. Numbers rise.
    ///
    /// After an error only notes that begin anew are taken. A queue that does not outlive the
    /// process keeps none.
    fn keep(&self, notes: Vec<Note>, anew: bool) -> BoxFuture<'_, Result<(), NotKept>> {
        let _ = anew;
        if let Some(last) = notes.last() {
            self.done(last.seq);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    /// Returns the notes that were kept before the queue was opened, in order, once.
    fn kept(&self) -> Vec<Note> {
        Vec::new()
    }

    /// Takes nothing more, and says what becomes of what waits.
    fn close(&self) -> BoxFuture<'_, Left>;

    /// Says how much waits.
    fn depth(&self) -> Depth;
}

//! The queue on disk as the collector uses it: one thread does everything that blocks.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::queue::{
    Account, Depth, Left, NotKept, NotQueued, Note, Queue, Queued, Request, Room,
};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::files::Disk;
use crate::log::{Log, OpenError, Policy, Settings};
use crate::segment::Amount;
use crate::thread::{Command, Worker};

/// How many appends may wait for the thread; further ones wait for room.
pub(crate) const INBOX: usize = 256;

/// How long to wait before reading again what could not be read.
const AGAIN: Duration = Duration::from_secs(1);

/// How many requests may be done before the thread is told: more than these come twice after
/// `kill -9`, unless it was told by an append.
const UNTOLD: u64 = 32;

/// What was handed out by the thread and not taken.
#[derive(Debug, Default)]
pub(crate) struct AtHand {
    pub(crate) requests: VecDeque<Queued>,
    /// The bytes of those.
    pub(crate) bytes: u64,
    /// Whether the thread has more.
    pub(crate) more: bool,
}

/// What the thread and those who use the queue share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) account: Arc<Account>,
    pub(crate) at_hand: Mutex<AtHand>,
    pub(crate) came: Notify,
    /// Up to where everything is done.
    pub(crate) done: AtomicU64,
    /// Up to where the thread knows it.
    pub(crate) told: AtomicU64,
    /// Whether the thread was asked to look and has not begun to.
    pub(crate) asked: AtomicBool,
    pub(crate) stuck: AtomicBool,
    pub(crate) failing: AtomicBool,
    pub(crate) depth: Mutex<Depth>,
    /// What was noted before the queue was opened, until somebody asks.
    kept: Mutex<Vec<Note>>,
}

impl Shared {
    pub(crate) fn at_hand(&self) -> MutexGuard<'_, AtHand> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn depth(&self) -> MutexGuard<'_, Depth> {
        self.depth.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A queue on disk: appends that come at the same time share one sync, and each is acknowledged
/// after it.
#[derive(Debug)]
pub struct DiskQueue {
    inbox: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    /// Half of what is handed out at once: below it the thread is asked for more.
    low: u64,
}

impl DiskQueue {
    /// Opens the queue in a folder of a disk, and makes the folder if there is none.
    /// Blocks while it reads what is there.
    ///
    /// # Errors
    /// Fails when the folder cannot be read or written, or another process uses it.
    pub fn open(disk: &dyn Disk, folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        let name = settings.name.clone();
        let files = disk.folder(folder).map_err(|source| OpenError {
            name: format!("{name} in {}", folder.display()),
            action: "opened",
            source,
        })?;
        Self::start(Log::open(files, settings)?)
    }

    /// Runs a queue on a thread of its own, which ends when this is closed or dropped.
    ///
    /// # Errors
    /// Fails when there is no thread to be had.
    pub fn start(mut log: Log) -> Result<Self, OpenError> {
        let Settings { name, size, policy, memory, .. } = log.settings.clone();
        let (inbox, commands) = mpsc::channel(INBOX);
        let shared = Arc::new(Shared {
            name: name.clone(),
            account: Account::new((policy == Policy::Block).then_some(size)),
            at_hand: Mutex::default(),
            came: Notify::new(),
            done: AtomicU64::new(0),
            told: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            failing: AtomicBool::new(false),
            depth: Mutex::default(),
            kept: Mutex::new(log.take_kept()),
        });
        let worker = Worker::new(log, commands, Arc::clone(&shared));
        std::thread::Builder::new()
            .name(format!("queue {name}"))
            .spawn(move || worker.run())
            .map_err(|source| OpenError { name, action: "given a thread", source })?;
        Ok(Self { inbox, shared, low: memory / 2 })
    }

    /// Wakes the thread, unless it is busy and will look anyway.
    fn look(&self) {
        if !self.shared.asked.swap(true, Ordering::AcqRel)
            && self.inbox.try_send(Command::Look).is_err()
        {
            self.shared.asked.store(false, Ordering::Release);
        }
    }

    async fn push(&self, room: Room, request: Request) -> Result<(), NotQueued> {
        let (answer, answered) = oneshot::channel();
        let sent = self.inbox.send(Command::Append(request, room, answer)).await;
        sent.map_err(|_| NotQueued::Closed)?;
        answered.await.unwrap_or(Err(NotQueued::Closed))
    }

    async fn wait(&self) -> Queued {
        loop {
            let came = self.shared.came.notified();
            if let Some(queued) = self.try_next() {
                return queued;
            }
            if self.shared.stuck.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(AGAIN, came).await;
                self.look();
            } else {
                came.await;
            }
        }
    }

    async fn note(&self, notes: Vec<Note>, anew: bool) -> Result<(), NotKept> {
        let closed = || NotKept("the queue has stopped".to_owned());
        let (answer, answered) = oneshot::channel();
        let sent = self.inbox.send(Command::Keep(notes, anew, answer)).await;
        sent.map_err(|_| closed())?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    async fn end(&self) -> Left {
        let (answer, answered) = oneshot::channel();
        // closed before: what was left was told then
        let _ = self.inbox.send(Command::Close(answer)).await;
        answered.await.unwrap_or_default()
    }
}

impl Queue for DiskQueue {
    fn reserve(&self, bytes: usize) -> Result<Room, NotQueued> {
        if self.inbox.is_closed() {
            return Err(NotQueued::Closed);
        }
        self.shared.account.reserve(Amount::of(0, bytes).bytes).map_err(|no_room| {
            if no_room.is_news {
                let (queue, bytes) = (&self.shared.name, no_room.waiting);
                tracing::warn!(queue, bytes, "queue is full, senders have to wait");
            }
            NotQueued::Full
        })
    }

    fn is_failing(&self) -> bool {
        self.shared.failing.load(Ordering::Relaxed)
    }

    fn append(&self, room: Room, request: Request) -> BoxFuture<'_, Result<(), NotQueued>> {
        Box::pin(self.push(room, request))
    }

    fn next(&self) -> BoxFuture<'_, Queued> {
        Box::pin(self.wait())
    }

    fn try_next(&self) -> Option<Queued> {
        let mut at_hand = self.shared.at_hand();
        let queued = at_hand.requests.pop_front();
        if let Some(queued) = &queued {
            at_hand.bytes -= Amount::of(0, queued.request.body.len()).bytes;
        }
        let wants_more = at_hand.more && at_hand.bytes <= self.low;
        drop(at_hand);
        if wants_more {
            self.look();
        }
        queued
    }

    fn has_more(&self) -> bool {
        let at_hand = self.shared.at_hand();
        at_hand.more || !at_hand.requests.is_empty()
    }

    fn done(&self, seq: u64) {
        let before = self.shared.done.fetch_max(seq, Ordering::AcqRel);
        let untold = seq.saturating_sub(self.shared.told.load(Ordering::Relaxed));
        // at rest nothing may come twice
        let at_rest = seq > before && self.shared.at_hand().requests.is_empty();
        if untold >= UNTOLD || at_rest {
            self.look();
        }
    }

    fn keep(&self, notes: Vec<Note>, anew: bool) -> BoxFuture<'_, Result<(), NotKept>> {
        Box::pin(self.note(notes, anew))
    }

    fn kept(&self) -> Vec<Note> {
        std::mem::take(&mut self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn close(&self) -> BoxFuture<'_, Left> {
        Box::pin(self.end())
    }

    fn depth(&self) -> Depth {
        let depth = self.shared.depth().clone();
        Depth { refused: depth.refused + self.shared.account.refused(), ..depth }
    }
}

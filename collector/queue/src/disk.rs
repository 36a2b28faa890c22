//! The queue on disk as the collector uses it: one thread does everything that blocks.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::queue::{Depth, Left, NotQueued, Queue, Queued, Request};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::files::Folder;
use crate::log::{Log, OpenError, Settings};

/// How many appends may wait for the thread; further ones wait for room.
const INBOX: usize = 256;

/// How many bytes are written before one sync.
const GROUP: usize = 8 << 20;

/// How long to wait before reading again what could not be read.
const AGAIN: Duration = Duration::from_secs(1);

type Answer = oneshot::Sender<Result<(), NotQueued>>;

/// What the thread is told.
enum Command {
    Append(Request, Answer),
    /// There may be something to do.
    Look,
    Close(oneshot::Sender<Left>),
}

/// What the thread and those who use the queue share.
#[derive(Debug, Default)]
struct Shared {
    /// What was handed out and is not done.
    batch: Mutex<VecDeque<Queued>>,
    came: Notify,
    done: AtomicU64,
    stuck: AtomicBool,
    depth: Mutex<Depth>,
}

impl Shared {
    fn batch(&self) -> MutexGuard<'_, VecDeque<Queued>> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn depth(&self) -> MutexGuard<'_, Depth> {
        self.depth.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A queue on disk: appends that come at the same time share one sync, and each is acknowledged
/// after it.
#[derive(Debug)]
pub struct DiskQueue {
    inbox: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

impl DiskQueue {
    /// Opens the queue in a folder of the file system, and makes the folder if there is none.
    /// Blocks while it reads what is there.
    ///
    /// # Errors
    /// Fails when the folder cannot be read or written, or another process uses it.
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, OpenError> {
        let name = settings.name.clone();
        let files = Folder::open(folder).map_err(|source| OpenError {
            name: format!("{name} in {}", folder.display()),
            action: "opened",
            source,
        })?;
        Self::start(Log::open(Box::new(files), settings)?)
    }

    /// Runs a queue on a thread of its own, which ends when this is closed or dropped.
    ///
    /// # Errors
    /// Fails when there is no thread to be had.
    pub fn start(log: Log) -> Result<Self, OpenError> {
        let name = log.settings.name.clone();
        let (inbox, commands) = mpsc::channel(INBOX);
        let shared = Arc::new(Shared::default());
        let worker = Worker { log, commands, shared: Arc::clone(&shared) };
        worker.publish();
        std::thread::Builder::new()
            .name(format!("queue {name}"))
            .spawn(move || worker.run())
            .map_err(|source| OpenError { name, action: "given a thread", source })?;
        Ok(Self { inbox, shared })
    }

    /// Wakes the thread, unless it is busy and will look anyway.
    fn look(&self) {
        let _ = self.inbox.try_send(Command::Look);
    }

    async fn push(&self, request: Request) -> Result<(), NotQueued> {
        let (answer, answered) = oneshot::channel();
        let sent = self.inbox.send(Command::Append(request, answer)).await;
        sent.map_err(|_| NotQueued::Closed)?;
        answered.await.unwrap_or(Err(NotQueued::Closed))
    }

    async fn wait(&self) -> Queued {
        loop {
            let came = self.shared.came.notified();
            if let Some(queued) = self.try_front() {
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

    async fn end(&self) -> Left {
        let (answer, answered) = oneshot::channel();
        // closed before: what was left was told then
        let _ = self.inbox.send(Command::Close(answer)).await;
        answered.await.unwrap_or_default()
    }
}

impl Queue for DiskQueue {
    fn append(&self, request: Request) -> BoxFuture<'_, Result<(), NotQueued>> {
        Box::pin(self.push(request))
    }

    fn front(&self) -> BoxFuture<'_, Queued> {
        Box::pin(self.wait())
    }

    fn try_front(&self) -> Option<Queued> {
        self.shared.batch().front().cloned()
    }

    fn done(&self, seq: u64) {
        let mut batch = self.shared.batch();
        while batch.pop_front_if(|it| it.seq <= seq).is_some() {}
        let empty = batch.is_empty();
        drop(batch);
        self.shared.done.fetch_max(seq, Ordering::Release);
        if empty {
            self.look();
        }
    }

    fn close(&self) -> BoxFuture<'_, Left> {
        Box::pin(self.end())
    }

    fn depth(&self) -> Depth {
        self.shared.depth().clone()
    }
}

/// The thread.
struct Worker {
    log: Log,
    commands: mpsc::Receiver<Command>,
    shared: Arc<Shared>,
}

impl Worker {
    fn run(mut self) {
        self.hand_out();
        let mut closing = None;
        while closing.is_none()
            && let Some(first) = self.commands.blocking_recv()
        {
            let (mut requests, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0);
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Append(request, answer) => {
                        bytes += request.body.len();
                        requests.push(request);
                        answers.push(answer);
                    }
                    Command::Look => {}
                    Command::Close(answer) => closing = Some(answer),
                }
                let more = closing.is_none() && requests.len() < INBOX && bytes < GROUP;
                next = if more { self.commands.try_recv().ok() } else { None };
            }
            self.log.done(self.shared.done.load(Ordering::Acquire));
            let results = self.log.append(&requests);
            self.publish();
            for (answer, result) in answers.into_iter().zip(results) {
                // a sender that hung up will come again, and what it sent is delivered twice
                let _ = answer.send(result.map(|_| ()));
            }
            self.hand_out();
        }
        self.log.done(self.shared.done.load(Ordering::Acquire));
        self.log.flush();
        self.publish();
        if let Some(answer) = closing {
            let kept = self.log.depth().requests;
            // the folder is free for another process from here on
            drop(self);
            let _ = answer.send(Left { kept, lost: 0 });
        }
    }

    /// Hands out what is next when everything before it is done.
    fn hand_out(&mut self) {
        if !self.shared.batch().is_empty() {
            return;
        }
        self.log.done(self.shared.done.load(Ordering::Acquire));
        let batch = self.log.read();
        self.shared.stuck.store(self.log.stuck, Ordering::Relaxed);
        self.publish();
        if !batch.is_empty() || self.log.stuck {
            self.shared.batch().extend(batch);
            self.shared.came.notify_one();
        }
    }

    fn publish(&self) {
        *self.shared.depth() = self.log.depth();
    }
}

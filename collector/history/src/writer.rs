//! The one task that writes. Whoever waits at the same time shares a transaction.

use std::sync::{Mutex, PoisonError};

use bellwether_core::access::AuditEntry;
use bellwether_core::store::{Attempt, Commit, Retention, StoreError};
use bellwether_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::error::failed;
use crate::pen::Pen;
use crate::sql::Session;
use crate::{compact, settle, write};

/// How many writes may wait, and how many may share one wait for the disk.
const WAITING: usize = 64;

/// A change to be written whole.
#[derive(Debug)]
pub(crate) enum Write {
    /// What a step changed.
    Commit(Box<Commit>),
    /// What became of an attempt to deliver a notice.
    Settle {
        /// The notice.
        number: i64,
        /// What became of it.
        attempt: Attempt,
        /// When.
        now: Timestamp,
    },
    /// What somebody did.
    Audit(Box<AuditEntry>),
    /// Forget instances that ended before this.
    Forget(Timestamp),
    /// Show that writing works.
    Prove(Timestamp),
    /// Put together or away what is too old by now.
    Compact(Timestamp, Retention),
}

impl Write {
    fn what(&self) -> &'static str {
        match self {
            Self::Commit(_) => "commit",
            Self::Settle { .. } => "settle a notice",
            Self::Audit(_) => "keep what somebody did",
            Self::Forget(_) => "forget instances",
            Self::Prove(_) => "write a proof that it can",
            Self::Compact(..) => "put old records together",
        }
    }

    /// Writes into a transaction, and returns how many records went, where that is asked for.
    pub(crate) async fn apply(&self, session: &mut Session<'_>) -> sqlx::Result<u64> {
        match self {
            Self::Commit(commit) => write::commit(session, commit).await.map(|()| 0),
            Self::Settle { number, attempt, now } => {
                settle::settle(session, *number, attempt, *now).await.map(|()| 0)
            }
            Self::Audit(entry) => write::audit(session, entry).await.map(|()| 0),
            Self::Forget(before) => write::forget_instances(session, *before).await,
            Self::Prove(now) => write::prove(session, *now).await.map(|()| 0),
            Self::Compact(now, retention) => compact::step(session, *now, retention).await,
        }
    }
}

struct Request {
    write: Write,
    answer: oneshot::Sender<Result<u64, StoreError>>,
}

/// The store was closed, or its writer ended.
#[derive(Debug, thiserror::Error)]
#[error("the history is closed")]
struct Closed;

/// The way to the writing task, which ends with it.
#[derive(Debug)]
pub(crate) struct Writer {
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    task: tokio::sync::Mutex<JoinSet<()>>,
}

impl Writer {
    /// Starts the task that owns the connection.
    pub(crate) fn start(pen: Pen) -> Self {
        let (requests, queue) = mpsc::channel(WAITING);
        let mut task = JoinSet::new();
        task.spawn(run(pen, queue));
        Self { requests: Mutex::new(Some(requests)), task: tokio::sync::Mutex::new(task) }
    }

    /// Hands over a write and waits until it is on disk. A caller that goes away meanwhile
    /// does not undo it.
    pub(crate) async fn write(&self, write: Write) -> Result<u64, StoreError> {
        let what = write.what();
        let closed = || StoreError { what, source: Box::new(Closed) };
        let requests = self.sender().ok_or_else(closed)?;
        let (answer, answered) = oneshot::channel();
        requests.send(Request { write, answer }).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Lets the task finish what waits, and waits for its end.
    pub(crate) async fn close(&self) {
        drop(self.requests.lock().unwrap_or_else(PoisonError::into_inner).take());
        while self.task.lock().await.join_next().await.is_some() {}
    }

    fn sender(&self) -> Option<mpsc::Sender<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn run(mut pen: Pen, mut queue: mpsc::Receiver<Request>) {
    let mut batch = Vec::with_capacity(WAITING);
    while queue.recv_many(&mut batch, WAITING).await > 0 {
        serve(&mut pen, &mut batch, || queue.is_closed()).await;
    }
    if let Err(error) = pen.close().await {
        tracing::warn!(%error, "history did not close in order; what was acknowledged is there all the same");
    }
}

/// Writes all that waits in one transaction; when that fails, each alone, so that one that
/// cannot be written does not take the others with it.
async fn serve(pen: &mut Pen, batch: &mut Vec<Request>, closing: impl Fn() -> bool) {
    let writes: Vec<&Write> = batch.iter().map(|it| &it.write).collect();
    let shared = match writes.as_slice() {
        [_] => None,
        many => pen.write(many, &closing).await.ok(),
    };
    if let Some(counts) = shared {
        for (request, count) in batch.drain(..).zip(counts) {
            answer(request, Ok(count));
        }
        return;
    }
    for request in batch.drain(..) {
        let result = pen.write(&[&request.write], &closing).await;
        let count = result.map(|counts| counts.first().copied().unwrap_or_default());
        let count = count.map_err(failed(request.write.what()));
        answer(request, count);
    }
}

fn answer(request: Request, result: Result<u64, StoreError>) {
    // a caller that went away does not want to know
    drop(request.answer.send(result));
}

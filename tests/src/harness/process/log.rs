//! What a process writes, line by line, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;

/// How many lines are kept; the oldest go first.
const KEPT: usize = 5_000;

/// The lines of both streams in the order they came.
#[derive(Debug)]
pub(super) struct Log {
    lines: Mutex<VecDeque<String>>,
    /// How many streams are still open.
    open: watch::Sender<usize>,
}

impl Log {
    /// Makes an empty log of so many streams.
    pub(super) fn new(streams: usize) -> Self {
        Self { lines: Mutex::default(), open: watch::Sender::new(streams) }
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        // lines are only ever appended, so that a panic elsewhere leaves them whole
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a stream to its end.
    pub(super) async fn read(&self, stream: impl AsyncRead + Unpin) {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        // an error is an end too: there is nothing more to come
        while stream.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            let mut lines = self.lines();
            if lines.len() >= KEPT {
                lines.pop_front();
            }
            lines.push_back(text);
            drop(lines);
            self.open.send_modify(|_| {});
        }
        self.open.send_modify(|open| *open = open.saturating_sub(1));
    }

    /// Waits for a line of which `find` makes something; nothing when both streams end first.
    pub(super) async fn until<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut changes = self.open.subscribe();
        loop {
            let open = *changes.borrow_and_update();
            let found = self.lines().iter().find_map(|line| find(line));
            if found.is_some() || open == 0 {
                return found;
            }
            changes.changed().await.ok()?;
        }
    }

    /// Waits until both streams have ended.
    pub(super) async fn ended(&self) {
        // an error says that the log is gone, which is an end too
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// Returns the newest lines, oldest first.
    pub(super) fn tail(&self, count: usize) -> Vec<String> {
        let lines = self.lines();
        lines.iter().skip(lines.len().saturating_sub(count)).cloned().collect()
    }
}

//! Keeps account of the bytes of a queue, so that a request is let in by all queues or by none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bytes of one queue: those that wait, and those for which room was given.
#[derive(Debug)]
pub struct Account {
    /// How many bytes there may be; absent when what comes is never refused.
    size: Option<u64>,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    waiting: u64,
    promised: u64,
    refused: u64,
    /// Whether somebody was refused, and half of the room is not free again since.
    full: bool,
}

/// Says that there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom {
    /// Whether this is the first refusal since the queue had room.
    pub is_news: bool,
    /// How many bytes wait.
    pub waiting: u64,
}

impl Account {
    /// Opens the account of an empty queue that holds `size` bytes; without a size, it makes room
    /// by itself and refuses nothing.
    pub fn new(size: Option<u64>) -> Arc<Self> {
        Arc::new(Self { size, books: Mutex::default() })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // plain numbers; a panic elsewhere cannot leave them half written
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives room for so many bytes. More than the whole queue holds are let in alone, or they
    /// could never leave.
    ///
    /// # Errors
    /// Refuses when what waits and what was promised leave too little, and counts that.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Room, NoRoom> {
        let mut books = self.books();
        let taken = books.waiting.saturating_add(books.promised);
        let too_much = |size| taken > 0 && taken.saturating_add(bytes) > size;
        if self.size.is_some_and(too_much) {
            books.refused += 1;
            let is_news = !std::mem::replace(&mut books.full, true);
            return Err(NoRoom { is_news, waiting: books.waiting });
        }
        books.promised = books.promised.saturating_add(bytes);
        drop(books);
        Ok(Room { account: Arc::clone(self), bytes })
    }

    /// Notes how many bytes wait; says whether a queue that was full has room again.
    pub fn set_waiting(&self, bytes: u64) -> bool {
        let mut books = self.books();
        books.waiting = bytes;
        let relieved = books.full && self.size.is_none_or(|size| bytes <= size / 2);
        books.full &= !relieved;
        relieved
    }

    /// Returns how many times there was no room.
    pub fn refused(&self) -> u64 {
        self.books().refused
    }
}

/// Room for one request, given back when dropped: when the request was not queued after all, or
/// when it waits and is counted as such.
#[derive(Debug)]
pub struct Room {
    account: Arc<Account>,
    bytes: u64,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut books = self.account.books();
        books.promised = books.promised.saturating_sub(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_promised_once_and_given_back() {
        let account = Account::new(Some(100));
        let first = account.reserve(60).unwrap();
        assert_eq!(account.reserve(60).unwrap_err(), NoRoom { is_news: true, waiting: 0 });
        let second = account.reserve(40).unwrap();
        assert!(!account.reserve(1).unwrap_err().is_news, "told once");
        drop(second);
        // the first waits now: counted for a moment twice, and never too little
        assert!(!account.set_waiting(60), "more than half is taken");
        assert!(account.reserve(40).is_err());
        drop(first);
        assert!(account.reserve(40).is_ok());
        assert!(account.set_waiting(50));
        assert!(!account.set_waiting(0), "told once");
        assert_eq!(account.refused(), 3);
    }

    #[test]
    fn what_is_larger_than_the_queue_is_let_in_alone() {
        let account = Account::new(Some(100));
        let large = account.reserve(1_000).unwrap();
        assert!(account.reserve(0).is_err());
        drop(large);
        assert!(account.reserve(u64::MAX).is_ok());
    }

    #[test]
    fn an_account_without_a_size_refuses_nothing() {
        let account = Account::new(None);
        let rooms: Vec<_> = (0..3).map(|_| account.reserve(u64::MAX)).collect();
        assert!(rooms.iter().all(Result::is_ok));
    }
}

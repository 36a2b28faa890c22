//! Bounds the bytes of requests that are in memory at once: over all connections, and by
//! connection, so that one sender cannot take the room of all others.
//!
//! A receiver asks before it reads a body, and again before it makes a body larger: when it
//! arrives in pieces, when it is decompressed, when it is translated. What was given is given
//! back when the request is done. Nobody waits for room: who gets none is told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what a request costs beside its body, so that many empty ones are bounded too.
const LEAST: u64 = 16 << 10;

/// Gives room for the bytes of requests. Clones share the same room.
#[derive(Clone, Debug)]
pub struct Admission {
    room: Arc<Room>,
}

#[derive(Debug)]
struct Room {
    all: u64,
    taken: AtomicU64,
}

impl Admission {
    /// Makes room for so many bytes. A connection gets at most half of it, and more only for a
    /// request that is its only one.
    pub fn new(bytes: u64) -> Self {
        Self { room: Arc::new(Room { all: bytes, taken: AtomicU64::new(0) }) }
    }

    /// Returns how many bytes it makes room for.
    pub fn limit(&self) -> u64 {
        self.room.all
    }

    /// Returns how many bytes are taken now.
    pub fn in_flight(&self) -> u64 {
        self.room.taken.load(Ordering::Relaxed)
    }

    /// Makes the share of a connection.
    pub(crate) fn share(&self) -> Share {
        let (taken, requests) = (AtomicU64::new(0), AtomicU64::new(0));
        Share(Arc::new(Taken { room: Arc::clone(&self.room), taken, requests }))
    }
}

/// Says why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// Others have it now.
    Now,
    /// It is more than all that there is, in bytes.
    Ever(u64),
}

/// What the requests of one connection hold.
#[derive(Clone, Debug)]
pub(crate) struct Share(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    room: Arc<Room>,
    taken: AtomicU64,
    requests: AtomicU64,
}

impl Share {
    /// Begins a request.
    pub(crate) fn admit(&self) -> Result<Hold, NoRoom> {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        let mut hold = Hold { share: self.clone(), bytes: 0 };
        hold.cover(LEAST).map(|()| hold)
    }

    fn take(&self, bytes: u64) -> bool {
        let room = &self.0.room;
        let others = self.0.requests.load(Ordering::Relaxed) > 1;
        let most = if others { room.all / 2 } else { room.all };
        add_up_to(&self.0.taken, bytes, most)
            && (add_up_to(&room.taken, bytes, room.all) || {
                self.0.taken.fetch_sub(bytes, Ordering::Relaxed);
                false
            })
    }

    fn give_back(&self, bytes: u64) {
        self.0.taken.fetch_sub(bytes, Ordering::Relaxed);
        self.0.room.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Adds when the sum is at most `most`; says whether it did.
fn add_up_to(count: &AtomicU64, more: u64, most: u64) -> bool {
    let add = |now: u64| now.checked_add(more).filter(|sum| *sum <= most);
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
}

/// Holds room for one request until it is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    share: Share,
    bytes: u64,
}

impl Hold {
    /// Says whether there is room for so many bytes that a sender announces. They are taken as
    /// they come: who only announces holds up nobody.
    pub(crate) fn expect(&self, bytes: u64) -> Result<(), NoRoom> {
        let room = &self.share.0.room;
        let free = room.all.saturating_sub(room.taken.load(Ordering::Relaxed));
        match bytes {
            _ if bytes > room.all => Err(NoRoom::Ever(room.all)),
            _ if bytes > free.saturating_add(self.bytes) => Err(NoRoom::Now),
            _ => Ok(()),
        }
    }

    /// Makes sure that it holds room for `bytes` in all.
    pub(crate) fn cover(&mut self, bytes: u64) -> Result<(), NoRoom> {
        let more = bytes.max(LEAST).saturating_sub(self.bytes);
        let all = self.share.0.room.all;
        if more == 0 {
            return Ok(());
        }
        if bytes > all {
            return Err(NoRoom::Ever(all));
        }
        if !self.share.take(more) {
            return Err(NoRoom::Now);
        }
        self.bytes += more;
        Ok(())
    }

    /// Gives back what is held beyond `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let less = self.bytes.saturating_sub(bytes.max(LEAST));
        self.bytes -= less;
        self.share.give_back(less);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.share.give_back(self.bytes);
        self.share.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_grown_and_given_back() {
        let room = Admission::new(10 * LEAST);
        let mut first = room.share().admit().expect("room");
        assert_eq!(room.in_flight(), LEAST, "even nothing counts");
        first.cover(6 * LEAST).expect("room");
        let mut second = room.share().admit().expect("room");
        assert_eq!(second.expect(4 * LEAST), Ok(()), "all that is left");
        assert_eq!(second.expect(5 * LEAST), Err(NoRoom::Now));
        assert_eq!(room.in_flight(), 7 * LEAST, "what was announced is not taken yet");
        second.cover(4 * LEAST).expect("room");
        assert_eq!(room.share().admit().err(), Some(NoRoom::Now));
        assert_eq!(first.cover(7 * LEAST), Err(NoRoom::Now));
        assert_eq!(room.in_flight(), 10 * LEAST, "a refusal takes nothing");
        drop(second);
        first.cover(7 * LEAST).expect("room again");
        first.shrink_to(2 * LEAST);
        assert_eq!(room.in_flight(), 2 * LEAST);
        first.shrink_to(9 * LEAST);
        assert_eq!(room.in_flight(), 2 * LEAST);
        drop(first);
        assert_eq!(room.in_flight(), 0);
    }

    #[test]
    fn what_can_never_fit_is_told_apart() {
        let room = Admission::new(2 * LEAST);
        let mut hold = room.share().admit().expect("room");
        assert_eq!(hold.expect(u64::MAX), Err(NoRoom::Ever(2 * LEAST)));
        assert_eq!(hold.cover(2 * LEAST + 1), Err(NoRoom::Ever(2 * LEAST)));
        assert_eq!(hold.cover(2 * LEAST), Ok(()));
    }

    #[test]
    fn one_connection_gets_half_and_more_only_for_a_lone_request() {
        let room = Admission::new(10 * LEAST);
        let share = room.share();
        let mut lone = share.admit().expect("room");
        lone.cover(8 * LEAST).expect("it is the only one");
        assert_eq!(share.admit().err(), Some(NoRoom::Now), "there is room, but not for this one");
        lone.shrink_to(4 * LEAST);
        let mut second = share.admit().expect("room");
        assert_eq!(second.cover(2 * LEAST), Err(NoRoom::Now));
        let mut other = room.share().admit().expect("room for others");
        other.cover(5 * LEAST).expect("room for others");
        drop((lone, second, other));
        assert_eq!(room.in_flight(), 0);
        assert_eq!(share.admit().expect("room").cover(9 * LEAST), Ok(()), "refusals left nothing");
    }
}

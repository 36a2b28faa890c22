//! The queue without threads: opens what is there, and keeps account of it.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::Duration;

use bellwether_core::queue::{Depth, Note, Queued};
use bellwether_core::time::Timestamp;

use crate::cursor::{self, Cursor};
use crate::files::{File, Files};
use crate::notes::Notes;
use crate::record;
use crate::segment::{self, Amount, Segment, Walk};

/// What is done with what comes when a queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// It is not taken; its sender keeps it and tries again.
    #[default]
    Block,
    /// The oldest segments make room for it, and are counted.
    DropOldest,
}

/// How a queue is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the log calls the queue: the destination.
    pub name: String,
    /// How many bytes may wait. One request that is larger is let in when nothing else waits.
    pub size: u64,
    /// What is done when that is reached.
    pub policy: Policy,
    /// Where a segment ends and the next one begins, in bytes.
    pub segment: u64,
    /// How many bytes that came last may be kept in memory, so that they need not be read.
    pub memory: u64,
    /// How many requests may be done without being so after a power cut, in times in which
    /// nothing is appended: they come twice then. Every append makes it sure besides.
    pub batch: u64,
    /// How far apart syncs begin, so that more of what comes shares one. The first after a pause waits
    /// for nothing.
    pub pace: Duration,
}

impl Settings {
    /// Returns what suits a queue of this size.
    pub fn new(name: impl Into<String>, size: u64, policy: Policy) -> Self {
        let segment = (size / 16).clamp(64 << 10, 8 << 20);
        let pace = Duration::from_millis(1);
        Self { name: name.into(), size, policy, segment, memory: 4 << 20, batch: 256, pace }
    }
}

/// Says why a queue cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the queue of {name} cannot be {action}")]
pub struct OpenError {
    pub(crate) name: String,
    pub(crate) action: &'static str,
    pub(crate) source: io::Error,
}

/// Returns up to where the newest record says that the queue was done: the cursor may be older.
fn stamp(files: &dyn Files, firsts: &[u64]) -> io::Result<u64> {
    for first in firsts.iter().rev() {
        let bytes = segment::load(files, *first, 0, u64::MAX)?;
        let newest = Walk::new(&bytes, first.saturating_sub(1), u64::MAX).last();
        if let Some(newest) = newest {
            return Ok(newest.done);
        }
    }
    Ok(0)
}

/// A request in memory that is not done yet.
pub(crate) struct Held {
    pub(crate) seq: u64,
    pub(crate) amount: Amount,
    pub(crate) at: Timestamp,
}

/// A queue on disk, used by one thread. What blocks is said by name: [`Log::append`],
/// [`Log::keep`], [`Log::read`], [`Log::tidy`], [`Log::flush`] and [`Log::open`] read, write and sync files.
pub struct Log {
    pub(crate) files: Box<dyn Files>,
    pub(crate) settings: Settings,
    pub(crate) cursor: Cursor,
    pub(crate) notes: Notes,
    /// The notes that were there when it was opened.
    pub(crate) kept: Vec<Note>,
    /// In order; the last one is written if `active` is there.
    pub(crate) segments: VecDeque<Segment>,
    pub(crate) active: Option<Box<dyn File>>,
    /// Whether there is a file to write the next segment over.
    pub(crate) spare: bool,
    /// The number of the next request.
    pub(crate) next: u64,
    /// The number of the first request that was appended since it was opened.
    pub(crate) began: u64,
    /// Read and not handed out.
    pub(crate) ready: VecDeque<Queued>,
    /// Read and not done; begins with what was handed out and ends with `ready`.
    pub(crate) held: VecDeque<Held>,
    /// The bytes of `ready`.
    pub(crate) ready_bytes: u64,
    /// The segment that was read last, and up to where.
    pub(crate) position: (u64, u64),
    /// The highest number that is done or in memory.
    pub(crate) read_to: u64,
    /// Everything that is not done.
    pub(crate) waiting: Amount,
    pub(crate) refused: u64,
    pub(crate) dropped: BTreeMap<&'static str, u64>,
    /// Whether the log was told that writing fails, or that there is no room.
    pub(crate) failing: bool,
    pub(crate) full: bool,
    /// Whether the last read failed and should be tried again.
    pub(crate) stuck: bool,
}

impl Log {
    /// Opens the queue that is in a folder, or begins one: cuts what was not written to its end,
    /// and goes on behind the cursor.
    ///
    /// # Errors
    /// Fails when the folder cannot be read or written. Damage is no reason.
    pub fn open(files: Box<dyn Files>, settings: Settings) -> Result<Self, OpenError> {
        let name = settings.name.clone();
        let failed = |action| {
            let name = name.clone();
            move |source| OpenError { name, action, source }
        };
        let names = files.list().map_err(failed("listed"))?;
        let exists = names.iter().any(|it| it == cursor::NAME);
        let opened = Cursor::open(files.as_ref(), exists);
        let (mut cursor, unreadable) = opened.map_err(failed("written"))?;
        if unreadable {
            tracing::warn!(queue = name, "the cursor cannot be read; what is queued is sent again");
        }
        let mut firsts: Vec<u64> = names.iter().filter_map(|it| segment::first_of(it)).collect();
        firsts.sort_unstable();
        cursor.stamped(stamp(files.as_ref(), &firsts).map_err(failed("read"))?);
        let (notes, kept) = Notes::open(files.as_ref(), &names).map_err(failed("read"))?;
        cursor.stamped(kept.last().map_or(0, |it| it.seq));
        let done = cursor.done();
        let mut log = Self {
            files,
            settings,
            cursor,
            notes,
            kept,
            segments: VecDeque::new(),
            active: None,
            spare: false,
            next: done + 1,
            began: 0,
            ready: VecDeque::new(),
            held: VecDeque::new(),
            ready_bytes: 0,
            position: (0, 0),
            read_to: done,
            waiting: Amount::default(),
            refused: 0,
            dropped: BTreeMap::new(),
            failing: false,
            full: false,
            stuck: false,
        };
        if names.iter().any(|it| it == segment::SPARE) {
            // nobody knows any more what numbers are in it
            log.files.remove(segment::SPARE).map_err(failed("written"))?;
        }
        for (at, first) in firsts.iter().enumerate() {
            log.adopt(*first, firsts.get(at + 1).copied()).map_err(failed("read"))?;
        }
        log.began = log.next;
        log.fill();
        Ok(log)
    }

    /// Takes in a segment that is there, up to where the next one begins.
    fn adopt(&mut self, first: u64, below: Option<u64>) -> io::Result<()> {
        let done = self.cursor.done();
        if below.is_some_and(|below| below <= done + 1) {
            return self.files.remove(&segment::name(first));
        }
        let bytes = segment::load(self.files.as_ref(), first, 0, u64::MAX)?;
        let mut walk = Walk::new(&bytes, first.saturating_sub(1), below.unwrap_or(u64::MAX));
        let mut found = Segment::empty(first);
        let mut lost = 0;
        for record in walk.by_ref() {
            lost += record.seq - found.last.max(done).min(record.seq - 1) - 1;
            found.last = record.seq;
            if record.seq > done {
                found.unread.add(Amount::of(record.items, record.body.len()));
            }
        }
        found.damaged = walk.damaged;
        found.end = walk.at as u64;
        match below {
            // what comes after a segment begins with the number after its last
            Some(below) if below > found.last.max(done) + 1 => {
                lost += below - found.last.max(done) - 1;
                found.damaged = true;
            }
            Some(_) => {}
            None => self.finish(&found, &bytes)?,
        }
        if found.damaged {
            self.tell_damage(first, lost);
        } else if found.last <= done || found.is_empty() {
            return self.files.remove(&segment::name(first));
        }
        self.next = self.next.max(found.last + 1);
        self.waiting.add(found.unread);
        self.segments.push_back(found);
        Ok(())
    }

    /// Cuts what was not written to the end of the last segment, and syncs what was.
    fn finish(&self, segment: &Segment, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.files.open(&segment::name(segment.first))?;
        let end = usize::try_from(segment.end).map_err(io::Error::other)?;
        let rest = bytes.get(end..).unwrap_or_default();
        if !rest.is_empty() {
            let (queue, bytes) = (&self.settings.name, rest.len());
            let was_before = record::read(rest, 0).is_some_and(|it| it.seq < segment.first);
            if record::is_end(rest) || was_before {
                // all that was begun was finished
            } else if record::is_spoilt(rest, segment.first) {
                self.put_aside(segment.first, rest);
                tracing::error!(
                    queue,
                    segment.first,
                    bytes,
                    "the end cannot be read: damage, or a write that a power cut tore; it is kept as .end.damaged"
                );
            } else {
                tracing::info!(queue, segment.first, bytes, "cut what was not written to its end");
            }
            file.cut(segment.end)?;
        }
        file.sync()
    }

    /// Keeps an end that is cut, for people; without room there is none of it.
    fn put_aside(&self, segment: u64, end: &[u8]) {
        let name = format!("{segment:020}.end.damaged");
        let kept = self.files.create(&name).and_then(|mut file| {
            file.write(0, &mut [io::IoSlice::new(end)])?;
            file.sync()
        });
        if let Err(error) = kept {
            tracing::warn!(queue = self.settings.name, name, %error, "what is cut cannot be kept");
        }
    }

    /// Counts what damage cost, and says so.
    pub(crate) fn tell_damage(&mut self, segment: u64, lost: u64) {
        if lost > 0 {
            *self.dropped.entry("damaged").or_default() += lost;
        }
        tracing::error!(
            queue = self.settings.name,
            segment,
            lost,
            "segment is damaged; what can be read is sent, then it is kept as .damaged"
        );
    }

    /// Says how much waits.
    pub fn depth(&self) -> Depth {
        Depth {
            requests: self.waiting.requests,
            items: self.waiting.items,
            bytes: self.waiting.bytes,
            oldest: self.held.front().map(|it| it.at),
            accepted: self.next - self.began,
            refused: self.refused,
            dropped: self.dropped.clone(),
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Log({}, {} waiting)", self.settings.name, self.waiting.requests)
    }
}

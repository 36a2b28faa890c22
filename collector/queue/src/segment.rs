//! A segment: a file of records, from the number in its name up to where the next one begins.

use std::io;

use bytes::Bytes;

use crate::files::Files;
use crate::record::{self, Found, HEADER};

const SUFFIX: &str = ".seg";

/// The name of a file that was a segment and will be another one. To write over what is there costs a
/// fraction of new room: a sync has the bytes to write and nothing about the file.
pub(crate) const SPARE: &str = "spare";

/// Returns the name of the segment that begins with a number. Names sort as numbers do.
pub(crate) fn name(first: u64) -> String {
    format!("{first:020}{SUFFIX}")
}

/// Returns the number that a segment's name tells; absent for other files.
pub(crate) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX).filter(|it| it.len() == 20)?;
    digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// What is known of a segment without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The lowest number that it may hold.
    pub(crate) first: u64,
    /// The highest number in it, or the one before `first` when it holds none.
    pub(crate) last: u64,
    /// Where its good bytes end.
    pub(crate) end: u64,
    /// What of it was neither read nor given up.
    pub(crate) unread: Amount,
    /// Whether records in it cannot be read.
    pub(crate) damaged: bool,
    /// Whether its file is known to hold no number above `last`, so that what is left of it cannot be
    /// taken for records of a later segment.
    pub(crate) reusable: bool,
}

impl Segment {
    /// Makes one that holds nothing.
    pub(crate) fn empty(first: u64) -> Self {
        let last = first.saturating_sub(1);
        let unread = Amount::default();
        Self { first, last, end: 0, unread, damaged: false, reusable: false }
    }

    /// Says whether it holds no record.
    pub(crate) fn is_empty(&self) -> bool {
        self.last < self.first
    }
}

/// How much something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) requests: u64,
    pub(crate) items: u64,
    /// With what a record has beside its body.
    pub(crate) bytes: u64,
}

impl Amount {
    /// Measures one record.
    pub(crate) fn of(items: u32, body: usize) -> Self {
        Self { requests: 1, items: items.into(), bytes: (body + HEADER) as u64 }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.items += other.items;
        self.bytes += other.bytes;
    }

    pub(crate) fn subtract(&mut self, other: Self) {
        self.requests = self.requests.saturating_sub(other.requests);
        self.items = self.items.saturating_sub(other.items);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

/// Reads a segment from an offset on, up to `end` or where its file ends before.
pub(crate) fn load(files: &dyn Files, first: u64, offset: u64, end: u64) -> io::Result<Bytes> {
    let file = files.open(&name(first))?;
    let length = file.length()?.min(end).saturating_sub(offset);
    file.read(offset, usize::try_from(length).map_err(io::Error::other)?).map(Bytes::from)
}

/// Walks over the records of a segment and over damage between them.
pub(crate) struct Walk<'a> {
    bytes: &'a [u8],
    /// Where the next record begins; behind the last good one at the end.
    pub(crate) at: usize,
    /// Whether records were skipped because they could not be read.
    pub(crate) damaged: bool,
    /// Numbers from here on belong to the next segment.
    below: u64,
    /// The number of the last record that was found.
    pub(crate) last: u64,
}

impl<'a> Walk<'a> {
    /// Begins with numbers above `last`, and ends with those under `below`.
    pub(crate) fn new(bytes: &'a [u8], last: u64, below: u64) -> Self {
        Self { bytes, at: 0, damaged: false, below, last }
    }

    /// Says whether a record may stand here: numbers rise, and end where the next segment begins.
    fn fits(&self, found: &Found) -> bool {
        found.seq > self.last && found.seq < self.below
    }
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let found = match record::read(self.bytes, self.at) {
            Some(found) if found.seq >= self.below => return None,
            Some(found) if self.fits(&found) => found,
            _ => {
                let mut from = self.at + 1;
                let found = loop {
                    let (at, found) = record::search(self.bytes, from)?;
                    if self.fits(&found) {
                        break found;
                    }
                    from = at + 1;
                };
                self.damaged = true;
                found
            }
        };
        self.at = found.body.end;
        self.last = found.seq;
        Some(found)
    }
}

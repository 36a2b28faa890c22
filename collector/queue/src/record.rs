//! A record of a segment: a header of 40 bytes and the request's body. Numbers are little endian.
//!
//! | offset | size | what |
//! | --- | --- | --- |
//! | 0 | 4 | length of the body |
//! | 4 | 4 | CRC-32C of everything in the record but itself |
//! | 8 | 8 | number |
//! | 16 | 8 | when the request came, nanoseconds since the Unix epoch |
//! | 24 | 4 | spans, points or log records in it |
//! | 28 | 1 | signal: 0 traces, 1 metrics, 2 logs |
//! | 29 | 3 | `b`, `w`, version 2 |
//! | 32 | 8 | up to which number the destination had taken the queue when this was written |
//!
//! Behind the last record of a write stand 40 bytes of zero, over which the next one writes: a write
//! that was not finished has none, and what a file held before is no part of the segment.

use std::ops::Range;

use bellwether_core::ingest::Signal;
use bellwether_core::queue::{Queued, Request};
use bellwether_core::time::Timestamp;
use bytes::Bytes;

/// How many bytes a record has before its body.
pub(crate) const HEADER: usize = 40;

/// What stands behind the last record.
pub(crate) const END: [u8; HEADER] = [0; HEADER];

const MARK: [u8; 3] = *b"bw\x02";
/// Where the mark stands in a record.
const MARK_AT: usize = 29;

/// Returns how many bytes the record of a request has; absent when it is too large for one.
pub(crate) fn size(request: &Request) -> Option<u64> {
    u32::try_from(request.body.len()).ok().map(|body| u64::from(body) + HEADER as u64)
}

/// Returns the header of a record, behind which its body is written. The body must not be larger
/// than [`size`] allows.
pub(crate) fn header(seq: u64, done: u64, request: &Request) -> [u8; HEADER] {
    let length = u32::try_from(request.body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let signal = match request.signal {
        Signal::Traces => 0,
        Signal::Metrics => 1,
        Signal::Logs => 2,
    };
    let mut rest = [0; HEADER - 8];
    let numbers = seq.to_le_bytes().into_iter().chain(request.at.nanos().to_le_bytes());
    let fields = numbers.chain(request.items.to_le_bytes()).chain([signal]).chain(MARK);
    for (to, from) in rest.iter_mut().zip(fields.chain(done.to_le_bytes())) {
        *to = from;
    }
    let sum = crc(&length, &rest, &request.body).to_le_bytes();
    let mut header = [0; HEADER];
    for (to, from) in header.iter_mut().zip(length.into_iter().chain(sum).chain(rest)) {
        *to = from;
    }
    header
}

fn crc(length: &[u8], rest: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(length), rest), body)
}

/// A record that was found, with the place of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) seq: u64,
    pub(crate) signal: Signal,
    pub(crate) at: Timestamp,
    pub(crate) items: u32,
    /// Up to where the queue was done when it was written.
    pub(crate) done: u64,
    pub(crate) body: Range<usize>,
}

impl Found {
    /// Takes the record out of the bytes in which it was found, without copying its body.
    pub(crate) fn take(self, bytes: &Bytes) -> Queued {
        let body = bytes.slice(self.body);
        let Self { seq, signal, at, items, .. } = self;
        Queued { seq, request: Request { signal, items, at, body } }
    }
}

/// Reads the record at `at`; absent when there is no whole one.
pub(crate) fn read(bytes: &[u8], at: usize) -> Option<Found> {
    let header = bytes.get(at..)?.first_chunk::<HEADER>()?;
    let (length, rest) = header.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    if header.get(MARK_AT..MARK_AT + MARK.len()) != Some(&MARK) {
        return None;
    }
    let from = at.checked_add(HEADER)?;
    let body = from..from.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let (seq, fields) = rest.split_first_chunk::<8>()?;
    let (nanos, fields) = fields.split_first_chunk::<8>()?;
    let (items, fields) = fields.split_first_chunk::<4>()?;
    let signal = match fields.first()? {
        0 => Signal::Traces,
        1 => Signal::Metrics,
        2 => Signal::Logs,
        _ => return None,
    };
    if crc(length, rest, bytes.get(body.clone())?) != u32::from_le_bytes(*sum) {
        return None;
    }
    Some(Found {
        seq: u64::from_le_bytes(*seq),
        signal,
        at: Timestamp::from_nanos(i64::from_le_bytes(*nanos)),
        items: u32::from_le_bytes(*items),
        done: u64::from_le_bytes(*rest.last_chunk()?),
        body,
    })
}

/// Says whether this is the end of a segment: nothing, or what stands behind the last record.
pub(crate) fn is_end(rest: &[u8]) -> bool {
    rest.iter().zip(END).all(|(byte, end)| *byte == end)
}

/// Says whether records stand here that were written to their end, although the first cannot be read,
/// in a segment that begins with the number `first`.
pub(crate) fn is_spoilt(mut rest: &[u8], first: u64) -> bool {
    let mut records = 0;
    while !is_end(rest) {
        // what the file held before shows that the record before it was not finished
        let Some((_, behind)) = skip(rest).filter(|(seq, _)| records == 0 || *seq >= first) else {
            return false;
        };
        (rest, records) = (behind, records + 1);
    }
    records > 0
}

/// Returns the number that a record tells, and what is behind it, without looking at its checksum.
fn skip(rest: &[u8]) -> Option<(u64, &[u8])> {
    let header = rest.first_chunk::<HEADER>()?;
    let (length, fields) = header.split_first_chunk::<4>()?;
    let seq = fields.get(4..)?.first_chunk()?;
    let is_marked = header.get(MARK_AT..MARK_AT + MARK.len()) == Some(&MARK);
    let end = HEADER.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    is_marked.then_some((u64::from_le_bytes(*seq), rest.get(end..)?))
}

/// Looks for the next whole record behind damage, from `at` on.
pub(crate) fn search(bytes: &[u8], at: usize) -> Option<(usize, Found)> {
    (at..bytes.len().saturating_sub(HEADER - 1)).find_map(|at| {
        // the mark sorts out nearly every place before a checksum is made
        let marked = bytes.get(at + MARK_AT..at + MARK_AT + MARK.len()) == Some(&MARK);
        marked.then(|| read(bytes, at)).flatten().map(|found| (at, found))
    })
}

//! Appending: many requests, one write, one sync.

use std::io::{self, IoSlice};

use bellwether_core::queue::{NotQueued, Queued, Request};

use crate::files::File;
use crate::log::{Held, Log, Policy};
use crate::record::{self, HEADER};
use crate::segment::{self, Amount, Segment};

/// Requests that are written together, by their place among those that came together.
#[derive(Default)]
struct Group {
    places: Vec<usize>,
    headers: Vec<[u8; HEADER]>,
    bytes: u64,
}

impl Log {
    /// Appends requests in order. Each `Ok` carries the request's number and is true after a
    /// power cut; what could not be written and synced is an error, and its number is used
    /// again.
    pub fn append(&mut self, requests: &[Request]) -> Vec<Result<u64, NotQueued>> {
        let mut results = Vec::with_capacity(requests.len());
        let mut group = Group::default();
        for (place, request) in requests.iter().enumerate() {
            results.push(Err(NotQueued::Full));
            let Some(size) = record::size(request) else {
                let why = "it is larger than 4 GiB".to_owned();
                set(&mut results, place, Err(NotQueued::Storage(why)));
                continue;
            };
            if self.is_full(&group, size) {
                if self.settings.policy == Policy::Block {
                    self.refused += 1;
                    continue;
                }
                self.commit(&mut group, requests, &mut results);
                self.make_room(size);
            }
            let end = self.active_end();
            if end + group.bytes > 0 && end + group.bytes + size > self.settings.segment {
                self.commit(&mut group, requests, &mut results);
                self.active = None;
            }
            let seq = self.next + group.places.len() as u64;
            group.headers.push(record::header(seq, self.cursor.done(), request));
            group.places.push(place);
            group.bytes += size;
        }
        self.commit(&mut group, requests, &mut results);
        results
    }

    fn is_full(&self, group: &Group, size: u64) -> bool {
        let waiting = self.waiting.bytes + group.bytes;
        waiting > 0 && waiting.saturating_add(size) > self.settings.size
    }

    fn active_end(&self) -> u64 {
        self.segments.back().filter(|_| self.active.is_some()).map_or(0, |it| it.end)
    }

    /// Writes and syncs a group, and only then counts its requests as there.
    fn commit(
        &mut self,
        group: &mut Group,
        requests: &[Request],
        results: &mut [Result<u64, NotQueued>],
    ) {
        let group = std::mem::take(group);
        if group.places.is_empty() {
            return;
        }
        if let Err(error) = self.write(&group, requests) {
            self.abandon();
            let why = self.failed(&error);
            self.refused += group.places.len() as u64;
            for place in group.places {
                set(results, place, Err(why.clone()));
            }
            return;
        }
        self.cursor.stamped(self.cursor.done());
        if std::mem::take(&mut self.failing) {
            tracing::info!(queue = self.settings.name, "queue can be written again");
        }
        for place in group.places {
            if let Some(request) = requests.get(place) {
                let seq = self.next;
                self.next += 1;
                self.add(seq, request);
                set(results, place, Ok(seq));
            }
        }
    }

    /// Writes a group as it lies in memory, without a copy.
    fn write(&mut self, group: &Group, requests: &[Request]) -> io::Result<()> {
        if self.active.is_none() {
            let file = self.begin_segment()?;
            self.files.sync()?;
            self.segments.push_back(Segment { reusable: true, ..Segment::empty(self.next) });
            self.active = Some(file);
        }
        let end = self.active_end();
        let Some(file) = &mut self.active else { return Ok(()) };
        let bodies = group.places.iter().filter_map(|it| requests.get(*it)).map(|it| &it.body);
        let records = group.headers.iter().zip(bodies);
        let mut parts: Vec<IoSlice<'_>> =
            records.flat_map(|(header, body)| [IoSlice::new(header), IoSlice::new(body)]).collect();
        parts.push(IoSlice::new(&record::END));
        file.write(end, &mut parts)?;
        file.sync()
    }

    /// Begins a file for the next segment, over the one that can be spared if there is one.
    fn begin_segment(&mut self) -> io::Result<Box<dyn File>> {
        let name = segment::name(self.next);
        if std::mem::take(&mut self.spare) && self.files.rename(segment::SPARE, &name).is_ok() {
            return self.files.open(&name);
        }
        self.files.create(&name)
    }

    /// Counts a request that is synced, and keeps it in memory if it is what is read next.
    fn add(&mut self, seq: u64, request: &Request) {
        let amount = Amount::of(request.items, request.body.len());
        let caught_up = self.waiting.requests == self.held.len() as u64;
        let room = self.ready.is_empty() || self.ready_bytes + amount.bytes <= self.settings.memory;
        let Some(segment) = self.segments.back_mut() else { return };
        segment.last = seq;
        segment.end += amount.bytes;
        self.waiting.add(amount);
        if caught_up && room {
            self.position = (segment.first, segment.end);
            self.read_to = seq;
            self.ready_bytes += amount.bytes;
            self.held.push_back(Held { seq, amount, at: request.at });
            self.ready.push_back(Queued { seq, request: request.clone() });
        } else {
            segment.unread.add(amount);
        }
    }

    /// Leaves a segment whose end nobody knows after a failed write or sync. What is behind its
    /// last good record does not count, since the next segment begins with that number.
    fn abandon(&mut self) {
        if let (Some(mut file), Some(segment)) = (self.active.take(), self.segments.back_mut()) {
            segment.reusable = false;
            // frees room where it can; nothing depends on it
            let _ = file.cut(segment.end);
            if segment.is_empty() {
                let _ = self.files.remove(&segment::name(segment.first));
                self.segments.pop_back();
            }
        }
    }

    /// Says what a failure means to a sender, and the first of several to the log.
    fn failed(&mut self, error: &io::Error) -> NotQueued {
        if !std::mem::replace(&mut self.failing, true) {
            let queue = &self.settings.name;
            tracing::error!(queue, %error, "queue cannot be written, senders have to wait");
        }
        NotQueued::Storage(error.to_string())
    }

    /// Gives up the oldest segments until there is room. Their files go once that is durable,
    /// which it is with the next append.
    fn make_room(&mut self, size: u64) {
        while self.waiting.bytes > 0 && self.waiting.bytes + size > self.settings.size {
            let done = self.cursor.done();
            let Some(at) = self.segments.iter().position(|it| it.last > done) else { return };
            if at + 1 == self.segments.len() {
                self.active = None;
            }
            let Some(oldest) = self.segments.get_mut(at) else { return };
            let last = oldest.last;
            let mut lost = std::mem::take(&mut oldest.unread);
            while let Some(held) = self.held.pop_front_if(|it| it.seq <= last) {
                lost.add(held.amount);
            }
            while let Some(ready) = self.ready.pop_front_if(|it| it.seq <= last) {
                self.ready_bytes -= Amount::of(0, ready.request.body.len()).bytes;
            }
            self.read_to = self.read_to.max(last);
            self.waiting.subtract(lost);
            *self.dropped.entry("queue_full").or_default() += lost.requests;
            if !std::mem::replace(&mut self.full, true) {
                tracing::warn!(queue = self.settings.name, "queue is full, dropping the oldest");
            }
            self.cursor.advance(last);
        }
    }
}

fn set(results: &mut [Result<u64, NotQueued>], place: usize, result: Result<u64, NotQueued>) {
    if let Some(slot) = results.get_mut(place) {
        *slot = result;
    }
}

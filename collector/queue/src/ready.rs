//! Reading: what is next comes from memory or from segments, and what is done goes.

use std::io;

use bellwether_core::queue::Queued;

use crate::log::{Held, Log};
use crate::segment::{self, Amount, Walk};

/// What an operating system says when a sector cannot be read.
const EIO: i32 = 5;

impl Log {
    /// Hands out the next requests in order, at most [`crate::Settings::batch`]; none when all
    /// were handed out. What is done is synced before, so that after a power cut nothing comes
    /// twice but what the last call handed out.
    pub fn read(&mut self) -> Vec<Queued> {
        self.flush();
        self.fill();
        let mut batch = Vec::new();
        while batch.len() < self.settings.batch
            && let Some(queued) = self.ready.pop_front()
        {
            self.ready_bytes -= Amount::of(0, queued.request.body.len()).bytes;
            batch.push(queued);
        }
        self.fill();
        batch
    }

    /// Says that the destination has everything up to this number, which was handed out.
    pub fn done(&mut self, seq: u64) {
        let handed_out = self.ready.front().map_or(self.read_to, |it| it.seq - 1);
        let seq = seq.min(handed_out);
        if seq <= self.cursor.done() {
            return;
        }
        while let Some(held) = self.held.pop_front_if(|it| it.seq <= seq) {
            self.waiting.subtract(held.amount);
        }
        if self.full && self.waiting.bytes <= self.settings.size / 2 {
            self.full = false;
            tracing::info!(queue = self.settings.name, "queue has room again");
        }
        if let Err(error) = self.cursor.advance(seq) {
            self.tell_cursor(&error);
        }
        self.fill();
    }

    /// Makes what is done survive a power cut and removes segments that nobody needs any more.
    /// A failure is logged; it means that requests may be sent twice.
    pub fn flush(&mut self) {
        match self.cursor.sync() {
            Ok(()) => self.retire(),
            Err(error) => self.tell_cursor(&error),
        }
    }

    fn tell_cursor(&self, error: &io::Error) {
        let queue = &self.settings.name;
        tracing::warn!(queue, %error, "cursor cannot be written; requests may be sent twice");
    }

    /// Removes segments of which everything is done. The cursor must be synced.
    pub(crate) fn retire(&mut self) {
        while let Some(segment) = self.segments.front() {
            let is_active = self.active.is_some() && self.segments.len() == 1;
            let held = self.held.front().is_some_and(|it| it.seq <= segment.last);
            if is_active || held || segment.unread.requests > 0 {
                return;
            }
            let name = segment::name(segment.first);
            let removed = if segment.damaged {
                self.files.rename(&name, &format!("{:020}.damaged", segment.first))
            } else {
                self.files.remove(&name)
            };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let queue = &self.settings.name;
                    tracing::warn!(queue, name, %error, "segment cannot be removed");
                    return;
                }
                _ => drop(self.segments.pop_front()),
            }
        }
    }

    /// Reads the next segment that was not read, if nothing is at hand.
    pub(crate) fn fill(&mut self) {
        self.stuck = false;
        while self.ready.is_empty() {
            let Some(at) = self.segments.iter().position(|it| it.unread.requests > 0) else {
                return;
            };
            if let Err(error) = self.fill_from(at) {
                self.stuck = true;
                let queue = &self.settings.name;
                tracing::error!(queue, %error, "segment cannot be read, trying again");
                return;
            }
        }
    }

    fn fill_from(&mut self, at: usize) -> io::Result<()> {
        let below = self.segments.get(at + 1).map_or(self.next, |it| it.first);
        let Some(segment) = self.segments.get_mut(at) else { return Ok(()) };
        let offset = if self.position.0 == segment.first { self.position.1 } else { 0 };
        let bytes = match segment::load(self.files.as_ref(), segment.first, offset) {
            // it will not come back
            Err(error)
                if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(EIO) =>
            {
                bytes::Bytes::new()
            }
            loaded => loaded?,
        };
        let last = if offset > 0 { self.read_to } else { segment.first.saturating_sub(1) };
        let mut walk = Walk::new(&bytes, last, below);
        let mut read = Amount::default();
        for found in walk.by_ref() {
            if found.seq <= self.read_to {
                continue;
            }
            let queued = found.take(&bytes);
            let request = &queued.request;
            let amount = Amount::of(request.items, request.body.len());
            read.add(amount);
            self.held.push_back(Held { seq: queued.seq, amount, at: request.at });
            self.ready_bytes += amount.bytes;
            self.ready.push_back(queued);
        }
        let mut lost = segment.unread;
        lost.subtract(read);
        segment.unread = Amount::default();
        // found damaged when it was opened: told already
        let news = (walk.damaged || lost.requests > 0) && !segment.damaged;
        segment.damaged |= news;
        let (first, last) = (segment.first, segment.last);
        self.position = (first, segment.end);
        self.read_to = self.read_to.max(last);
        self.waiting.subtract(lost);
        if news || lost.requests > 0 {
            self.tell_damage(first, lost.requests);
        }
        Ok(())
    }
}

//! Reading: what is next comes from memory or from segments, and what is done goes.

use std::io;

use bellwether_core::queue::{Note, Queued};

use crate::log::{Held, Log};
use crate::segment::{self, Amount, Walk};

/// What an operating system says when a sector cannot be read.
const EIO: i32 = 5;

impl Log {
    /// Hands out the next requests in order, at least one and up to so many bytes of them; none
    /// when all were handed out.
    pub fn read(&mut self, bytes: u64) -> Vec<Queued> {
        self.fill();
        let mut batch = Vec::new();
        let mut room = bytes;
        while let Some(queued) = self.ready.front() {
            let size = Amount::of(0, queued.request.body.len()).bytes;
            if size > room && !batch.is_empty() {
                break;
            }
            room = room.saturating_sub(size);
            self.ready_bytes -= size;
            batch.extend(self.ready.pop_front());
        }
        self.fill();
        batch
    }

    /// Says whether there is something to hand out.
    pub fn has_more(&self) -> bool {
        !self.ready.is_empty() || self.segments.iter().any(|it| it.unread.requests > 0)
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
        self.cursor.advance(seq);
        self.skip_lost();
        self.fill();
    }

    /// Keeps notes, and removes what they say is done, like [`Log::done`]. `Ok` is true after a
    /// power cut.
    ///
    /// # Errors
    /// Fails when they cannot be written and synced; only notes that begin anew are taken then.
    pub fn keep(&mut self, notes: &[Note], anew: bool) -> io::Result<()> {
        let done = self.cursor.done();
        let note = |it: &Note| Note { seq: it.seq.max(done), body: it.body.clone() };
        let notes: Vec<Note> = notes.iter().map(note).collect();
        self.notes.write(self.files.as_ref(), &notes, anew)?;
        self.done(notes.last().map_or(0, |it| it.seq));
        Ok(())
    }

    /// Returns the notes that were kept before the queue was opened, once.
    pub fn take_kept(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.kept)
    }

    /// Moves on over what damage cost, when nothing before it waits.
    fn skip_lost(&mut self) {
        if self.held.is_empty() {
            self.cursor.advance(self.read_to);
        }
    }

    /// Makes what is done survive `kill -9`, and a power cut when [`crate::Settings::batch`]
    /// requests are done that would not; removes segments that nobody needs any more. A failure
    /// is logged; it means that requests may be sent twice.
    pub fn tidy(&mut self) {
        let waiting = self.cursor.done() - self.cursor.durable();
        let noted = match waiting >= self.settings.batch {
            true => self.cursor.sync(),
            false => self.cursor.note(),
        };
        self.told_or_retired(noted);
    }

    /// Makes everything that is done survive a power cut, like [`Log::tidy`].
    pub fn flush(&mut self) {
        let synced = self.cursor.sync();
        self.told_or_retired(synced);
    }

    fn told_or_retired(&mut self, cursor: io::Result<()>) {
        if let Err(error) = cursor {
            let queue = &self.settings.name;
            tracing::warn!(queue, %error, "cursor cannot be written; requests may be sent twice");
        }
        self.retire();
    }

    /// Removes segments of which everything is done for good.
    fn retire(&mut self) {
        while let Some(segment) = self.segments.front() {
            let is_active = self.active.is_some() && self.segments.len() == 1;
            let is_done = segment.last <= self.cursor.durable() || segment.is_empty();
            if is_active || !is_done || segment.unread.requests > 0 {
                return;
            }
            let name = segment::name(segment.first);
            let spared = segment.reusable
                && !self.spare
                && segment.end <= self.settings.segment
                && self.files.can_spare(self.settings.segment);
            let removed = if segment.damaged {
                self.files.rename(&name, &format!("{:020}.damaged", segment.first))
            } else if spared {
                self.files.rename(&name, segment::SPARE).inspect(|()| self.spare = true)
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
        let loaded = segment::load(self.files.as_ref(), segment.first, offset, segment.end);
        let bytes = match loaded {
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
        self.skip_lost();
        if news || lost.requests > 0 {
            self.tell_damage(first, lost.requests);
        }
        Ok(())
    }
}

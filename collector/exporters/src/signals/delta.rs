//! Cumulative metrics become delta on their way to destinations that take nothing else.
//!
//! Requests are converted in the order of the queue, and what they changed is noted in it when
//! they are done: a process that is killed goes on from exactly there, and what it sends again is
//! what it sent before.

use std::collections::VecDeque;

use bellwether_core::ingest::Signal;
use bellwether_core::queue::{Note, Queued};
use bellwether_core::time::Timestamp;
use bellwether_otlp::delta::{Change, Converter, LeftOut, Limits};
use bytes::Bytes;
use serde::Serialize;

/// Notes begin anew when those behind the beginning are larger than it, and than this.
const ENOUGH: usize = if cfg!(test) { 2 << 10 } else { 512 << 10 };

/// What series have come to, as it is and as it is kept.
pub(super) struct Deltas {
    converter: Converter,
    /// What requests changed that are not done, in order.
    open: VecDeque<Note>,
    /// How many bytes notes have behind the beginning.
    kept: usize,
    /// How many the beginning has.
    beginning: usize,
    /// Whether notes have to begin anew, which they can while nothing is on its way.
    anew: bool,
    keeping: bool,
}

impl Deltas {
    /// Goes on from what was kept; `Err` says besides why that cannot be.
    pub(super) fn open(
        limits: Limits,
        kept: &[Note],
        now: Timestamp,
    ) -> (Self, Result<(), String>) {
        let restored = restore(limits, kept);
        let well = restored.as_ref().map(|_| ()).map_err(Clone::clone);
        let known = restored.ok().flatten();
        let anew = known.is_none();
        let sizes = || kept.iter().map(|it| it.body.len());
        let deltas = Self {
            converter: known.unwrap_or_else(|| Converter::new(limits, nanos(now))),
            open: VecDeque::new(),
            kept: sizes().skip(1).sum(),
            beginning: sizes().next().unwrap_or_default(),
            anew,
            keeping: false,
        };
        (deltas, well)
    }

    /// Knows as many series from now on.
    pub(super) fn refit(&mut self, limits: Limits) {
        self.converter.set_limits(limits);
    }

    /// Says whether requests may be converted now.
    pub(super) fn takes_more(&self) -> bool {
        !self.anew
    }

    /// Converts a request that was taken from the queue.
    pub(super) fn convert(&mut self, queued: &mut Queued) -> LeftOut {
        let request = &mut queued.request;
        if request.signal != Signal::Metrics {
            return LeftOut::default();
        }
        // the time of the request and not ours, so that it is the same when it comes again
        let at = nanos(request.at);
        let converted = self.converter.convert(&request.body, at);
        if let Some(change) = self.converter.change(at) {
            self.open.push_back(Note { seq: queued.seq, body: written(&change) });
        }
        if converted.left_out.total() > 0 {
            request.items = u32::try_from(converted.items).unwrap_or(u32::MAX);
        }
        request.body = converted.body;
        converted.left_out
    }

    /// Returns what has to be kept before everything up to `settled` may count as done, and
    /// whether it begins anew; `idle` says that nothing behind it was taken.
    pub(super) fn owes(&mut self, settled: u64, idle: bool) -> Option<(Vec<Note>, bool)> {
        if self.keeping || (self.anew && !idle) {
            return None;
        }
        let mut notes = Vec::new();
        while let Some(note) = self.open.pop_front_if(|it| it.seq <= settled) {
            notes.push(note);
        }
        if self.anew {
            let body = written(&self.converter.save());
            (self.beginning, self.kept) = (body.len(), 0);
            notes = vec![Note { seq: settled, body }];
        }
        self.kept += notes.iter().map(|it| it.body.len()).sum::<usize>();
        self.keeping = !notes.is_empty();
        self.keeping.then_some((notes, self.anew))
    }

    /// Says whether everything is kept that has to be before `settled` may count as done.
    pub(super) fn is_kept(&self, settled: u64) -> bool {
        !self.keeping && !self.anew && self.open.front().is_none_or(|it| it.seq > settled)
    }

    /// Learns what became of what had to be kept.
    pub(super) fn was_kept(&mut self, well: bool) {
        self.keeping = false;
        self.anew = !well || self.kept > ENOUGH.max(2 * self.beginning);
    }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.nanos()).unwrap_or_default()
}

/// Writes plain numbers, which cannot fail; what could not be written would be found at the start.
fn written(it: &impl Serialize) -> Bytes {
    serde_json::to_vec(it).unwrap_or_default().into()
}

/// Makes the converter that left these notes; nothing when there are none.
fn restore(limits: Limits, kept: &[Note]) -> Result<Option<Converter>, String> {
    let Some((first, changes)) = kept.split_first() else { return Ok(None) };
    let unreadable = |error: serde_json::Error| error.to_string();
    let saved = serde_json::from_slice(&first.body).map_err(unreadable)?;
    let mut converter = Converter::restore(limits, saved);
    for note in changes {
        let change: Change = serde_json::from_slice(&note.body).map_err(unreadable)?;
        converter.apply(change);
    }
    Ok(Some(converter))
}

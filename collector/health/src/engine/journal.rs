//! What came since all that is known was written down, a page for each evaluation.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use bellwether_core::facts::Traffic;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::archive::{self, Packer, Reader, unpack};
use crate::evidence::traffic;
use crate::indicators::{Indicators, Notes, memory};
use crate::observe::Harvest;
use crate::shapes;

/// How often all that is known is written down; then the journal begins anew.
const BEGIN_EVERY: Duration = Duration::from_secs(60);

/// A journal with so many bytes begins anew before that.
const MOST: usize = 64 << 20;

/// A collector that was away for longer begins to expect anew what should come.
const MOMENTS: Duration = Duration::from_secs(120);

/// The snapshot that says when the journal began.
const COVER: &str = "journal";

/// What the names of its pages begin with.
const PAGE: &str = "journal:";

/// What a record of a page is.
#[derive(Serialize, Deserialize)]
enum Entry {
    /// What one observer counted follows.
    Counted,
    /// Requests.
    Requests,
    /// What was too old at a time was forgotten then.
    Forgot,
}

/// The journal.
#[derive(Debug, Default)]
pub(super) struct Journal {
    begun: Option<Timestamp>,
    pages: u32,
    /// How many bytes the pages have.
    bytes: usize,
    /// What is not written down yet,
    noted: Notes,
    /// and whether there is anything of which it has to be.
    came: bool,
    /// The names of all that is written down.
    names: BTreeSet<String>,
    /// What was left out since it began, and between the two times before that.
    left_out: [usize; 2],
}

/// What was recalled beside the indicators.
#[derive(Default)]
pub(super) struct Recalled {
    /// Since when what should come could have come.
    pub(super) expected_since: Option<Timestamp>,
    /// What requests met.
    pub(super) met: Vec<traffic::Written>,
    /// What operations usually have below them.
    pub(super) shapes: Vec<shapes::Written>,
    /// Requests that came since, with when.
    pub(super) requests: Vec<(Timestamp, Vec<Traffic>)>,
}

impl Journal {
    /// Goes on after what is written down, which is written anew with the next evaluation.
    pub(super) fn anew(&mut self) -> Self {
        let names = std::mem::take(&mut self.names);
        Self { names, left_out: self.left_out, ..Self::default() }
    }

    /// Keeps what was counted for the next page; it is about to be taken in.
    pub(super) fn note(&mut self, indicators: &Indicators, harvest: &Harvest) {
        for crop in &harvest.crops {
            self.noted.note(&Entry::Counted);
            indicators.note(crop, &mut self.noted);
        }
        for it in &harvest.traffic {
            self.noted.put(&(Entry::Requests, it));
        }
        self.came |= !harvest.crops.is_empty() || !harvest.traffic.is_empty();
    }

    /// Keeps for the next page that what is too old by now was forgotten.
    pub(super) fn forgot(&mut self, now: Timestamp) {
        self.noted.note(&(Entry::Forgot, now));
    }

    /// Says whether it is time to write down all that is known.
    pub(super) fn is_full(&self, now: Timestamp) -> bool {
        self.bytes >= MOST || self.begun.is_none_or(|it| now.since(it) >= BEGIN_EVERY)
    }

    /// Begins anew, because all that is known is written down: these snapshots, and since when what
    /// should come could have come. Adds what is no longer needed, to be taken away.
    pub(super) fn begin(
        &mut self,
        all: &mut Vec<Snapshot>,
        expected_since: Timestamp,
        packer: &mut Packer,
        now: Timestamp,
    ) {
        let mut cover = Vec::new();
        archive::write(&expected_since, &mut cover);
        let body = packer.pack(&cover);
        all.extend(body.map(|it| Snapshot {
            name: COVER.to_owned(),
            at: now,
            body: Some(it.into()),
        }));
        let names = all.iter().map(|it| it.name.clone()).collect();
        let before = std::mem::replace(&mut self.names, names);
        let old = before.into_iter().filter(|it| !self.names.contains(it));
        all.extend(old.map(|name| Snapshot { name, at: now, body: None }));
        self.left_out = [self.noted.left_out, self.left_out[0]];
        (self.begun, self.pages, self.bytes) = (Some(now), 0, 0);
        self.turn(now);
    }

    /// Begins a page.
    fn turn(&mut self, begun: Timestamp) {
        self.noted = Notes::new(&begun);
        self.came = false;
    }

    /// Writes a page about what came since the one before, if anything did.
    pub(super) fn page(&mut self, now: Timestamp) -> Option<Snapshot> {
        let begun = self.begun.filter(|_| self.came)?;
        let body = Packer::new()?.pack(self.noted.records())?;
        let name = format!("{PAGE}{}", self.pages);
        self.pages += 1;
        self.bytes += body.len();
        self.left_out[0] += self.noted.left_out;
        self.names.insert(name.clone());
        self.turn(begun);
        Some(Snapshot { name, at: now, body: Some(body.into()) })
    }

    /// Returns how much of what came lately there was no room for.
    pub(super) fn left_out(&self) -> usize {
        self.left_out.iter().sum()
    }

    /// Goes on from what was written down, and returns what stands there beside the indicators. It
    /// begins anew with the next evaluation.
    pub(super) fn recall(
        &mut self,
        indicators: &mut Indicators,
        snapshots: &[Snapshot],
        now: Timestamp,
    ) -> Option<Recalled> {
        let mine: Vec<&Snapshot> = snapshots.iter().filter(|it| is_mine(&it.name)).collect();
        self.names = mine.iter().map(|it| it.name.clone()).collect();
        let cover = *mine.iter().find(|it| it.name == COVER)?;
        let expected_since = unpack(cover.body.as_deref()).and_then(|it| Reader::new(&it).next());
        let mut recalled = Recalled { expected_since, ..Recalled::default() };
        // what was left from the time before is of no use
        let whole = || mine.iter().filter(|it| it.at == cover.at).copied();
        indicators.recall(whole());
        indicators.watched_since(recalled.expected_since.unwrap_or(now));
        recalled.met = all(whole(), traffic::PREFIX);
        recalled.shapes = all(whole(), shapes::PREFIX);
        let mut newest = cover.at;
        for snapshot in pages(&mine) {
            let Some(records) = unpack(snapshot.body.as_deref()) else { continue };
            let mut reader = Reader::new(&records);
            if reader.next() != Some(cover.at) {
                continue;
            }
            newest = snapshot.at;
            recalled.requests.push((snapshot.at, replay(&mut reader, indicators)));
        }
        if now.since(newest) > MOMENTS {
            recalled.expected_since = None;
        }
        indicators.watched_since(recalled.expected_since.unwrap_or(now));
        Some(recalled)
    }
}

fn is_mine(name: &str) -> bool {
    let prefixes = [PAGE, memory::GROUPS, memory::SERIES, traffic::PREFIX, shapes::PREFIX];
    name == COVER || prefixes.iter().any(|it| name.starts_with(it))
}

/// Reads all records of one kind.
fn all<'s, T: for<'de> Deserialize<'de>>(
    snapshots: impl Iterator<Item = &'s Snapshot>,
    prefix: &str,
) -> Vec<T> {
    let mut all = Vec::new();
    for snapshot in snapshots.filter(|it| it.name.starts_with(prefix)) {
        let records = unpack(snapshot.body.as_deref()).unwrap_or_default();
        let mut reader = Reader::new(&records);
        all.extend(std::iter::from_fn(|| reader.next()));
    }
    all
}

/// Returns the pages in their order.
fn pages<'s>(mine: &[&'s Snapshot]) -> impl Iterator<Item = &'s Snapshot> {
    let number = |it: &&'s Snapshot| Some((it.name.strip_prefix(PAGE)?.parse::<u32>().ok()?, *it));
    mine.iter().filter_map(number).collect::<BTreeMap<_, _>>().into_values()
}

/// Does again what stands on a page, and returns the requests of it.
fn replay(reader: &mut Reader<'_>, indicators: &mut Indicators) -> Vec<Traffic> {
    let (mut requests, mut numbers) = (Vec::new(), HashMap::new());
    while let Some(entry) = reader.next() {
        let done = match entry {
            Entry::Counted => indicators.recount(reader, &mut numbers),
            Entry::Requests => reader.next().map(|it| requests.push(it)),
            Entry::Forgot => reader.next().map(|at| indicators.forget(at)),
        };
        if done.is_none() {
            break;
        }
    }
    requests
}

#[cfg(test)]
mod tests;

//! What was counted in one evaluation, written down each time, so that a crash costs no counts
//! between two snapshots of all that is known.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bellwether_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Indicators, Slot};
use crate::archive::{self, Bytes, Reader};
use crate::observe::{Cell, Crop, Growth, PointValue, Series};
use crate::plan::QueryId;

/// More bytes of one evaluation are not written down.
const MOST: usize = 16 << 20;

/// What was noted and is not written down yet. Bounded.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    records: Vec<u8>,
    /// Queries of which it is noted what they ask.
    queries: BTreeSet<QueryId>,
    /// What there was no room for.
    pub(crate) left_out: usize,
}

/// What a record of what was counted is.
#[derive(Serialize, Deserialize)]
enum What {
    /// The number of a query, and what it asks.
    Query,
    /// Cells: the query, the group, the newest time, and the slots.
    Count,
    Amount,
    Summary,
    Distribution,
    /// A point of a series that counts from a start.
    Growth,
    /// Nothing more was counted by this observer.
    End,
}

/// A point of a series that counts from a start; `V` is its value.
#[derive(Serialize, Deserialize)]
struct Grew<'a, V> {
    query: u32,
    #[serde(borrow)]
    group: Bytes<'a>,
    slot: u32,
    at: Timestamp,
    bad: bool,
    /// Whether it counts, and is not only the point that the next is held against.
    counts: bool,
    series: u128,
    start: Timestamp,
    value: V,
}

impl Notes {
    /// Begins with a record.
    pub(crate) fn new(head: &impl Serialize) -> Self {
        let mut notes = Self::default();
        notes.note(head);
        notes
    }

    /// Adds a record by which others are read.
    pub(crate) fn note(&mut self, record: &impl Serialize) {
        archive::write(record, &mut self.records);
    }

    /// Adds a record, if there is room.
    pub(crate) fn put(&mut self, record: &impl Serialize) {
        if self.records.len() < MOST {
            self.note(record);
        } else {
            self.left_out += 1;
        }
    }

    /// Returns all records.
    pub(crate) fn records(&self) -> &[u8] {
        &self.records
    }

    fn query(&mut self, id: QueryId, asks: &[u64]) {
        if self.queries.insert(id)
            && let Some(asks) = asks.get(id.get())
        {
            self.note(&(What::Query, id.0, asks));
        }
    }
}

impl Indicators {
    /// Notes what was counted by one observer, which is about to be taken in.
    pub(crate) fn note(&self, crop: &Crop, notes: &mut Notes) {
        let counts = |query: &QueryId| !self.spared.contains(query);
        self.cells(&What::Count, crop.counts.iter().filter(|it| counts(&it.query)), notes);
        self.cells(&What::Amount, crop.amounts.iter().filter(|it| counts(&it.query)), notes);
        self.cells(&What::Summary, crop.summaries.iter(), notes);
        self.cells(&What::Distribution, crop.distributions.iter(), notes);
        for growth in &crop.growths {
            notes.query(growth.query, &self.asks);
            notes.put(&(What::Growth, Grew::of(growth, counts(&growth.query))));
        }
        notes.note(&What::End);
    }

    fn cells<'c, S: Slot + Serialize + 'c>(
        &self,
        what: &What,
        cells: impl Iterator<Item = &'c Cell<S>>,
        notes: &mut Notes,
    ) {
        for Cell { query, group, newest, slots, .. } in cells {
            notes.query(*query, &self.asks);
            notes.put(&(what, query.0, Bytes(group), newest, slots.as_slice()));
        }
    }

    /// Counts again what was noted of one observer, where it is still asked. `numbers` are those of
    /// the queries of this page, as far as it was read.
    pub(crate) fn recount(
        &mut self,
        reader: &mut Reader<'_>,
        numbers: &mut HashMap<u32, QueryId>,
    ) -> Option<()> {
        let mut crop = Crop::default();
        let mut growths = Vec::new();
        loop {
            match reader.next()? {
                What::Query => {
                    let (number, asks): (u32, u64) = reader.next()?;
                    let found = self.asks.iter().position(|it| *it == asks);
                    let id = found.and_then(|it| u32::try_from(it).ok()).map(QueryId);
                    numbers.extend(id.map(|id| (number, id)));
                }
                What::Count => crop.counts.extend(cell(reader, numbers)?),
                What::Amount => crop.amounts.extend(cell(reader, numbers)?),
                What::Summary => crop.summaries.extend(cell(reader, numbers)?),
                What::Distribution => crop.distributions.extend(cell(reader, numbers)?),
                What::Growth => {
                    let grew: Grew<'_, PointValue> = reader.next()?;
                    growths.extend(grew.growth(numbers));
                }
                What::End => break,
            }
        }
        self.take(&crop);
        growths.iter().for_each(|(growth, counts)| self.grow(growth, *counts));
        Some(())
    }
}

/// Reads a cell; nothing inside when its query is not asked any more.
fn cell<S: Slot + DeserializeOwned>(
    reader: &mut Reader<'_>,
    numbers: &HashMap<u32, QueryId>,
) -> Option<Option<Cell<S>>> {
    let (number, Bytes(group), newest, slots): (u32, _, _, Vec<(u32, S)>) = reader.next()?;
    let cell = |query: &QueryId| {
        let slots = SmallVec::from_vec(slots);
        Cell { query: *query, group: group.into(), newest, slots, example: None }
    };
    Some(numbers.get(&number).map(cell))
}

impl<'a> Grew<'a, &'a PointValue> {
    fn of(growth: &'a Growth, counts: bool) -> Self {
        let Growth { query, group, slot, at, bad, series, value } = growth;
        let (slot, at, bad) = (*slot, *at, *bad);
        let Series { key: series, start } = *series;
        Self { query: query.0, group: Bytes(group), slot, at, bad, counts, series, start, value }
    }
}

impl Grew<'_, PointValue> {
    fn growth(self, numbers: &HashMap<u32, QueryId>) -> Option<(Growth, bool)> {
        let Self { query, group: Bytes(group), slot, at, bad, counts, series, start, value } = self;
        let query = *numbers.get(&query)?;
        let series = Series { key: series, start };
        let group = Arc::from(group);
        Some((Growth { query, group, slot, at, bad, series, value }, counts))
    }
}

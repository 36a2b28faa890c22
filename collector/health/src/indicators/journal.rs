//! What was counted in one evaluation, written down each time, so that a crash costs no counts
//! between two snapshots of all that is known.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::memory::name;
use super::{Amount, Count, Distribution, Indicators, Slot, Summary};
use crate::observe::{Cell, Crop, Growth, PointValue, Series};
use crate::plan::QueryId;

/// Of queries with more groups in one evaluation than this nothing is noted: it would be megabytes
/// a minute.
const MOST_GROUPS: usize = 100;

/// What was counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// What the queries ask that numbers stand for.
    queries: BTreeMap<u32, String>,
    counts: Vec<Line<Count>>,
    amounts: Vec<Line<Amount>>,
    summaries: Vec<Line<Summary>>,
    distributions: Vec<Line<Distribution>>,
    growths: Vec<Grew>,
}

/// A cell: its query, its group, the newest time, and its slots.
type Line<S> = (u32, Box<[u8]>, Timestamp, Vec<(u32, S)>);

/// A point of a series that counts from a start.
#[derive(Debug, Serialize, Deserialize)]
struct Grew {
    query: u32,
    group: Box<[u8]>,
    slot: u32,
    at: Timestamp,
    bad: bool,
    /// The series' key, in two halves.
    series: (u64, u64),
    start: Timestamp,
    value: PointValue,
}

impl Noted {
    pub(crate) fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }
}

impl Indicators {
    /// Writes down what was counted.
    pub(crate) fn note(&self, crops: &[Crop]) -> Noted {
        let mut groups: HashMap<QueryId, usize> = HashMap::new();
        for crop in crops {
            let counts = crop.counts.iter().map(|it| it.query);
            let amounts = crop.amounts.iter().map(|it| it.query);
            let summaries = crop.summaries.iter().map(|it| it.query);
            let distributions = crop.distributions.iter().map(|it| it.query);
            let growths = crop.growths.iter().map(|it| it.query);
            let values = summaries.chain(distributions).chain(growths);
            counts.chain(amounts).chain(values).for_each(|it| *groups.entry(it).or_default() += 1);
        }
        groups.retain(|id, count| *count <= MOST_GROUPS && !self.spared.contains(id));
        let of = |id: &QueryId| Some((id.0, name(self.plan.query(*id)?)));
        let mut noted =
            Noted { queries: groups.keys().filter_map(of).collect(), ..Noted::default() };
        for crop in crops {
            lines(&mut noted.counts, &crop.counts, &noted.queries);
            lines(&mut noted.amounts, &crop.amounts, &noted.queries);
            lines(&mut noted.summaries, &crop.summaries, &noted.queries);
            lines(&mut noted.distributions, &crop.distributions, &noted.queries);
            let mine = crop.growths.iter().filter(|it| noted.queries.contains_key(&it.query.0));
            noted.growths.extend(mine.map(Grew::of));
        }
        noted
    }

    /// Counts again what was written down, where it is still asked.
    pub(crate) fn recount(&mut self, noted: Noted) {
        let mut ids: HashMap<u32, QueryId> = HashMap::new();
        for (number, asks) in &noted.queries {
            let mut all = (0..).map(QueryId).zip(self.plan.queries());
            if let Some((id, _)) = all.find(|it| name(it.1) == *asks) {
                ids.insert(*number, id);
            }
        }
        let crop = Crop {
            counts: cells(noted.counts, &ids),
            amounts: cells(noted.amounts, &ids),
            summaries: cells(noted.summaries, &ids),
            distributions: cells(noted.distributions, &ids),
            growths: noted.growths.into_iter().filter_map(|it| it.growth(&ids)).collect(),
            ..Crop::default()
        };
        self.take(&crop);
    }
}

fn lines<S: Clone>(to: &mut Vec<Line<S>>, cells: &[Cell<S>], of: &BTreeMap<u32, String>) {
    let mine = cells.iter().filter(|it| of.contains_key(&it.query.0));
    to.extend(mine.map(|it| (it.query.0, it.group.clone(), it.newest, it.slots.to_vec())));
}

fn cells<S: Slot>(lines: Vec<Line<S>>, ids: &HashMap<u32, QueryId>) -> Vec<Cell<S>> {
    let cell = |(query, group, newest, slots): Line<S>| {
        let (query, slots) = (*ids.get(&query)?, SmallVec::from_vec(slots));
        Some(Cell { query, group, newest, slots, example: None })
    };
    lines.into_iter().filter_map(cell).collect()
}

impl Grew {
    fn of(growth: &Growth) -> Self {
        let key = growth.series.key;
        Self {
            query: growth.query.0,
            group: (&*growth.group).into(),
            slot: growth.slot,
            at: growth.at,
            bad: growth.bad,
            series: ((key >> 64) as u64, key as u64),
            start: growth.series.start,
            value: growth.value.clone(),
        }
    }

    fn growth(self, ids: &HashMap<u32, QueryId>) -> Option<Growth> {
        let Self { query, group, slot, at, bad, series: (high, low), start, value } = self;
        let key = u128::from(high) << 64 | u128::from(low);
        let query = *ids.get(&query)?;
        let series = Series { key, start };
        Some(Growth { query, group: Arc::from(&*group), slot, at, bad, series, value })
    }
}

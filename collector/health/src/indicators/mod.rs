//! Numbers worked out from signals over windows of event time.

mod example;
mod groups;
mod growth;
mod journal;
pub(crate) mod memory;
mod packed;
mod reading;
mod rhythm;
mod sketch;
mod slot;
mod window;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::time::Timestamp;

pub(crate) use self::example::Example;
use self::groups::Groups;
use self::growth::{Grown, SeriesBook};
pub(crate) use self::journal::Notes;
pub use self::reading::{GroupReading, Reading};
use self::rhythm::Rhythm;
pub use self::rhythm::UsualPause;
pub(crate) use self::sketch::code;
pub use self::sketch::{RELATIVE_ERROR, Sketch};
pub(crate) use self::slot::{Amount, Count, Slot};
pub use self::slot::{Distribution, Summary, Tally};
pub(crate) use self::window::{Grain, Slots, second};
use crate::observe::{Cell, Crop, Growth, Harvest};
use crate::plan::{Plan, Planned, QueryId};
use crate::query::Measure;

/// Series of which nothing came for this long are forgotten.
const FORGET_SERIES: Duration = Duration::from_secs(3_600);

/// The groups and windows of all queries of a plan.
#[derive(Debug)]
pub struct Indicators {
    plan: Arc<Plan>,
    /// What each query asks, as it is written down.
    asks: Vec<u64>,
    tables: Vec<Table>,
    series: SeriesBook,
    told: Told,
    /// Queries for which nothing counts now.
    spared: BTreeSet<QueryId>,
}

/// What is known of one query.
#[derive(Debug)]
struct Table {
    groups: Kind,
    learns_rhythms: bool,
    rhythms: HashMap<Box<[u8]>, Rhythm>,
    unit: Option<Box<str>>,
    /// Signals of groups for which there was no room, since the beginning.
    overflow: u64,
    /// Signals of which it could not be told whether they are bad, since the beginning, and when
    /// the newest came.
    untold: Option<(u64, Timestamp)>,
    /// Rises when something comes, or is forgotten.
    version: u64,
}

/// The groups of a query, by what it measures.
#[derive(Debug)]
enum Kind {
    Counts(Groups<Count>),
    Amounts(Groups<Amount>),
    Summaries(Groups<Summary>),
    Distributions(Groups<Distribution>),
}

/// What was left out for want of room, since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Signals of groups beyond the bound of their query.
    pub overflow: u64,
    /// Points of cumulative series beyond the bound.
    pub lost_points: u64,
}

impl Indicators {
    /// Begins with nothing. Series that start later than `now` are known from their start.
    pub fn new(plan: Arc<Plan>, now: Timestamp) -> Self {
        let tables = plan.queries().iter().map(Table::new).collect();
        let (told, spared) = (Told::default(), BTreeSet::new());
        let asks = plan.queries().iter().map(memory::asks).collect();
        Self { plan, asks, tables, series: SeriesBook::new(now), told, spared }
    }

    /// Goes on with what was counted for the queries of another plan, where they are the same.
    pub(crate) fn inherit(&mut self, from: &mut Self) {
        let same = |one: &Planned, other: &Planned| {
            one.query.windows == other.query.windows
                && one.query.identity() == other.query.identity()
        };
        let old: Vec<QueryId> = (0..).map(QueryId).take(from.plan.queries().len()).collect();
        let mut now: HashMap<QueryId, QueryId> = HashMap::new();
        for (id, planned) in (0..).map(QueryId).zip(self.plan.queries()) {
            let before = old.iter().zip(from.plan.queries()).find(|it| same(it.1, planned));
            let Some((before, _)) = before else { continue };
            now.insert(*before, id);
            let tables = (self.tables.get_mut(id.get()), from.tables.get_mut(before.get()));
            if let (Some(table), Some(before)) = tables {
                std::mem::swap(table, before);
            }
        }
        self.series.inherit(&mut from.series, &now);
        self.told = from.told;
    }

    /// Takes in what observers counted.
    pub fn absorb(&mut self, harvest: &Harvest) {
        for crop in &harvest.crops {
            self.take(crop);
            for (id, count) in &crop.untold {
                let Some(table) = self.tables.get_mut(id.get()) else { continue };
                table.version += 1;
                table.untold.get_or_insert_default().0 += count;
                table.untold = table.untold.map(|(count, _)| (count, harvest.at));
            }
        }
    }

    /// Does not count what comes for these queries from now on.
    pub fn spare(&mut self, queries: BTreeSet<QueryId>) {
        self.spared = queries;
    }

    fn take(&mut self, crop: &Crop) {
        let Self { tables, told, spared, .. } = self;
        for cell in crop.counts.iter().filter(|it| !spared.contains(&it.query)) {
            add(tables, told, cell, |it| if let Kind::Counts(it) = it { Some(it) } else { None });
        }
        for cell in crop.amounts.iter().filter(|it| !spared.contains(&it.query)) {
            add(tables, told, cell, |it| if let Kind::Amounts(it) = it { Some(it) } else { None });
        }
        for cell in &crop.summaries {
            add(
                tables,
                told,
                cell,
                |it| {
                    if let Kind::Summaries(it) = it { Some(it) } else { None }
                },
            );
        }
        for cell in &crop.distributions {
            add(
                tables,
                told,
                cell,
                |it| {
                    if let Kind::Distributions(it) = it { Some(it) } else { None }
                },
            );
        }
        for (id, unit) in &crop.units {
            if let Some(table) = tables.get_mut(id.get()) {
                table.version += 1;
                table.unit = Some(unit.clone());
            }
        }
        for (id, count) in &crop.overflow {
            overflow(tables, told, *id, *count);
        }
        told.lost_points += crop.lost;
        for growth in &crop.growths {
            let counts = !self.spared.contains(&growth.query);
            self.grow(growth, counts);
        }
    }

    /// Adds what a series grew by since its point before, if that counts.
    fn grow(&mut self, growth: &Growth, counts: bool) {
        let value = match self.series.add(growth) {
            Grown::By(value) => Some(value),
            Grown::Unknown => None,
            Grown::NoRoom => {
                self.told.lost_points += 1;
                return;
            }
        };
        let Some(table) = self.tables.get_mut(growth.query.get()) else { return };
        table.version += 1;
        let room = table.groups.touch(&growth.group, growth.at);
        if !room {
            overflow(&mut self.tables, &mut self.told, growth.query, 1);
            return;
        }
        // a first point says that the series is there, though not how much it grew; and how much one
        // that does not count grew must not count with the next point either
        let Some(value) = value.filter(|_| counts) else { return };
        let (group, slot) = (&growth.group, growth.slot);
        match &mut table.groups {
            Kind::Counts(_) => {}
            Kind::Amounts(groups) => {
                let mut amount = Amount::default();
                amount.add(value.amount(), growth.bad);
                groups.add_slot(group, slot, &amount);
            }
            Kind::Summaries(groups) => {
                let mut summary = Summary::default();
                value.add_to_summary(&mut summary, growth.at);
                groups.add_slot(group, slot, &summary);
            }
            Kind::Distributions(groups) => {
                let mut distribution = Distribution::default();
                value.add_to(&mut distribution, growth.at);
                groups.add_slot(group, slot, &distribution);
            }
        }
    }

    /// Forgets groups and series of which nothing came for long.
    pub fn forget(&mut self, now: Timestamp) {
        for table in &mut self.tables {
            let before = table.groups.len();
            match &mut table.groups {
                Kind::Counts(groups) => groups.forget(now),
                Kind::Amounts(groups) => groups.forget(now),
                Kind::Summaries(groups) => groups.forget(now),
                Kind::Distributions(groups) => groups.forget(now),
            }
            table.version += u64::from(table.groups.len() != before);
        }
        self.series.forget(now.minus(FORGET_SERIES));
    }

    /// Returns a number that changes when what is known of a query does.
    pub(crate) fn version(&self, id: QueryId) -> u64 {
        self.tables.get(id.get()).map_or(0, |it| it.version)
    }

    /// Returns what was left out for want of room.
    pub fn told(&self) -> Told {
        self.told
    }

    /// Returns how many groups of all queries are remembered.
    pub fn groups(&self) -> usize {
        self.tables.iter().map(|it| it.groups.len()).sum()
    }

    /// Returns how many cumulative series are followed.
    pub fn series(&self) -> usize {
        self.series.len()
    }
}

impl Table {
    fn new(planned: &Planned) -> Self {
        let query = &planned.query;
        let (windows, most, after) = (&query.windows, query.most_groups, query.forget_after);
        let grain = planned.grain;
        let groups = match &query.measure {
            Measure::Count(_) | Measure::Customers(_) => {
                Kind::Counts(Groups::new(windows, grain, most, after))
            }
            Measure::Amount(_) => Kind::Amounts(Groups::new(windows, grain, most, after)),
            Measure::Summary(_) => Kind::Summaries(Groups::new(windows, grain, most, after)),
            Measure::Distribution(_) => {
                Kind::Distributions(Groups::new(windows, grain, most, after))
            }
        };
        Self {
            groups,
            learns_rhythms: query.rhythm,
            rhythms: HashMap::new(),
            unit: None,
            overflow: 0,
            untold: None,
            version: 0,
        }
    }
}

impl Kind {
    fn len(&self) -> usize {
        match self {
            Self::Counts(groups) => groups.len(),
            Self::Amounts(groups) => groups.len(),
            Self::Summaries(groups) => groups.len(),
            Self::Distributions(groups) => groups.len(),
        }
    }

    /// Notes that something came of a group; says whether there was room for it.
    fn touch(&mut self, group: &[u8], at: Timestamp) -> bool {
        match self {
            Self::Counts(groups) => groups.touch(group, at),
            Self::Amounts(groups) => groups.touch(group, at),
            Self::Summaries(groups) => groups.touch(group, at),
            Self::Distributions(groups) => groups.touch(group, at),
        }
    }
}

/// Adds a cell to the groups of its query, which are of the kind that `of` picks.
fn add<S: Slot>(
    tables: &mut [Table],
    told: &mut Told,
    cell: &Cell<S>,
    of: impl FnOnce(&mut Kind) -> Option<&mut Groups<S>>,
) {
    let Some(table) = tables.get_mut(cell.query.get()) else { return };
    table.version += 1;
    let Some(groups) = of(&mut table.groups) else { return };
    if !groups.add(cell) {
        overflow(tables, told, cell.query, 1);
    } else if let Some(rhythm) = table.rhythms.get_mut(&cell.group) {
        rhythm.saw(cell.newest);
    } else if table.learns_rhythms {
        table.rhythms.insert(cell.group.clone(), Rhythm::new(cell.newest));
    }
}

fn overflow(tables: &mut [Table], told: &mut Told, id: QueryId, count: u64) {
    told.overflow += count;
    if let Some(table) = tables.get_mut(id.get()) {
        table.version += 1;
        table.overflow += count;
    }
}

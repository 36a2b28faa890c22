//! What of indicators survives a restart: windows, series, and what was learnt.

use std::collections::HashMap;

use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::groups::{Group, Groups};
use super::growth::SeriesBook;
use super::rhythm::Rhythm;
use super::{Indicators, Kind, Slot, Table};
use crate::archive::{Bytes, Packer, Parts, Reader, unpack};
use crate::plan::{Planned, QueryId};

/// What the names of snapshots of a query's groups begin with,
pub(crate) const GROUPS: &str = "indicator:";

/// and those of snapshots of series.
pub(crate) const SERIES: &str = "series:";

/// What a record about a query's groups is.
#[derive(Serialize, Deserialize)]
enum What {
    /// A group: its key and its windows.
    Group,
    /// When signals of a group usually come: its key and its rhythm.
    Rhythm,
    /// The unit of what is measured.
    Unit,
}

impl Indicators {
    /// Writes down what has to survive.
    pub(crate) fn remember(&self, packer: &mut Packer, now: Timestamp) -> Vec<Snapshot> {
        let mut all = Vec::new();
        for (asks, table) in self.asks.iter().zip(&self.tables) {
            let mut parts = Parts::new(packer, format!("{GROUPS}{asks:016x}:"), now);
            table.write(&mut parts);
            all.extend(parts.finish());
        }
        let mut parts = Parts::new(packer, SERIES.to_owned(), now);
        self.series.write(&mut parts, |id| self.asks.get(id.get()).copied());
        all.extend(parts.finish());
        all
    }

    /// Goes on as if it had watched since then.
    pub(crate) fn watched_since(&mut self, since: Timestamp) {
        self.series.watched_since(since);
    }

    /// Goes on from what was written down, where it is still asked.
    pub(crate) fn recall<'s>(&mut self, snapshots: impl Iterator<Item = &'s Snapshot>) {
        let ids = self.ids();
        for snapshot in snapshots {
            let series = snapshot.name.starts_with(SERIES);
            let table = table_of(&snapshot.name).and_then(|asks| ids.get(&asks));
            let table = table.and_then(|id| self.tables.get_mut(id.get()));
            if !series && table.is_none() {
                continue;
            }
            let Some(records) = unpack(snapshot.body.as_deref()) else { continue };
            let mut reader = Reader::new(&records);
            match table {
                Some(table) => table.read(&mut reader),
                None => self.series.read(&mut reader, &ids),
            }
        }
    }

    /// Returns the queries by what they ask.
    pub(super) fn ids(&self) -> HashMap<u64, QueryId> {
        self.asks.iter().copied().zip((0..).map(QueryId)).collect()
    }
}

/// Names a query by what it asks, the same after a restart.
pub(super) fn asks(planned: &Planned) -> u64 {
    let asks = format!("{} {:?}", planned.query.identity(), planned.query.windows);
    bellwether_core::distinct::hash(&asks)
}

/// Returns what the query asks whose groups a snapshot is about.
fn table_of(name: &str) -> Option<u64> {
    let (asks, _) = name.strip_prefix(GROUPS)?.split_once(':')?;
    u64::from_str_radix(asks, 16).ok()
}

impl Table {
    fn write(&self, parts: &mut Parts<'_>) {
        match &self.groups {
            Kind::Counts(groups) => write(groups, parts),
            Kind::Amounts(groups) => write(groups, parts),
            Kind::Summaries(groups) => write(groups, parts),
            Kind::Distributions(groups) => write(groups, parts),
        }
        for (key, rhythm) in &self.rhythms {
            parts.put(&(What::Rhythm, Bytes(key), rhythm));
        }
        if let Some(unit) = &self.unit {
            parts.put(&(What::Unit, unit));
        }
    }

    /// Takes over what was written, as far as it can be read.
    fn read(&mut self, reader: &mut Reader<'_>) {
        self.version += 1;
        while let Some(what) = reader.next() {
            let read = match what {
                What::Group => match &mut self.groups {
                    Kind::Counts(groups) => read(groups, reader),
                    Kind::Amounts(groups) => read(groups, reader),
                    Kind::Summaries(groups) => read(groups, reader),
                    Kind::Distributions(groups) => read(groups, reader),
                },
                What::Rhythm => reader.next().map(|(Bytes(key), rhythm): (_, Rhythm)| {
                    if rhythm.is_whole() {
                        self.rhythms.insert(key.into(), rhythm);
                    }
                }),
                What::Unit => reader.next().map(|unit| self.unit = Some(unit)),
            };
            if read.is_none() {
                return;
            }
        }
    }
}

fn write<S: Slot<Line: Serialize>>(groups: &Groups<S>, parts: &mut Parts<'_>) {
    for (key, group) in groups.iter() {
        parts.put(&(What::Group, Bytes(key), group));
    }
}

fn read<S: Slot<Line: DeserializeOwned>>(
    groups: &mut Groups<S>,
    reader: &mut Reader<'_>,
) -> Option<()> {
    let (Bytes(key), group): (_, Group<S>) = reader.next()?;
    groups.take_over(key, group);
    Some(())
}

impl SeriesBook {
    fn write(&self, parts: &mut Parts<'_>, asks: impl Fn(QueryId) -> Option<u64>) {
        for (query, key, newest) in self.iter() {
            if let Some(asks) = asks(query) {
                parts.put(&(asks, key, newest));
            }
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>, ids: &HashMap<u64, QueryId>) {
        while let Some((asks, key, newest)) = reader.next() {
            let asks: u64 = asks;
            if let Some(id) = ids.get(&asks) {
                self.take_over(*id, key, newest);
            }
        }
    }
}

#[cfg(test)]
mod tests;

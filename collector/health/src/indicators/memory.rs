//! What of indicators survives a restart: windows, series, and what was learnt.

use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::growth;
use super::rhythm::Rhythm;
use super::{Indicators, Kind, Slot, Table};
use crate::plan::{Planned, QueryId};

/// What the names of snapshots begin with.
const PREFIX: &str = "indicator:";

/// Of queries with more groups than this nothing is written: it would be megabytes a minute.
const MOST_GROUPS: usize = 2_000;

/// What is written of a query, and read back where its groups are of the same kind.
#[derive(Serialize, Deserialize)]
struct Written {
    groups: serde_json::Value,
    rhythms: Vec<(Box<[u8]>, Rhythm)>,
    unit: Option<Box<str>>,
    #[serde(default)]
    series: Vec<growth::Written>,
}

impl Indicators {
    /// Writes down what has to survive.
    pub(crate) fn remember(&self, now: Timestamp) -> Vec<Snapshot> {
        let all = (0..).map(QueryId).zip(self.plan.queries()).zip(&self.tables);
        let survives = |it: &(_, &Table)| (1..=MOST_GROUPS).contains(&it.1.groups.len());
        let write = |((id, planned), table): ((QueryId, &Planned), &Table)| {
            let written = Written { series: self.series.written(id), ..table.write()? };
            let body = serde_json::to_vec(&written).ok()?;
            Some(Snapshot { name: name(planned), at: now, body: Some(body) })
        };
        all.filter(survives).filter_map(write).collect()
    }

    /// Goes on as if it had watched since then.
    pub(crate) fn watched_since(&mut self, since: Timestamp) {
        self.series.watched_since(since);
    }

    /// Goes on from what was written, and returns what nobody asks for any more, to be taken away.
    pub(crate) fn recall(&mut self, snapshots: &[Snapshot], now: Timestamp) -> Vec<Snapshot> {
        let mut left = Vec::new();
        for snapshot in snapshots.iter().filter(|it| it.name.starts_with(PREFIX)) {
            let mut all = (0..).map(QueryId).zip(self.plan.queries()).zip(&mut self.tables);
            let found = all.find(|it| name(it.0.1) == snapshot.name).map(|it| (it.0.0, it.1));
            let body = snapshot.body.as_deref().unwrap_or_default();
            let read = serde_json::from_slice(body).ok();
            let taken = found.zip(read).and_then(|((id, table), mut it): (_, Written)| {
                let series = std::mem::take(&mut it.series);
                table.read(it)?;
                self.series.take_over(id, series);
                Some(())
            });
            if taken.is_none() {
                left.push(Snapshot { name: snapshot.name.clone(), at: now, body: None });
            }
        }
        left
    }
}

/// Names a query by what it asks, the same after a restart.
pub(super) fn name(planned: &Planned) -> String {
    let asks = format!("{} {:?}", planned.query.identity(), planned.query.windows);
    format!("{PREFIX}{:016x}", bellwether_core::distinct::hash(&asks))
}

impl Table {
    fn write(&self) -> Option<Written> {
        let groups = match &self.groups {
            Kind::Counts(groups) => written(groups),
            Kind::Amounts(groups) => written(groups),
            Kind::Summaries(groups) => written(groups),
            Kind::Distributions(groups) => written(groups),
        };
        let rhythms = self.rhythms.iter().map(|(key, it)| (key.clone(), it.clone())).collect();
        Some(Written { groups: groups?, rhythms, unit: self.unit.clone(), series: Vec::new() })
    }

    /// Takes over what was written; nothing when it is of another kind.
    fn read(&mut self, written: Written) -> Option<()> {
        self.version += 1;
        match &mut self.groups {
            Kind::Counts(groups) => take_over(groups, written.groups)?,
            Kind::Amounts(groups) => take_over(groups, written.groups)?,
            Kind::Summaries(groups) => take_over(groups, written.groups)?,
            Kind::Distributions(groups) => take_over(groups, written.groups)?,
        }
        self.rhythms.extend(written.rhythms.into_iter().filter(|it| it.1.is_whole()));
        self.unit = self.unit.take().or(written.unit);
        Some(())
    }
}

fn written<S: Slot<Line: Serialize>>(groups: &Groups<S>) -> Option<serde_json::Value> {
    serde_json::to_value(groups.written()).ok()
}

fn take_over<S: Slot<Line: DeserializeOwned>>(
    groups: &mut Groups<S>,
    written: serde_json::Value,
) -> Option<()> {
    groups.take_over(serde_json::from_value(written).ok()?)
}

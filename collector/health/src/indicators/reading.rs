//! Indicators as a rule reads them.

use std::time::Duration;

use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;

use super::example::Example;
use super::groups::{Group, Groups};
use super::{
    Amount, Count, Distribution, Indicators, Kind, Slot, Slots, Summary, Table, Tally, UsualPause,
};
use crate::group;
use crate::plan::{Planned, QueryId};
use crate::sample::Labels;

/// What is known of one query at one time.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    planned: &'a Planned,
    table: &'a Table,
    at: Timestamp,
    now: Slots,
}

/// What is known of one group.
#[derive(Clone, Copy)]
pub struct GroupReading<'a> {
    reading: &'a Reading<'a>,
    key: &'a [u8],
    of: Of<'a>,
}

#[derive(Clone, Copy)]
enum Of<'a> {
    Count(&'a Groups<Count>, &'a Group<Count>),
    Amount(&'a Groups<Amount>, &'a Group<Amount>),
    Summary(&'a Groups<Summary>, &'a Group<Summary>),
    Distribution(&'a Groups<Distribution>, &'a Group<Distribution>),
}

impl Indicators {
    /// Reads a query at `now`; nothing when the plan has no such query.
    pub fn read(&self, id: QueryId, now: Timestamp) -> Option<Reading<'_>> {
        let planned = self.plan.query(id)?;
        Some(Reading { planned, table: self.tables.get(id.get())?, at: now, now: Slots::at(now) })
    }
}

impl<'a> Reading<'a> {
    /// Iterates over the groups, in no order.
    pub fn groups(&'a self) -> Box<dyn Iterator<Item = GroupReading<'a>> + 'a> {
        match &self.table.groups {
            Kind::Counts(groups) => self.each(groups, Of::Count),
            Kind::Amounts(groups) => self.each(groups, Of::Amount),
            Kind::Summaries(groups) => self.each(groups, Of::Summary),
            Kind::Distributions(groups) => self.each(groups, Of::Distribution),
        }
    }

    fn each<S: Slot>(
        &'a self,
        groups: &'a Groups<S>,
        of: impl Fn(&'a Groups<S>, &'a Group<S>) -> Of<'a> + 'a,
    ) -> Box<dyn Iterator<Item = GroupReading<'a>> + 'a> {
        let each = groups.iter();
        Box::new(each.map(move |(key, group)| GroupReading {
            reading: self,
            key,
            of: of(groups, group),
        }))
    }

    /// Returns the group that has these labels, as it is written.
    pub(crate) fn key_of(&self, labels: &Labels) -> Vec<u8> {
        group::of_labels(self.names(), labels)
    }

    /// Says whether signals are told apart by anything.
    pub fn is_grouped(&self) -> bool {
        !self.planned.query.group_by.is_empty()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.planned.query.group_by.iter().map(|it| &**it)
    }

    /// Returns how many groups there are.
    pub fn len(&self) -> usize {
        self.table.groups.len()
    }

    /// Says whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the unit of the metric, if it told one.
    pub fn unit(&self) -> Option<&str> {
        self.table.unit.as_deref()
    }

    /// Returns of how many signals, since the beginning, it could not be told whether they are bad,
    /// if such came within the shortest window.
    pub fn untold(&self) -> Option<u64> {
        self.untold_until()?;
        self.table.untold.map(|(count, _)| count)
    }

    /// Returns until when that is so, if nothing comes.
    pub(crate) fn untold_until(&self) -> Option<Timestamp> {
        let (_, last) = self.table.untold?;
        let end = last.plus(*self.planned.query.windows.iter().min()?);
        (self.at < end).then_some(end)
    }

    /// Returns how many signals belonged to groups for which there was no room.
    pub fn overflow(&self) -> u64 {
        self.table.overflow
    }
}

impl GroupReading<'_> {
    /// Returns the group's labels.
    pub fn labels(&self) -> Labels {
        group::labels(self.reading.names(), self.key)
    }

    /// Returns the group as it is written.
    pub(crate) fn key(&self) -> &[u8] {
        self.key
    }

    /// Returns how much there was in a window; of values, how many.
    pub fn tally(&self, window: Duration) -> Tally {
        let now = &self.reading.now;
        let count = |summary: Summary| Tally { total: summary.count as f64, bad: 0.0 };
        match self.of {
            Of::Count(groups, group) => groups.total(group, window, now),
            Of::Amount(groups, group) => groups.total(group, window, now),
            Of::Summary(groups, group) => count(groups.total(group, window, now)),
            Of::Distribution(groups, group) => count(summary(groups, group, window, now)),
        }
    }

    /// Returns the values of a window; none of a query that only counts.
    pub fn summary(&self, window: Duration) -> Summary {
        let now = &self.reading.now;
        match self.of {
            Of::Summary(groups, group) => groups.total(group, window, now),
            Of::Distribution(groups, group) => summary(groups, group, window, now),
            Of::Count(..) | Of::Amount(..) => Summary::default(),
        }
    }

    /// Returns the distribution of the values of a window; an empty one of other queries.
    pub fn distribution(&self, window: Duration) -> Distribution {
        match self.of {
            Of::Distribution(groups, group) => groups.total(group, window, &self.reading.now),
            _ => Distribution::default(),
        }
    }

    /// Returns until when a window comes to the same, if nothing comes; nothing when it is empty.
    pub(crate) fn turns(&self, window: Duration) -> Option<Timestamp> {
        let now = &self.reading.now;
        match self.of {
            Of::Count(groups, group) => groups.turns(group, window, now),
            Of::Amount(groups, group) => groups.turns(group, window, now),
            Of::Summary(groups, group) => groups.turns(group, window, now),
            Of::Distribution(groups, group) => groups.turns(group, window, now),
        }
    }

    /// Returns when the newest signal happened.
    pub fn last_seen(&self) -> Timestamp {
        match self.of {
            Of::Count(_, group) => group.last_seen,
            Of::Amount(_, group) => group.last_seen,
            Of::Summary(_, group) => group.last_seen,
            Of::Distribution(_, group) => group.last_seen,
        }
    }

    /// Returns when the group was first seen.
    pub fn first_seen(&self) -> Timestamp {
        match self.of {
            Of::Count(_, group) => group.first_seen,
            Of::Amount(_, group) => group.first_seen,
            Of::Summary(_, group) => group.first_seen,
            Of::Distribution(_, group) => group.first_seen,
        }
    }

    /// Returns a trace that shows what was counted in a window: in which something was bad, or took
    /// longest.
    pub fn example(&self, window: Duration) -> Option<TraceId> {
        let example = match self.of {
            Of::Count(_, group) => &group.example,
            Of::Amount(_, group) => &group.example,
            Of::Summary(_, group) => &group.example,
            Of::Distribution(_, group) => &group.example,
        };
        let recent = |it: &&Example| self.reading.at.since(it.at) <= window;
        example.as_deref().filter(recent).map(|it| it.trace)
    }

    /// Returns the longest pause between signals that is usual at `now`, if that was learnt.
    pub fn usual_pause(&self, now: Timestamp) -> Option<UsualPause> {
        self.reading.table.rhythms.get(self.key)?.usual_pause(now)
    }
}

/// Sums up values without a look at how they are distributed.
fn summary(
    groups: &Groups<Distribution>,
    group: &Group<Distribution>,
    window: Duration,
    now: &Slots,
) -> Summary {
    let mut total = Summary::default();
    groups.slots(group, window, now).for_each(|it| it.sum_up(&mut total, |it| &it.summary));
    total
}

//! What an observer has counted since the last harvest, and how a signal is added to it.

use std::collections::HashSet;
use std::sync::Arc;

use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;
use bellwether_otlp::scan::RawValue;

use super::cells::{Cell, Cells};
use super::decision::{self, Keep, Source, Target, Verdict};
use super::gathered::Sum;
use super::points::{Growth, PointValue, Series};
use crate::indicators::{Amount, Count, Distribution, Example, Slot, Slots, Summary, code};
use crate::plan::{Plan, QueryId};
use crate::subject::Subject;

/// Points of cumulative series that are kept between two harvests.
const MOST_GROWTHS: usize = 200_000;

/// Customers that are told apart between two harvests.
const MOST_CUSTOMERS: usize = 20_000;

/// A signal on its way into cells.
pub(crate) struct Event<'e, 'a> {
    pub(crate) subject: Subject<'e, 'a>,
    pub(crate) at: Timestamp,
    pub(crate) slots: Slots,
    pub(crate) now: &'e Slots,
    /// How long a span lasted; 0 for others.
    pub(crate) seconds: f64,
    pub(crate) point: Option<Point<'e>>,
    /// The bytes of the id of its trace; none of a point.
    pub(crate) trace: &'a [u8],
    /// Finds the customer whose it is, by the hash of its id.
    pub(crate) customer: &'e dyn Fn() -> Option<u64>,
}

/// A point of a metric on its way into cells.
#[derive(Clone, Copy)]
pub(crate) struct Point<'e> {
    pub(crate) value: &'e PointValue,
    /// The series, when its points count from its start and not from the point before.
    pub(crate) series: Option<Series>,
}

/// What was counted.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Rises with every harvest, after which cells are others.
    pub(crate) epoch: u32,
    counts: Cells<Count>,
    amounts: Cells<Amount>,
    summaries: Cells<Summary>,
    distributions: Cells<Distribution>,
    growths: Vec<Growth>,
    /// Customers who met what is bad.
    customers: HashSet<(QueryId, u64)>,
    /// The units of the metrics that queries met.
    units: Vec<(QueryId, Box<str>)>,
    /// Groups of each query.
    groups: Vec<u32>,
    /// Signals of each query that belong to groups for which there is no room.
    overflow: Vec<u64>,
    /// Signals of each query of which it cannot be told whether they are bad.
    untold: Vec<u64>,
    /// Points of cumulative series for which there is no room.
    lost: u64,
}

/// What was counted between two harvests.
#[derive(Debug, Default)]
pub(crate) struct Crop {
    pub(crate) counts: Vec<Cell<Count>>,
    pub(crate) amounts: Vec<Cell<Amount>>,
    pub(crate) summaries: Vec<Cell<Summary>>,
    pub(crate) distributions: Vec<Cell<Distribution>>,
    pub(crate) growths: Vec<Growth>,
    /// Customers who met what is bad, by the hashes of their ids.
    pub(crate) customers: Vec<(QueryId, u64)>,
    /// The units of the metrics that queries met for the first time.
    pub(crate) units: Vec<(QueryId, Box<str>)>,
    /// Queries with signals of groups for which there was no room.
    pub(crate) overflow: Vec<(QueryId, u64)>,
    /// Queries with signals of which it cannot be told whether they are bad.
    pub(crate) untold: Vec<(QueryId, u64)>,
    /// Points of series that count from their start for which there was no room.
    pub(crate) lost: u64,
}

impl Counted {
    pub(crate) fn new(plan: &Plan) -> Self {
        let queries = plan.queries().len();
        Self {
            epoch: 1,
            counts: Cells::default(),
            amounts: Cells::default(),
            summaries: Cells::default(),
            distributions: Cells::default(),
            growths: Vec::new(),
            customers: HashSet::new(),
            units: Vec::new(),
            groups: vec![0; queries],
            overflow: vec![0; queries],
            untold: vec![0; queries],
            lost: 0,
        }
    }

    /// Takes out what was counted, if anything was.
    pub(crate) fn take(&mut self) -> Option<Crop> {
        if self.is_empty() {
            return None;
        }
        self.epoch = self.epoch.wrapping_add(1).max(1);
        self.groups.fill(0);
        Some(Crop {
            overflow: drain(&mut self.overflow),
            untold: drain(&mut self.untold),
            counts: self.counts.take(),
            amounts: self.amounts.take(),
            summaries: self.summaries.take(),
            distributions: self.distributions.take(),
            growths: std::mem::take(&mut self.growths),
            customers: self.customers.drain().collect(),
            units: std::mem::take(&mut self.units),
            lost: std::mem::take(&mut self.lost),
        })
    }

    fn is_empty(&self) -> bool {
        (self.counts.is_empty() && self.amounts.is_empty() && self.summaries.is_empty())
            && (self.distributions.is_empty() && self.growths.is_empty())
            && (self.customers.is_empty() && self.units.is_empty())
            && (self.lost == 0 && self.overflow.iter().chain(&self.untold).all(|it| *it == 0))
    }

    fn is_untold(&mut self, target: &Target, count: u64) -> bool {
        let is = target.verdict == Verdict::Untold;
        if let Some(untold) = self.untold.get_mut(target.query.get()).filter(|_| is) {
            *untold += count;
        }
        is
    }

    /// Counts a signal for targets that ask for something of each signal.
    pub(crate) fn add(&mut self, plan: &Plan, targets: &mut [Target], event: &Event<'_, '_>) {
        for target in targets {
            if target.verdict == Verdict::Ask {
                self.ask(plan, target, event);
                continue;
            }
            if self.is_untold(target, 1) {
                continue;
            }
            if target.epoch != self.epoch {
                target.cell = self.cell(plan, target).unwrap_or(u32::MAX);
                target.epoch = self.epoch;
            }
            if target.cell == u32::MAX {
                self.overflown(target.query, 1);
                continue;
            }
            self.add_one(target, event);
        }
    }

    /// Notes the unit of a metric for the queries that its points count for.
    pub(crate) fn note_unit(&mut self, targets: &[Target], unit: &str) {
        for target in targets {
            if !self.units.iter().any(|it| it.0 == target.query && *it.1 == *unit) {
                self.units.push((target.query, unit.into()));
            }
        }
    }

    fn overflown(&mut self, query: QueryId, count: u64) {
        if let Some(overflow) = self.overflow.get_mut(query.get()) {
            *overflow += count;
        }
    }

    /// Counts for a target what the signals of some times come to, `count` in all.
    pub(super) fn add_sums(
        &mut self,
        plan: &Plan,
        target: &Target,
        sums: &[Sum],
        count: u64,
        example: Option<Example>,
    ) {
        if self.is_untold(target, count) {
            return;
        }
        let Some(cell) = self.cell(plan, target) else {
            return self.overflown(target.query, count);
        };
        for sum in sums {
            self.add_sum(target, cell, sum);
        }
        if let Some(example) = example.filter(|_| target.is_shown()) {
            self.show(target.keep, cell, example);
        }
    }

    /// Keeps an example of what a cell counts.
    fn show(&mut self, keep: Keep, cell: u32, example: Example) {
        match keep {
            Keep::Count => self.counts.show(cell, example),
            Keep::Amount => self.amounts.show(cell, example),
            Keep::Summary(_) => self.summaries.show(cell, example),
            Keep::Distribution(_) => self.distributions.show(cell, example),
            Keep::Customers => {}
        }
    }

    /// Keeps the trace of a signal as an example, if it has one.
    fn show_event(&mut self, target: &Target, event: &Event<'_, '_>, weight: f64) {
        if let Some(trace) = TraceId::read(event.trace) {
            self.show(target.keep, target.cell, Example { trace, at: event.at, weight });
        }
    }

    fn add_sum(&mut self, target: &Target, cell: u32, sum: &Sum) {
        let Sum { when, durations, sketch, .. } = sum;
        let late = when.now.saturating_sub(when.event) > target.lateness;
        let slot = Slots::of_second(if late { when.now } else { when.event }).of(target.grain);
        let bad = match target.verdict {
            Verdict::BadIfLate => late,
            verdict => verdict == Verdict::Bad,
        };
        let at = durations.last_at;
        match target.keep {
            Keep::Count => {
                let Some(count) = self.counts.slot(cell, at, slot) else { return };
                let more = u32::try_from(durations.count).unwrap_or(u32::MAX);
                count.merge(&Count { total: more, bad: if bad { more } else { 0 } });
            }
            Keep::Amount => {
                let Some(amount) = self.amounts.slot(cell, at, slot) else { return };
                amount.add(durations.count as f64, bad);
            }
            Keep::Summary(_) => {
                let Some(summary) = self.summaries.slot(cell, at, slot) else { return };
                summary.merge(durations);
            }
            Keep::Distribution(_) => {
                let Some(of) = self.distributions.slot(cell, at, slot) else { return };
                of.summary.merge(durations);
                of.sketch.merge(sketch);
            }
            // they are kept for each signal
            Keep::Customers => {}
        }
    }

    fn ask(&mut self, plan: &Plan, target: &Target, event: &Event<'_, '_>) {
        let Some(planned) = plan.query(target.query) else { return };
        let Some((verdict, group)) = decision::judge(planned, &event.subject) else { return };
        let mut asked = Target { verdict, group: group.into(), ..target.clone() };
        if self.is_untold(&asked, 1) {
            return;
        }
        match self.cell(plan, &asked) {
            Some(cell) => {
                asked.cell = cell;
                self.add_one(&asked, event);
            }
            None => self.overflown(target.query, 1),
        }
    }

    fn cell(&mut self, plan: &Plan, target: &Target) -> Option<u32> {
        let most = plan.query(target.query)?.query.most_groups;
        let groups = self.groups.get_mut(target.query.get())?;
        let may_add = || {
            let room = (*groups as usize) < most;
            *groups += u32::from(room);
            room
        };
        let (query, group) = (target.query, &target.group);
        match target.keep {
            Keep::Count => self.counts.find(query, group, may_add),
            Keep::Amount => self.amounts.find(query, group, may_add),
            Keep::Summary(_) => self.summaries.find(query, group, may_add),
            Keep::Distribution(_) => self.distributions.find(query, group, may_add),
            // they are kept apart
            Keep::Customers => Some(0),
        }
    }

    fn add_one(&mut self, target: &Target, event: &Event<'_, '_>) {
        let late = event.now.second().saturating_sub(event.slots.second()) > target.lateness;
        let slot = if late { event.now.of(target.grain) } else { event.slots.of(target.grain) };
        let bad = match target.verdict {
            Verdict::BadIfLate => late,
            verdict => verdict == Verdict::Bad,
        };
        if bad {
            self.show_event(target, event, event.seconds);
        }
        match target.keep {
            Keep::Count => {
                let Some(count) = self.counts.slot(target.cell, event.at, slot) else { return };
                count.total = count.total.saturating_add(1);
                count.bad = count.bad.saturating_add(u32::from(bad));
            }
            Keep::Amount => self.add_amount(target, event, slot, bad),
            Keep::Customers => {
                if bad
                    && self.customers.len() < MOST_CUSTOMERS
                    && let Some(customer) = (event.customer)()
                {
                    self.customers.insert((target.query, customer));
                }
            }
            Keep::Summary(Source::Point) | Keep::Distribution(Source::Point) => {
                self.add_point(target, event, slot);
            }
            Keep::Summary(source) => {
                let Some(value) = event.value(source) else { return };
                let Some(of) = self.summaries.slot(target.cell, event.at, slot) else { return };
                of.add(value, event.at);
                self.show_event(target, event, value);
            }
            Keep::Distribution(source) => {
                let Some(value) = event.value(source) else { return };
                let Some(of) = self.distributions.slot(target.cell, event.at, slot) else { return };
                of.add(value, code(value), event.at);
                self.show_event(target, event, value);
            }
        }
    }

    fn add_amount(&mut self, target: &Target, event: &Event<'_, '_>, slot: u32, bad: bool) {
        if let Some(Point { value, series: Some(series) }) = event.point {
            return self.grow(target, event, slot, bad, value, series);
        }
        let amount = event.point.map_or(1.0, |it| it.value.amount());
        let Some(of) = self.amounts.slot(target.cell, event.at, slot) else { return };
        of.add(amount, bad);
    }

    fn add_point(&mut self, target: &Target, event: &Event<'_, '_>, slot: u32) {
        let Some(point) = event.point else { return };
        if let Some(series) = point.series
            && point.value.grows(target.keep)
        {
            return self.grow(target, event, slot, false, point.value, series);
        }
        match target.keep {
            Keep::Summary(_) => {
                let Some(of) = self.summaries.slot(target.cell, event.at, slot) else { return };
                point.value.add_to_summary(of, event.at);
            }
            _ => {
                let Some(of) = self.distributions.slot(target.cell, event.at, slot) else { return };
                point.value.add_to(of, event.at);
            }
        }
    }

    /// Keeps a point of a series that counts from its start: how much it grew is worked out
    /// where the point before is known.
    fn grow(
        &mut self,
        target: &Target,
        event: &Event<'_, '_>,
        slot: u32,
        bad: bool,
        value: &PointValue,
        series: Series,
    ) {
        if self.growths.len() >= MOST_GROWTHS {
            self.lost += 1;
            return;
        }
        self.growths.push(Growth {
            query: target.query,
            group: Arc::from(&*target.group),
            slot,
            at: event.at,
            bad,
            series,
            value: value.clone(),
        });
    }
}

/// Takes out what is not zero, by query.
fn drain(counts: &mut [u64]) -> Vec<(QueryId, u64)> {
    let counts = (0..).map(QueryId).zip(counts).filter(|it| *it.1 > 0);
    counts.map(|(id, count)| (id, std::mem::take(count))).collect()
}

impl Event<'_, '_> {
    fn value(&self, source: Source) -> Option<f64> {
        match source {
            Source::Duration => Some(self.seconds),
            Source::Attribute(number) => {
                let found = self.subject.attributes.iter().find(|it| it.0 == number);
                found.and_then(|it| number_of(it.1))
            }
            Source::Point => None,
        }
    }
}

fn number_of(raw: RawValue<'_>) -> Option<f64> {
    let value = raw.read();
    value.as_double().or_else(|| value.as_int().map(|it| it as f64)).filter(|it| it.is_finite())
}

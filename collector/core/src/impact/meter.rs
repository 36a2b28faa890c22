//! What an incident costs while it lasts: the rate of loss, integrated over time.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::LossRate;
use crate::ids::{ComponentId, IncidentId};
use crate::money::{Money, Totals};
use crate::time::Timestamp;

/// The ledger gets a line for each component at least this often.
const LINE: Duration = Duration::from_secs(60);

/// Integrates the loss of one incident. Between two readings the rates of the earlier one hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// The newest reading.
    at: Timestamp,
    rates: Vec<LossRate>,
    lost: Totals,
    /// What was lost since the last line of the ledger, by component.
    lines: BTreeMap<ComponentId, Line>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    from: Timestamp,
    revenue_per_hour: Money,
    lost: Decimal,
}

/// What was lost of one component's revenue in a stretch of an incident. Kept for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The incident.
    pub incident: IncidentId,
    /// The component whose revenue it is.
    pub component: ComponentId,
    /// When the stretch began.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// What the component earns in an hour.
    pub revenue_per_hour: Money,
    /// What was lost, exactly.
    pub lost: Money,
}

impl Loss {
    /// Adds up what was lost, each moment of a component once: where several incidents took
    /// revenue of one component at the same time, the one that took most counts.
    pub fn once(losses: &[Self]) -> Totals {
        let mut totals = Totals::default();
        let mut by_component: BTreeMap<&ComponentId, Vec<&Self>> = BTreeMap::new();
        for loss in losses.iter().filter(|it| it.from < it.until) {
            by_component.entry(&loss.component).or_default().push(loss);
        }
        for losses in by_component.into_values() {
            let mut times: Vec<Timestamp> =
                losses.iter().flat_map(|it| [it.from, it.until]).collect();
            times.sort_unstable();
            times.dedup();
            for (from, until) in times.iter().zip(times.iter().skip(1)) {
                let part = |it: &&Self| it.part(*from, *until);
                let most = losses.iter().filter_map(part).max_by_key(|it| it.amount);
                most.into_iter().for_each(|it| totals.add(it));
            }
        }
        totals
    }

    /// Returns what was lost in a part of the stretch, as if it had been lost evenly.
    fn part(&self, from: Timestamp, until: Timestamp) -> Option<Money> {
        if from < self.from || until > self.until {
            return None;
        }
        let nanos =
            |time: Duration| Decimal::from(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let share = nanos(until.since(from)) / nanos(self.until.since(self.from));
        Some(Money { amount: self.lost.amount * share, currency: self.lost.currency })
    }
}

impl Meter {
    /// Begins at a point in time, with nothing lost.
    pub fn new(at: Timestamp) -> Self {
        Self { at, rates: Vec::new(), lost: Totals::default(), lines: BTreeMap::new() }
    }

    /// Goes on from what was lost before; nothing was read since.
    pub fn after(lost: Totals, at: Timestamp) -> Self {
        Self { lost, ..Self::new(at) }
    }

    /// Reads the meter: what was lost since the last reading by the rates of then is added, and
    /// from now on these rates hold. Returns the lines that the ledger gets.
    pub fn read(
        &mut self,
        incident: &IncidentId,
        rates: Vec<LossRate>,
        now: Timestamp,
    ) -> Vec<Loss> {
        self.advance(now);
        self.rates = rates;
        self.write_lines(incident, now, false)
    }

    /// Ends the meter, and returns the lines that the ledger does not have yet.
    pub fn end(&mut self, incident: &IncidentId, now: Timestamp) -> Vec<Loss> {
        self.advance(now);
        self.rates.clear();
        self.write_lines(incident, now, true)
    }

    /// Returns what was lost up to the newest reading.
    pub fn lost(&self) -> &Totals {
        &self.lost
    }

    fn advance(&mut self, now: Timestamp) {
        let time = now.since(self.at);
        for rate in &self.rates {
            let lost = rate.over(time);
            self.lost.add(lost);
            let fresh = || Line {
                from: self.at,
                revenue_per_hour: rate.revenue_per_hour,
                lost: Decimal::ZERO,
            };
            let line = self.lines.entry(rate.component.clone()).or_insert_with(fresh);
            line.lost = line.lost.saturating_add(lost.amount);
        }
        self.at = self.at.max(now);
    }

    fn write_lines(&mut self, incident: &IncidentId, now: Timestamp, all: bool) -> Vec<Loss> {
        let full = |id: &ComponentId, line: &Line| {
            let rate = self.rates.iter().find(|it| it.component == *id);
            let same = rate.is_some_and(|it| it.revenue_per_hour == line.revenue_per_hour);
            all || !same || now.since(line.from) >= LINE
        };
        let (full, open): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.lines).into_iter().partition(|(id, line)| full(id, line));
        self.lines = open;
        let loss = |(component, line): (ComponentId, Line)| Loss {
            incident: incident.clone(),
            component,
            from: line.from,
            until: now,
            revenue_per_hour: line.revenue_per_hour,
            lost: Money { amount: line.lost, currency: line.revenue_per_hour.currency },
        };
        full.into_iter().map(loss).filter(|it| !it.lost.amount.is_zero()).collect()
    }
}

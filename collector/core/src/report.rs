//! What a period came to: incidents and how fast they were dealt with, verdicts, money.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rust_decimal::Decimal;

use crate::ids::{CustomerId, RuleId};
use crate::impact::{Loss, Protected, RiskSpan};
use crate::incident::{Incident, Verdict};
use crate::money::{Money, Totals};
use crate::period::Period;
use crate::state::Severity;

/// How long something took, over several incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Over how many.
    pub count: usize,
    /// On average.
    pub mean: Option<Duration>,
    /// Half of them took no longer.
    pub median: Option<Duration>,
    /// The longest.
    pub worst: Option<Duration>,
}

impl Times {
    /// Puts times together.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.into_iter().collect();
        times.sort_unstable();
        let Ok(count) = u32::try_from(times.len()) else { return Self::default() };
        let sum: Duration = times.iter().sum();
        let middle = times.len().checked_sub(1).and_then(|last| times.get(last / 2));
        Self {
            count: times.len(),
            mean: sum.checked_div(count),
            median: middle.copied(),
            worst: times.last().copied(),
        }
    }
}

/// Returns how long it took until an incident was opened, from when the fault first showed.
pub fn to_detect(it: &Incident) -> Duration {
    it.opened_at.since(it.fault_at)
}

/// Returns how long it took until somebody first said that they work on it, from its opening.
pub fn to_acknowledge(it: &Incident) -> Option<Duration> {
    Some(it.response.first_acknowledged?.since(it.opened_at))
}

/// Returns how long it took until it was over, from when the fault first showed.
pub fn to_repair(it: &Incident) -> Option<Duration> {
    Some(it.resolved_at?.since(it.fault_at))
}

/// What people said of incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Something was wrong.
    pub real: usize,
    /// Nothing was.
    pub false_: usize,
    /// Another incident tells of the same.
    pub duplicate: usize,
    /// Nobody said yet.
    pub open: usize,
}

impl Verdicts {
    fn add(&mut self, verdict: Option<Verdict>) {
        *match verdict {
            Some(Verdict::Real) => &mut self.real,
            Some(Verdict::False) => &mut self.false_,
            Some(Verdict::Duplicate) => &mut self.duplicate,
            None => &mut self.open,
        } += 1;
    }

    /// Returns which share of those with a verdict was false, in percent; nothing without any.
    pub fn false_percent(&self) -> Option<Decimal> {
        let judged = self.real + self.false_ + self.duplicate;
        let share = Decimal::from(self.false_).checked_div(Decimal::from(judged))?;
        Some(Decimal::ONE_HUNDRED * share)
    }
}

/// What a period came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many incidents were opened in it.
    pub opened: usize,
    /// The same by how loud they became.
    pub by_severity: BTreeMap<Severity, usize>,
    /// How many were open at its end.
    pub open_at_end: usize,
    /// How long it took until they were opened, of those that are not false or duplicates.
    pub detect: Times,
    /// Until somebody worked on them.
    pub acknowledge: Times,
    /// Until they were over.
    pub repair: Times,
    /// What people said of them.
    pub verdicts: Verdicts,
    /// The same by the rules whose alerts made them up.
    pub by_rule: BTreeMap<RuleId, Verdicts>,
    /// What was lost in the period; not by incidents that were false.
    pub lost: Totals,
    /// What returned to safety in it.
    pub protected: Protected,
    /// What was at risk at any time in it, each opportunity once.
    pub at_risk: Totals,
    /// The same for each customer.
    pub at_risk_by_customer: BTreeMap<CustomerId, Totals>,
}

/// What was kept of a period.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The incidents that were open at any time in it.
    pub incidents: Vec<Incident>,
    /// The lines of the ledger that are about any time in it.
    pub losses: Vec<Loss>,
    /// The times in which opportunities were at risk that are about any time in it.
    pub risks: Vec<RiskSpan>,
}

impl Figures {
    /// Works out what a period came to.
    pub fn of(kept: &Kept, period: Period) -> Self {
        let mut figures = Self::default();
        let opened: Vec<&Incident> =
            kept.incidents.iter().filter(|it| period.contains(it.opened_at)).collect();
        figures.opened = opened.len();
        let open = |it: &&Incident| {
            it.opened_at < period.until && it.resolved_at.is_none_or(|at| at >= period.until)
        };
        figures.open_at_end = kept.incidents.iter().filter(open).count();
        for it in &opened {
            *figures.by_severity.entry(it.severity).or_default() += 1;
            figures.verdicts.add(it.response.verdict);
            for rule in it.alerts.iter().map(|it| &it.rule).collect::<BTreeSet<_>>() {
                figures.by_rule.entry(rule.clone()).or_default().add(it.response.verdict);
            }
        }
        let counted = || {
            let wrong = [Some(Verdict::False), Some(Verdict::Duplicate)];
            opened.iter().filter(move |it| !wrong.contains(&it.response.verdict))
        };
        figures.detect = Times::of(counted().map(|it| to_detect(it)));
        figures.acknowledge = Times::of(counted().filter_map(|it| to_acknowledge(it)));
        figures.repair = Times::of(counted().filter_map(|it| to_repair(it)));
        figures.lost = kept.lost(&[period]).pop().unwrap_or_default();
        figures.protected = protected(&kept.risks, period);
        for span in at_risk(&kept.risks, period) {
            figures.at_risk.add(span.amount);
            let entry = figures.at_risk_by_customer.entry(span.customer.clone());
            entry.or_default().add(span.amount);
        }
        figures
    }
}

impl Kept {
    /// Adds up what was lost in each of these steps, which follow each other, but for incidents of
    /// which people said that nothing was wrong. A line that is only partly about a step counts by
    /// its share of time.
    pub fn lost(&self, steps: &[Period]) -> Vec<Totals> {
        let is_false = |it: &&Incident| it.response.verdict == Some(Verdict::False);
        let nothing: BTreeSet<_> =
            self.incidents.iter().filter(is_false).map(|it| &it.id).collect();
        let mut totals = vec![Totals::default(); steps.len()];
        for loss in self.losses.iter().filter(|it| !nothing.contains(&it.incident)) {
            let first = steps.partition_point(|it| it.until <= loss.from);
            let met = steps.iter().zip(&mut totals).skip(first);
            for (step, total) in met.take_while(|(step, _)| step.from < loss.until) {
                if let Some(part) = part(loss, *step) {
                    total.add(part);
                }
            }
        }
        totals
    }
}

/// Returns how much of a loss is about a period, by its share of time.
fn part(loss: &Loss, period: Period) -> Option<Money> {
    let whole = Period { from: loss.from, until: loss.until };
    let common = period.common(&whole)?;
    let nanos = |it: Period| Decimal::from(it.length().as_nanos().min(u128::from(u64::MAX)) as u64);
    let share = |it: Decimal| it.checked_mul(nanos(common) / nanos(whole)).unwrap_or_default();
    let amount = if common == whole { loss.lost.amount } else { share(loss.lost.amount) };
    Some(Money { amount, ..loss.lost })
}

/// Works out what returned to safety in a period.
pub fn protected(risks: &[RiskSpan], period: Period) -> Protected {
    let ended = |it: &&RiskSpan| it.until.is_some_and(|at| period.contains(at));
    Protected::of(risks.iter().filter(ended).cloned())
}

/// Returns what was at risk at any time in a period: each opportunity once, as it was last.
pub fn at_risk(risks: &[RiskSpan], period: Period) -> Vec<&RiskSpan> {
    let mut last = BTreeMap::new();
    let within =
        |it: &&RiskSpan| it.from < period.until && it.until.is_none_or(|at| at > period.from);
    for span in risks.iter().filter(within) {
        let newest = last.entry(&span.opportunity).or_insert(span);
        if newest.from < span.from {
            *newest = span;
        }
    }
    last.into_values().collect()
}

#[cfg(test)]
mod tests;

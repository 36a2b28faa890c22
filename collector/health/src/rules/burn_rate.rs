//! `burn_rate`: the error budget of an objective burns too fast.
//!
//! An objective of 99.9 % in 30 days leaves a budget of 0.1 %. At a burn rate of 1 it lasts just
//! those 30 days; at 14.4 two hundredths of it are gone within an hour.

use std::time::Duration;

use bellwether_core::reason::Reason;
use bellwether_core::settings::{HumanDuration, Percent};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use smallvec::SmallVec;

use super::groups::{self, Finding, Values, absurd};
use super::rest::{View, next};
use super::selection::Selection;
use super::timing::{Defaults, Misfit};
use super::{Common, Judge, Kind, Scene};
use crate::indicators::{GroupReading, Tally};
use crate::query::{Bad, Measure, Query};
use crate::sample::{Sample, Verdict};
use crate::subject::SignalKind;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Settings of a `burn_rate` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    selection: Selection,
    /// Which share of the signals has to be good, such as `99.9%`.
    objective: Percent,
    /// In which time; 30d unless set.
    window: Option<HumanDuration>,
    /// What makes a signal good, in CEL; that it did not fail unless set.
    good: Option<String>,
    /// A pair of windows counts only with so many signals in the longer one, 100 unless set;
    min_events: Option<u64>,
    /// or with so many bad ones, 10 unless set, so that few requests that all fail are seen.
    min_bad: Option<u64>,
}

pub(super) const KIND: Kind = Kind {
    name: "burn_rate",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        let judge = BurnRate::check(&settings)?;
        Ok((settings.common, Box::new(judge)))
    },
    // nobody but its owner knows an objective
    default: |_, _| None,
};

/// Two windows in both of which the budget has to burn at a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    /// Which share of the budget is gone after the long window, at this rate.
    budget: f64,
    long: Duration,
    /// Tells whether it still burns.
    short: Duration,
    /// Whether somebody is paged for it; else it can wait for the working day.
    page: bool,
}

const fn pair(budget: f64, long: u64, short: u64, page: bool) -> Pair {
    let (long, short) = (Duration::from_secs(long), Duration::from_secs(short));
    Pair { budget, long, short, page }
}

const PAIRS: [Pair; 4] = [
    pair(0.02, HOUR, 5 * MINUTE, true),
    pair(0.05, 6 * HOUR, 30 * MINUTE, true),
    pair(0.1, DAY, 2 * HOUR, false),
    pair(0.1, 3 * DAY, 6 * HOUR, false),
];

impl Pair {
    /// The rate from which on it counts.
    fn factor(&self, period: Duration) -> f64 {
        // 0.02 * 720 is a little more than 14.4
        let factor = self.budget * period.as_secs_f64() / self.long.as_secs_f64();
        (factor * 1e9).round() / 1e9
    }
}

struct BurnRate {
    query: Query,
    objective: Percent,
    /// Pairs with the rate from which on they count, fastest first.
    pairs: Vec<(Pair, f64)>,
    min_events: f64,
    min_bad: f64,
}

/// What a pair of windows comes to.
struct Burning {
    pair: Pair,
    long: f64,
    short: Option<f64>,
    counts: bool,
    factor: f64,
}

impl Burning {
    fn breaches(&self) -> bool {
        self.counts && self.long > self.factor && self.short.is_some_and(|it| it > self.factor)
    }

    /// It burnt, and nothing came since by which it could be told whether it still does.
    fn is_open(&self) -> bool {
        self.counts && self.long > self.factor && self.short.is_none()
    }
}

impl BurnRate {
    fn check(settings: &Settings) -> Result<Self, Misfit> {
        let Settings { common, selection, objective, window, good, .. } = settings;
        if !(objective.ratio() > 0.0 && objective.ratio() < 1.0) {
            let message = format!("an objective of {objective} leaves no budget to burn");
            return Err(Misfit::new("objective", message, "such as 99.9%"));
        }
        let period = window.map_or(Duration::from_secs(30 * DAY), HumanDuration::get);
        let pairs = PAIRS.map(|it| (it, it.factor(period)));
        // at a rate below 1 the budget lasts longer than it has to
        let pairs: Vec<_> = pairs.into_iter().filter(|it| it.1 >= 1.0).collect();
        if pairs.is_empty() {
            let message = "in so short a time no burn rate can be told";
            return Err(Misfit::new("window", message, "write 5d or more; 30d is usual"));
        }
        let bad = match good {
            Some(good) => Bad::Unless(selection.compile("good", good)?),
            None if selection.signal == SignalKind::Metrics => {
                let message = "a point of a metric does not say by itself whether it is good";
                let help = "write what makes it good, such as `good: 'error.type == null'`";
                return Err(Misfit::new("good", message, help));
            }
            None => Bad::Errors,
        };
        let mut query = selection.query(common)?;
        query.measure = Measure::counting(selection.signal, bad);
        query.objective_of = Some(common.component.clone());
        query.windows = pairs.iter().flat_map(|(it, _)| [it.long, it.short]).collect();
        Ok(Self {
            query,
            objective: *objective,
            pairs,
            min_events: settings.min_events.unwrap_or(100) as f64,
            min_bad: settings.min_bad.unwrap_or(10) as f64,
        })
    }

    /// Returns how many times faster than it may the budget burns; nothing where nothing came.
    fn rate(&self, tally: Tally) -> Option<f64> {
        (tally.total > 0.0).then(|| tally.bad / tally.total / (1.0 - self.objective.ratio()))
    }

    fn finding(&self, group: &GroupReading<'_>, scene: &Scene<'_>) -> Finding {
        let mut all: SmallVec<[Burning; PAIRS.len()]> = SmallVec::new();
        let mut longest = (Duration::ZERO, 0.0);
        for (pair, factor) in &self.pairs {
            let (long, short) = (group.tally(pair.long), group.tally(pair.short));
            if let Some(why) = absurd(long).or_else(|| absurd(short)) {
                return Finding::of(Verdict::Error { why });
            }
            longest = (pair.long, long.total);
            all.push(Burning {
                pair: *pair,
                long: self.rate(long).unwrap_or_default(),
                short: self.rate(short),
                counts: long.total >= self.min_events || long.bad >= self.min_bad,
                factor: *factor,
            });
        }
        if longest.1 == 0.0 {
            let watched = scene.now.since(scene.expected_since);
            let for_long = watched >= longest.0 && !scene.has_stopped(&group.labels());
            return Finding::of(if for_long { Verdict::Missing } else { Verdict::Quiet });
        }
        let worst = all.iter().find(|it| it.breaches());
        let told = worst.or_else(|| all.first());
        let mut values = Values::new();
        if let Some(it) = told {
            let short = it.short.unwrap_or_default();
            values.extend([("burn_rate", it.long), ("burn_rate.short", short)]);
        }
        let verdict = match worst {
            Some(worst) => self.bad(worst, scene),
            None if all.iter().any(Burning::is_open) => Verdict::Quiet,
            None => Verdict::Good,
        };
        let ticket = worst.is_some_and(|it| !it.pair.page);
        let example = worst.and_then(|it| group.example(it.pair.long));
        Finding { verdict, values, at_most: ticket.then_some(Severity::Medium), example }
    }

    fn bad(&self, worst: &Burning, scene: &Scene<'_>) -> Verdict {
        let Burning { pair, long, .. } = worst;
        let state = if pair.page {
            ComponentState::PartialOutage
        } else {
            ComponentState::DegradedPerformance
        };
        let reasons = vec![Reason::BudgetBurning {
            objective: self.objective,
            rate: format!("{long:.1}"),
            limit: worst.factor.to_string(),
            long: pair.long.into(),
            short: pair.short.into(),
        }];
        Verdict::Bad { state, fault_at: scene.now, reasons }
    }
}

impl Judge for BurnRate {
    fn queries(&self) -> Vec<Query> {
        vec![self.query.clone()]
    }

    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let Some(reading) = scene.reading(0) else { return Vec::new() };
        groups::judge(scene, &reading, |group, _| self.finding(group, scene))
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Signals, View::Facts])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        let slots = scene.slots_until(&self.query.windows);
        // from then on it is a loss that nothing comes
        let watched = self.pairs.last().map(|(it, _)| scene.expected_since.plus(it.long));
        next(watched.into_iter().chain([slots]), scene.now)
    }

    fn defaults(&self) -> Defaults {
        // what comes within the shortest window is the same evidence again
        let [fast, slow, ..] = PAIRS;
        // nobody is paged for what burns longer than that
        Defaults { flap_every: fast.short, looks_back: slow.short, ..Defaults::default() }
    }
}

#[cfg(test)]
mod tests;

//! The meaning of rules held against an oracle that nobody here wrote: Prometheus' own rule engine,
//! as `promtool test rules` runs it over the same series.
//!
//! Every alert of ours is followed from evaluation to evaluation, `promtool` is told that its
//! alerts stand just so, and it says where that is not true. Where the two differ on purpose both
//! are written down: [`differences`], and "Beside Prometheus" in the health model.

mod chance;
mod differences;
mod edges;
mod generated;
mod ours;
mod theirs;

use std::collections::BTreeMap;
use std::time::Duration;

/// Rules, each in both languages.
struct Family {
    rules: Vec<Rule>,
    /// From one value of a series to the next.
    every: Duration,
    /// From one evaluation to the next; a multiple of that.
    evaluated: Duration,
}

/// One rule in both languages.
struct Rule {
    name: &'static str,
    /// What ours says beside its component, as YAML: `kind: threshold, ...`.
    ours: String,
    /// What theirs asks.
    expr: String,
    /// `for` and `keep_firing_for` of both.
    hold: Duration,
    keep: Duration,
}

/// What both see.
struct Story {
    series: Vec<Series>,
    /// How many values there are.
    steps: usize,
}

/// One series in both languages.
struct Series {
    /// What ours is, as YAML: `spans: { service: api }`.
    ours: String,
    /// What theirs is called, with its labels.
    theirs: String,
    values: Values,
}

type Values = Vec<Option<f64>>;

/// The alert of a rule for one value of the label `shop`, which is empty where there is no group.
type Key = (&'static str, String);

/// How the alerts of a story stand, a letter for each evaluation: `.` for none, `p` for pending,
/// `f` for firing.
type Phases = BTreeMap<Key, String>;

impl Rule {
    /// A rule that fires and resolves with the first evaluation that says so.
    fn new(name: &'static str, ours: impl Into<String>, expr: impl Into<String>) -> Self {
        let (ours, expr) = (ours.into(), expr.into());
        Self { name, ours, expr, hold: Duration::ZERO, keep: Duration::ZERO }
    }

    fn hold(self, hold: u64) -> Self {
        Self { hold: Duration::from_secs(hold), ..self }
    }

    fn keep(self, keep: u64) -> Self {
        Self { keep: Duration::from_secs(keep), ..self }
    }
}

impl Family {
    /// Rules that are evaluated with every value.
    fn every(seconds: u64, rules: Vec<Rule>) -> Self {
        let every = Duration::from_secs(seconds);
        Self { rules, every, evaluated: every }
    }

    /// Returns how many evaluations a story has; there is one at its begin.
    fn evaluations(&self, story: &Story) -> usize {
        let last = u32::try_from(story.steps.saturating_sub(1)).unwrap();
        let seconds = (self.every * last).as_secs() / self.evaluated.as_secs();
        usize::try_from(seconds).unwrap() + 1
    }
}

/// Holds what ours says of each story against what theirs says. Returns how many evaluations were
/// held against each other, and at how many of them an alert was there.
fn agree(family: &Family, stories: &[Story]) -> (usize, usize) {
    let told: Vec<Phases> = stories.iter().map(|it| ours::phases(family, it)).collect();
    if let Err(differs) = theirs::check(family, stories, &told) {
        panic!("{differs}");
    }
    let letters = || told.iter().flat_map(|it| it.values()).flat_map(|it| it.chars());
    let compared = letters().filter(|it| *it != theirs::NOT_HELD).count();
    let active = letters().filter(|it| matches!(it, 'p' | 'f')).count();
    (compared, active)
}

//! What one operation usually has below it.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::ERROR_LOG;

/// So many of the newest runs are held against what is usual.
pub(crate) const RECENT: u32 = 10;

/// Nothing is usual before so many runs.
const ENOUGH: u32 = 100;

/// What at least this share of runs has is usual,
const OFTEN: f64 = 0.95;

/// and what at most this share has is not.
const SELDOM: f64 = 0.05;

/// What was counted long ago counts less: at so many runs all is halved.
const MOST_RUNS: u32 = 2_000;

/// More things below one operation are not remembered.
const MOST_CHILDREN: usize = 32;

/// What an operation usually has below it, when it succeeds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Usual {
    /// Runs that count for what is usual: all but the newest.
    runs: u32,
    /// How many of the newest runs there are, at most all that are looked at.
    recent: u32,
    children: BTreeMap<Box<str>, Child>,
    last: Timestamp,
    /// What the newest runs come to.
    #[serde(skip)]
    judgement: Judgement,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Child {
    /// How many of the runs had it.
    with: u32,
    /// The newest runs, a bit each, the newest lowest.
    recent: u32,
}

/// What the newest runs of an operation come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Judgement {
    /// Nothing is usual yet.
    #[default]
    Unknown,
    /// They are as usual.
    AsUsual,
    /// They are neither as usual nor all otherwise.
    Between,
    /// None of them has what usually is there; with the share of runs that had it.
    Without(Box<str>, f64),
    /// All of them log errors, which is not usual; with the share of runs that did.
    LogsErrors(f64),
}

impl Usual {
    /// Adds a run.
    pub(crate) fn saw(&mut self, below: &BTreeSet<&str>, at: Timestamp) {
        self.last = self.last.max(at);
        for label in below {
            if self.children.len() < MOST_CHILDREN && !self.children.contains_key(*label) {
                self.children.insert((*label).into(), Child::default());
            }
        }
        // what breaks with what is usual is not learnt as long as it does
        let learns = !matches!(self.judgement, Judgement::Without(..) | Judgement::LogsErrors(_));
        let oldest = 1 << (RECENT - 1);
        let full = self.recent == RECENT;
        for (label, child) in &mut self.children {
            if full && learns {
                child.with += u32::from(child.recent & oldest != 0);
            }
            let has = below.contains(&**label);
            child.recent = (child.recent << 1 | u32::from(has)) & (2 * oldest - 1);
        }
        self.runs += u32::from(full && learns);
        self.recent = (self.recent + 1).min(RECENT);
        if self.runs >= MOST_RUNS {
            self.runs /= 2;
            self.children.values_mut().for_each(|it| it.with /= 2);
        }
        self.judgement = self.judge();
    }

    /// Goes on from what was written down: what is usual is still so, but what it did since then
    /// is not known, and the newest runs of then would say that all is well again.
    pub(crate) fn recalled(mut self) -> Self {
        self.judgement = Judgement::Unknown;
        self.recent = 0;
        self.children.values_mut().for_each(|it| it.recent = 0);
        self
    }

    /// When it ran last.
    pub(crate) fn last(&self) -> Timestamp {
        self.last
    }

    /// Returns what the newest runs come to.
    pub(crate) fn judgement(&self) -> &Judgement {
        &self.judgement
    }

    /// Holds the newest runs against what is usual.
    fn judge(&self) -> Judgement {
        if self.runs < ENOUGH || self.recent < RECENT {
            return Judgement::Unknown;
        }
        let mut between = false;
        for (label, child) in &self.children {
            let share = f64::from(child.with) / f64::from(self.runs);
            let now = child.recent.count_ones();
            if **label == *ERROR_LOG {
                if share <= SELDOM && now == RECENT {
                    return Judgement::LogsErrors(share);
                }
                between |= share <= SELDOM && now > RECENT / 2;
            } else if share >= OFTEN {
                if now == 0 {
                    return Judgement::Without(label.clone(), share);
                }
                between |= now < RECENT / 2;
            }
        }
        if between { Judgement::Between } else { Judgement::AsUsual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(usual: &mut Usual, times: u32, below: &[&str]) -> Judgement {
        for _ in 0..times {
            usual.saw(&below.iter().copied().collect(), Timestamp::default());
        }
        usual.judge()
    }

    #[test]
    fn what_is_usual_is_missed_after_ten_runs_without_it() {
        let mut usual = Usual::default();
        assert_eq!(run(&mut usual, 109, &["query postgresql"]), Judgement::Unknown);
        assert_eq!(run(&mut usual, 1, &["query postgresql", "log"]), Judgement::AsUsual);
        assert_eq!(run(&mut usual, 5, &[]), Judgement::AsUsual);
        assert_eq!(run(&mut usual, 4, &[]), Judgement::Between);
        let missing = Judgement::Without("query postgresql".into(), 1.0);
        assert_eq!(run(&mut usual, 1, &[]), missing);
        assert_eq!(run(&mut usual, 5_000, &[]), missing, "it does not become usual");
        assert_eq!(run(&mut usual, 1, &["query postgresql"]), Judgement::Between);
        assert_eq!(run(&mut usual, 4, &["query postgresql"]), Judgement::AsUsual);
    }

    #[test]
    fn what_was_written_down_says_nothing_of_now() {
        let mut usual = Usual::default();
        run(&mut usual, 200, &["query postgresql"]);
        let mut usual = usual.recalled();
        assert_eq!(*usual.judgement(), Judgement::Unknown);
        assert_eq!(run(&mut usual, 9, &[]), Judgement::Unknown);
        assert_eq!(run(&mut usual, 1, &[]), Judgement::Without("query postgresql".into(), 1.0));
    }

    #[test]
    fn what_comes_now_and_then_is_not_missed() {
        let mut usual = Usual::default();
        for _ in 0..100 {
            run(&mut usual, 4, &["query redis"]);
            run(&mut usual, 1, &[]);
        }
        assert_eq!(run(&mut usual, 50, &[]), Judgement::AsUsual);
    }

    #[test]
    fn error_logs_that_are_not_usual_are_told() {
        let mut usual = Usual::default();
        run(&mut usual, 200, &["log"]);
        assert_eq!(run(&mut usual, 9, &["log", ERROR_LOG]), Judgement::Between);
        assert_eq!(run(&mut usual, 1, &["log", ERROR_LOG]), Judgement::LogsErrors(0.0));
        assert_eq!(run(&mut usual, 5, &["log"]), Judgement::AsUsual);
    }

    #[test]
    fn made_up_children_are_bounded() {
        let mut usual = Usual::default();
        for child in 0..1_000 {
            run(&mut usual, 1, &[&format!("call {child}")]);
        }
        assert_eq!(usual.children.len(), MOST_CHILDREN);
    }
}

//! What an evaluation of a rule says about one group of signals: the seam between rules, which
//! know what is wrong, and the state machine, which knows for how long.

use std::collections::BTreeMap;

use bellwether_core::reason::Reason;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;

/// The labels of a group, by name; none for a rule that does not group.
pub type Labels = BTreeMap<String, String>;

/// What one evaluation of a rule found for one group.
///
/// A rule returns at most one sample for the same labels; two are an error of the rule. A group
/// of which nothing is known any more has no sample, which says the same as [`Verdict::Quiet`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The group.
    pub labels: Labels,
    /// What was found.
    pub verdict: Verdict,
    /// The numbers that it was found by, by name; all finite. They are for people, and are no
    /// part of an alert's identity.
    pub values: Vec<(&'static str, f64)>,
    /// How loud a breach is at most, whatever the rule or its component say.
    pub at_most: Option<Severity>,
    /// A trace that shows a breach.
    pub example: Option<TraceId>,
}

impl Sample {
    /// Makes the sample of a rule that does not group.
    pub fn of(verdict: Verdict) -> Self {
        Self { labels: Labels::new(), verdict, values: Vec::new(), at_most: None, example: None }
    }
}

/// What one evaluation of a rule came to.
///
/// Only `Good`, `Between` and `Bad` are results: they count. The others neither count nor reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is evidence, and it is as expected.
    Good,
    /// It is no breach, but not as good as the rule asks before it counts as over: the value
    /// lies between the limit and the recovery threshold.
    Between,
    /// There is evidence of a failure.
    Bad {
        /// The state that the component has by it.
        state: ComponentState,
        /// When it first happened, by event time.
        fault_at: Timestamp,
        /// What was found.
        reasons: Vec<Reason>,
    },
    /// Nothing new came, and nothing had to yet: between two results of a monitor. What was
    /// found last still holds.
    NotDue,
    /// Nothing came, and nobody promised that anything would: no traffic at night, a service that
    /// stopped in an orderly way. What was found last holds for a while; it is no alarm.
    Quiet,
    /// What had to come did not: the state is held, and after a while the loss of data is an
    /// alert of its own.
    Missing,
    /// The evaluation itself failed, which is not the same as missing evidence.
    Error {
        /// Why, for people.
        why: String,
    },
}

impl Verdict {
    /// Says whether it is a result, one that counts.
    pub fn is_result(&self) -> bool {
        matches!(self, Self::Good | Self::Between | Self::Bad { .. })
    }
}

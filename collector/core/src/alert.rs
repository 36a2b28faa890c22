//! Alerts: one rule that breached, for one set of labels.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, RuleId};
use crate::reason::Reason;
use crate::state::{ComponentState, Severity, words};
use crate::time::Timestamp;
use crate::trace::TraceId;

/// What makes two results the same alert: the rule and its labels, never values or texts.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct AlertKey {
    /// The rule.
    pub rule: RuleId,
    /// The labels of the group, sorted by name.
    pub labels: BTreeMap<String, String>,
}

/// The label that tells an alert about a rule's own data from those about what it watches.
const ABOUT: &str = "bellwether.alert";

impl AlertKey {
    /// Returns the identity of the alert about the loss of this alert's data.
    #[must_use]
    pub fn about_data(&self) -> Self {
        let mut key = self.clone();
        key.labels.insert(ABOUT.to_owned(), "data_loss".to_owned());
        key
    }

    /// Returns the identity of the alert whose data this one is about, if it is about data.
    pub fn whose_data(&self) -> Option<Self> {
        let mut key = self.clone();
        key.labels.remove(ABOUT).map(|_| key)
    }

    /// Returns the name of the series in which a number of this alert is kept, such as
    /// `rule:login-errors:error_ratio`, or `rule:slow{http.route=/reports}:p99` with labels.
    pub fn series(&self, number: &str) -> String {
        format!("rule:{self}:{number}")
    }

    /// Returns the key under which the alert of this epoch is deduplicated everywhere.
    pub fn dedup(&self, epoch: u64) -> u64 {
        let mut hash = Fnv::default();
        hash.add(self.rule.as_str());
        for (name, value) in &self.labels {
            hash.add(name);
            hash.add(value);
        }
        hash.add(&epoch.to_string());
        hash.0
    }
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule)?;
        let labels: Vec<String> =
            self.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if labels.is_empty() { Ok(()) } else { write!(f, "{{{}}}", labels.join(",")) }
    }
}

/// FNV-1a: stable across versions and machines, which the standard hasher is not.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, text: &str) {
        // the terminator keeps ("ab", "c") apart from ("a", "bc")
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

words!(
    /// Where an alert stands.
    Phase {
        /// The condition does not hold.
        Inactive = "inactive",
        /// It holds, but not yet for long enough.
        Pending = "pending",
        /// It holds, and people may be told.
        Firing = "firing",
        /// It no longer holds, but not yet for long enough.
        Recovering = "recovering",
        /// It held once and is over.
        Resolved = "resolved",
    }
);

impl Phase {
    /// Says whether the alert gives its component a state now.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Firing | Self::Recovering)
    }
}

words!(
    /// What the newest evaluation had to go by.
    Data {
        /// There were samples.
        Fresh = "fresh",
        /// There were none.
        Missing = "missing",
        /// The evaluation itself failed.
        Error = "error",
    }
);

/// Why people are not told of an alert now. Evaluation, history and resolution go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Suppression {
    /// The component is under maintenance.
    Maintenance,
    /// Something that it stands on is out, which is told instead.
    Dependency {
        /// What is out, by its own rules.
        component: ComponentId,
    },
    /// It began while something that it stands on was out, and has not had the time to clear since
    /// that is well.
    Aftermath {
        /// What was out.
        component: ComponentId,
        /// Since when that is well.
        since: Timestamp,
        /// What still fires then has a cause of its own.
        until: Timestamp,
    },
}

impl fmt::Display for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maintenance => f.write_str("maintenance"),
            Self::Dependency { component } => write!(f, "{component}, which it stands on, is out"),
            Self::Aftermath { component, until, .. } => {
                write!(f, "{component}, which it stands on, was out: it has until {until} to clear")
            }
        }
    }
}

/// The newest results of an alert, for telling whether it flaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaps {
    /// A bit for each result, the newest lowest, set for a breach.
    pub results: u32,
    /// The slot of time of the newest result, where results are taken apart by time.
    pub slot: i64,
}

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its identity.
    pub key: AlertKey,
    /// Rises when the alert resolves, so that its next life is another alert. It begins at the
    /// second of the first evaluation, so that one that was forgotten comes back as another.
    pub epoch: u64,
    /// The component that the rule gives a state.
    pub component: ComponentId,
    /// Where it stands.
    pub phase: Phase,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Results in a row that count for the next phase: breaches while pending, good ones while
    /// recovering.
    pub streak: u32,
    /// The newest results, where some of several have to be breaches: a bit each, the newest
    /// lowest, set for a breach.
    #[serde(default)]
    pub results: u64,
    /// The newest results, for telling whether it flaps.
    #[serde(default)]
    pub flaps: Flaps,
    /// Whether it flaps; then it stays firing.
    #[serde(default)]
    pub flapping: bool,
    /// What the newest evaluation had to go by.
    pub data: Data,
    /// Since when there is nothing to go by; absent while there is.
    #[serde(default)]
    pub stale_since: Option<Timestamp>,
    /// Since when what had to come did not, or evaluation fails; absent while all is as it
    /// should be.
    #[serde(default)]
    pub lost_since: Option<Timestamp>,
    /// The state that it gives while it is active.
    pub state: ComponentState,
    /// How loud it is.
    pub severity: Severity,
    /// When what it found first happened, by event time; detection is measured from here.
    pub fault_at: Option<Timestamp>,
    /// When its present life began to fire; absent before and after.
    #[serde(default)]
    pub fired_at: Option<Timestamp>,
    /// What the newest breach found, or that all is as expected.
    pub reasons: Vec<Reason>,
    /// The numbers of the newest result, by name; all finite.
    #[serde(default)]
    pub values: BTreeMap<String, f64>,
    /// A trace that shows what the newest breach found, where one does.
    #[serde(default)]
    pub example: Option<TraceId>,
    /// Why people are not told of it now.
    #[serde(default)]
    pub suppressed_by: Option<Suppression>,
}

impl Alert {
    /// Returns the component whose incident tells of it in its place, if one does.
    pub fn cause(&self) -> Option<&ComponentId> {
        match self.suppressed_by.as_ref()? {
            Suppression::Maintenance => None,
            Suppression::Dependency { component } | Suppression::Aftermath { component, .. } => {
                Some(component)
            }
        }
    }
}

/// One life of an alert, from the moment that it fired, for the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLife {
    /// Its identity.
    pub key: AlertKey,
    /// Which life it is.
    pub epoch: u64,
    /// The component that the rule gives a state.
    pub component: ComponentId,
    /// The newest state that it gave.
    pub state: ComponentState,
    /// The newest loudness.
    pub severity: Severity,
    /// When what it found first happened, by event time.
    pub fault_at: Option<Timestamp>,
    /// When it fired.
    pub fired_at: Timestamp,
    /// When it resolved; absent while it has not.
    pub resolved_at: Option<Timestamp>,
    /// What the newest breach found.
    pub reasons: Vec<Reason>,
    /// Whether people may be told of it; not those of a rule that only observes.
    pub enforced: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_rule_and_labels_and_epoch() {
        let key = |rule: &str, labels: &[(&str, &str)]| AlertKey {
            rule: rule.into(),
            labels: labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        };
        let one = key("a", &[("b", "c")]);
        assert_eq!(one.dedup(1), key("a", &[("b", "c")]).dedup(1));
        for other in [key("a", &[("bc", "")]), key("ab", &[("", "c")]), key("a", &[])] {
            assert_ne!(one.dedup(1), other.dedup(1), "{other}");
        }
        assert_ne!(one.dedup(1), one.dedup(2));
    }
}

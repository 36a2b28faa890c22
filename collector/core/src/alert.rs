//! Alerts: one rule that breached, for one set of labels.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, RuleId};
use crate::reason::Reason;
use crate::state::{ComponentState, Severity, words};
use crate::time::Timestamp;

/// What makes two results the same alert: the rule and its labels, never values or texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// The rule.
    pub rule: RuleId,
    /// The labels of the group, sorted by name.
    pub labels: BTreeMap<String, String>,
}

impl AlertKey {
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

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its identity.
    pub key: AlertKey,
    /// Rises when the alert resolves, so that its next life is another alert.
    pub epoch: u64,
    /// The component that the rule gives a state.
    pub component: ComponentId,
    /// Where it stands.
    pub phase: Phase,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Breaches in a row while pending, good samples in a row while recovering.
    pub streak: u32,
    /// What the newest evaluation had to go by.
    pub data: Data,
    /// When there was last something to go by.
    pub fresh_at: Timestamp,
    /// The state that it gives while it is active.
    pub state: ComponentState,
    /// How loud it is.
    pub severity: Severity,
    /// When what it found first happened, by event time; detection is measured from here.
    pub fault_at: Option<Timestamp>,
    /// What the newest breach found, or that all is as expected.
    pub reasons: Vec<Reason>,
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

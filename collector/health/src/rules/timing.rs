//! How long or how often a rule wants something to hold, as it is written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bellwether_core::catalog::Component;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::{ComponentState, Criticality};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::{Breach, Knobs, MOST_RESULTS, OnMissing};

/// When a breach counts, when it is over, and what missing data means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// How long a breach lasts before it fires; at once unless set.
    #[serde(rename = "for")]
    pub hold: Option<HumanDuration>,
    /// How many results in a row have to be breaches before it fires (`2`), or how many of the
    /// last ones (`3 of 5`); not together with `for`.
    pub failures: Option<Failures>,
    /// How many good results in a row clear it; 3 unless set, 1 beside `keep_firing_for`.
    pub successes: Option<u32>,
    /// How long it stays clear before it resolves; no longer than the results take unless set.
    pub keep_firing_for: Option<HumanDuration>,
    /// What missing data means: what was found last is held (`hold`, unless set), it is a breach
    /// (`fire`), or it is as good as good (`ok`).
    pub on_missing: Option<OnMissing>,
    /// How long what was found last is held before the loss of data is an alert of its own; 2m
    /// for critical components and 10m for others unless set.
    pub max_hold: Option<HumanDuration>,
}

/// How many results have to be breaches: in a row, or of the last ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Failures {
    /// So many in a row.
    InARow(#[schemars(range(min = 1))] u32),
    /// So many of the last ones.
    Of(OfLast),
}

/// So many of the last results, such as `3 of 5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct OfLast {
    bad: u32,
    last: u32,
}

/// Says why a text is not a count of the last results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a count of results: write `2` for two in a row, or `3 of 5`, up to {MOST_RESULTS}"
)]
pub struct OfLastError(String);

impl FromStr for OfLast {
    type Err = OfLastError;

    fn from_str(text: &str) -> Result<Self, OfLastError> {
        let wrong = || OfLastError(text.to_owned());
        let (bad, last) = text.split_once(" of ").ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (bad, last) = (number(bad)?, number(last)?);
        if bad == 0 || bad > last || last > MOST_RESULTS {
            return Err(wrong());
        }
        Ok(Self { bad, last })
    }
}

impl TryFrom<String> for OfLast {
    type Error = OfLastError;

    fn try_from(text: String) -> Result<Self, OfLastError> {
        text.parse()
    }
}

impl From<OfLast> for String {
    fn from(of: OfLast) -> Self {
        of.to_string()
    }
}

impl fmt::Display for OfLast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.bad, self.last)
    }
}

/// What a kind of rule wants where a rule does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// When a breach fires.
    pub breach: Breach,
    /// How many good results in a row clear it.
    pub successes: u32,
    /// How far apart results are that say something new: the window of a rule that has one, zero
    /// for one whose every result is new, and a minute for others.
    pub flap_every: Duration,
    /// For how long what was found goes on to count after it is over.
    pub looks_back: Duration,
}

impl Default for Defaults {
    fn default() -> Self {
        let Knobs { breach, successes, flap_every, looks_back, .. } = Knobs::default();
        Self { breach, successes, flap_every, looks_back }
    }
}

/// Says what of a rule's settings does not fit together, and the key that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Empty for the rule as a whole.
    pub(super) key: &'static str,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Misfit {
    pub(super) fn new(
        key: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { key, message: message.into(), help: Some(help.into()) }
    }
}

impl Timing {
    /// Turns it into knobs.
    pub(super) fn knobs(
        &self,
        component: &Component,
        state: Option<ComponentState>,
        defaults: Defaults,
    ) -> Result<Knobs, Misfit> {
        let breach = match (self.hold, self.failures) {
            (Some(_), Some(_)) => {
                return Err(Misfit::new(
                    "failures",
                    "`for` and `failures` cannot stand together",
                    "keep one of them",
                ));
            }
            (Some(hold), None) => Breach::For(hold.get()),
            (None, Some(Failures::InARow(0))) | (None, None) => defaults.breach,
            (None, Some(Failures::InARow(count))) => Breach::Failures(count),
            (None, Some(Failures::Of(OfLast { bad, last }))) => Breach::Of { bad, last },
        };
        if self.successes == Some(0) {
            return Err(Misfit::new(
                "successes",
                "without a good result nothing is over",
                "write 1 or more, or leave it out",
            ));
        }
        let successes = match self.keep_firing_for {
            Some(_) => self.successes.unwrap_or(1),
            None => self.successes.unwrap_or(defaults.successes),
        };
        Ok(Knobs {
            breach,
            successes,
            keep_firing_for: self.keep_firing_for.unwrap_or_default().get(),
            on_missing: self.on_missing.unwrap_or_default(),
            missing_state: state.unwrap_or(ComponentState::PartialOutage),
            max_hold: self.max_hold.map_or_else(|| patience_with(component), HumanDuration::get),
            flap_every: defaults.flap_every,
            looks_back: defaults.looks_back,
        })
    }
}

/// How long what was found last stands for what is: 2 min for critical components, else 10.
pub(crate) fn patience_with(component: &Component) -> Duration {
    let minutes = if component.criticality == Criticality::Critical { 2 } else { 10 };
    Duration::from_secs(60 * minutes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::catalog;

    fn knobs(json: serde_json::Value, component: &str) -> Result<Knobs, Misfit> {
        let timing: Timing = serde_json::from_value(json).unwrap();
        let catalog = catalog();
        let component = catalog.component(&component.into()).unwrap();
        timing.knobs(component, None, Defaults::default())
    }

    #[test]
    fn what_is_written_is_what_holds() {
        let seconds = Duration::from_secs;
        for (json, breach, successes, keep) in [
            (json!({}), Breach::For(seconds(0)), 3, 0),
            (json!({ "for": "5m" }), Breach::For(seconds(300)), 3, 0),
            (json!({ "failures": 2 }), Breach::Failures(2), 3, 0),
            (json!({ "failures": "3 of 5" }), Breach::Of { bad: 3, last: 5 }, 3, 0),
            (json!({ "keep_firing_for": "5m" }), Breach::For(seconds(0)), 1, 300),
            (json!({ "keep_firing_for": "5m", "successes": 2 }), Breach::For(seconds(0)), 2, 300),
        ] {
            let knobs = knobs(json.clone(), "admin").unwrap();
            let told = (knobs.breach, knobs.successes, knobs.keep_firing_for);
            assert_eq!(told, (breach, successes, seconds(keep)), "{json}");
        }
    }

    #[test]
    fn critical_components_are_held_for_less_long() {
        let max_hold = |json, component| knobs(json, component).unwrap().max_hold.as_secs();
        assert_eq!(max_hold(json!({}), "database"), 120);
        assert_eq!(max_hold(json!({}), "admin"), 600);
        assert_eq!(max_hold(json!({ "max_hold": "1m" }), "database"), 60);
    }

    #[test]
    fn what_does_not_fit_together_is_told() {
        let key = |json| knobs(json, "admin").unwrap_err().key;
        assert_eq!(key(json!({ "for": "1m", "failures": 2 })), "failures");
        assert_eq!(key(json!({ "successes": 0 })), "successes");
        for text in ["3", "0 of 5", "6 of 5", "3 of 65", "a of b", "3 of 5 of 7", ""] {
            assert!(text.parse::<OfLast>().unwrap_err().to_string().contains("3 of 5"), "{text}");
        }
    }
}

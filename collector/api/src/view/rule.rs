//! Rules, and what they found.

use std::collections::BTreeMap;

use bellwether_core::alert::{self, AlertKey, Data, Phase};
use bellwether_core::ids::{ComponentId, RuleId};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::trace::TraceId;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Reason, Time};

/// A rule that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// The component that it gives a state.
    pub component: ComponentId,
    /// Its kind, such as `threshold`.
    pub kind: String,
    /// Whether people are told of what it finds; one that is not `enforced` only observes.
    pub enforced: bool,
    /// The state that a breach gives, where the rule says so.
    pub state: Option<ComponentState>,
    /// How loud a breach is, where the rule says so.
    pub severity: Option<Severity>,
}

/// What a rule found last, for one group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Alert {
    /// The rule, and the labels of the group.
    pub key: AlertKey,
    /// The component that the rule gives a state.
    pub component: ComponentId,
    /// Where it stands.
    pub phase: Phase,
    /// Since when.
    pub since: Time,
    /// The state that it gives while it is active.
    pub state: ComponentState,
    /// How loud it is.
    pub severity: Severity,
    /// What the newest evaluation had to go by.
    pub data: Data,
    /// Since when there is nothing to go by; absent while there is.
    pub stale_since: Option<Time>,
    /// Whether it flaps.
    pub flapping: bool,
    /// Why people are not told of it now, if so.
    pub suppressed_by: Option<String>,
    /// What was found.
    pub reasons: Vec<Reason>,
    /// The numbers that it went by when it last changed, by name.
    pub values: BTreeMap<String, f64>,
    /// The id of a trace that shows what was found.
    #[serde(default)]
    pub example: Option<TraceId>,
    /// Under which name of a series each of those is kept.
    pub series: BTreeMap<String, String>,
}

impl From<&alert::Alert> for Alert {
    fn from(it: &alert::Alert) -> Self {
        let series = |name: &String| (name.clone(), it.key.series(name));
        Self {
            key: it.key.clone(),
            component: it.component.clone(),
            phase: it.phase,
            since: it.since.into(),
            state: it.state,
            severity: it.severity,
            data: it.data,
            stale_since: it.stale_since.map(Time::from),
            flapping: it.flapping,
            suppressed_by: it.suppressed_by.as_ref().map(ToString::to_string),
            reasons: it.reasons.iter().map(Reason::from).collect(),
            values: it.values.clone(),
            example: it.example,
            series: it.values.keys().map(series).collect(),
        }
    }
}

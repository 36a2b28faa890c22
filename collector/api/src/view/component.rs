use bellwether_core::ids::ComponentId;
use bellwether_core::state::{ComponentState, Criticality};
use bellwether_core::{reason, store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// A component of the catalog as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// Its id in the catalog.
    pub id: ComponentId,
    /// Its name.
    pub name: String,
    /// How much it matters.
    pub criticality: Criticality,
    /// The worst that its own rules give.
    pub own: ComponentState,
    /// The worst of its own and of what it depends on.
    pub effective: ComponentState,
    /// Since when the effective state holds; absent before the first evaluation.
    pub since: Option<Time>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why a component has its state: a sentence, and the same as data under `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The sentence.
    pub text: String,
    /// The data.
    #[serde(flatten)]
    pub reason: reason::Reason,
}

impl JsonSchema for Reason {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reason".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // kinds come with rules: who reads them takes the sentence where one is new
        schemars::json_schema!({
            "type": "object",
            "description": "Why: a sentence, and the same as data, whose fields depend on `kind`.",
            "properties": { "text": { "type": "string" }, "kind": { "type": "string" } },
            "required": ["text", "kind"],
        })
    }
}

impl From<&reason::Reason> for Reason {
    fn from(reason: &reason::Reason) -> Self {
        Self { text: reason.to_string(), reason: reason.clone() }
    }
}

/// A change of a component's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transition {
    /// Which component.
    pub component: ComponentId,
    /// When it changed.
    pub at: Time,
    /// What it was, by its own rules.
    pub own_before: ComponentState,
    /// What it became, by its own rules.
    pub own: ComponentState,
    /// What it was, with what it depends on.
    pub effective_before: ComponentState,
    /// What it became, with what it depends on.
    pub effective: ComponentState,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl From<&store::Transition> for Transition {
    fn from(it: &store::Transition) -> Self {
        Self {
            component: it.component.clone(),
            at: it.at.into(),
            own_before: it.own_before,
            own: it.own,
            effective_before: it.effective_before,
            effective: it.effective,
            reasons: it.reasons.iter().map(Reason::from).collect(),
        }
    }
}

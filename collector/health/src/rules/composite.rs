//! `composite`: a condition over the states of components holds.

use std::sync::Arc;

use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use bellwether_expr::{Condition, Lookup, Value, Vocabulary, compile};
use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::{NEVER, View};
use super::selection::refused;
use super::timing::Misfit;
use super::{Common, Judge, Kind, Scene};
use crate::sample::{Sample, Verdict};

/// What stands before the id of a component.
const STATE: &str = "state.";

/// Settings of a `composite` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    /// The condition, in CEL; `state.ID` is the effective state of a component, a text.
    when: String,
}

pub(super) const KIND: Kind = Kind {
    name: "composite",
    schema: || schemars::schema_for!(Settings),
    build: |settings, catalog| {
        let settings: Settings = super::read(settings)?;
        let judge = Composite::check(&settings, catalog)?;
        Ok((settings.common, Box::new(judge)))
    },
    // what follows from what only its owner knows
    default: |_, _| None,
};

struct Composite {
    condition: Arc<dyn Condition>,
    /// The components that it asks for.
    asks: Vec<ComponentId>,
}

impl Composite {
    fn check(settings: &Settings, catalog: &Catalog) -> Result<Self, Misfit> {
        let kind = bellwether_expr::Kind::Text;
        let names = catalog.components().map(|it| (format!("{STATE}{}", it.id), kind));
        let condition = compile(&settings.when, &Vocabulary::of(names));
        let condition = condition.map_err(|it| refused("when", it))?;
        let asks: Vec<ComponentId> = condition
            .names()
            .iter()
            .filter_map(|it| it.strip_prefix(STATE))
            .map(Into::into)
            .collect();
        // it would hold itself up for ever
        let follows = catalog.dependents(&settings.common.component);
        if let Some(id) = asks.iter().find(|it| follows.contains(*it)) {
            let message = format!("the state of `{id}` follows from the one that this rule gives");
            let help = "ask for components that do not stand on this one";
            return Err(Misfit::new("when", message, help));
        }
        Ok(Self { condition, asks })
    }

    fn verdict(&self, scene: &Scene<'_>) -> Verdict {
        let unknown = self.asks.iter().any(|id| scene.state(id) == ComponentState::Unknown);
        match self.condition.holds(&States(scene)) {
            Ok(true) => Verdict::Bad {
                state: ComponentState::PartialOutage,
                fault_at: scene.now,
                reasons: vec![Reason::ConditionHolds {
                    condition: self.condition.text().to_owned(),
                    states: self.asks.iter().map(|it| (it.clone(), scene.state(it))).collect(),
                }],
            },
            // as far as is known it does not
            Ok(false) if unknown => Verdict::Quiet,
            Ok(false) => Verdict::Good,
            Err(why) => Verdict::Error { why: why.to_string() },
        }
    }
}

struct States<'s, 'a>(&'s Scene<'a>);

impl Lookup for States<'_, '_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let id = name.strip_prefix(STATE)?;
        Some(Value::Text(self.0.state(&id.into()).as_str()))
    }
}

impl Judge for Composite {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        vec![Sample::of(self.verdict(scene))]
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::States])
    }

    fn holds_until(&self, _: &Scene<'_>) -> Timestamp {
        NEVER
    }

    fn asks(&self) -> &[ComponentId] {
        &self.asks
    }
}

#[cfg(test)]
mod tests;

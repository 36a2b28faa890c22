//! Rules, one file a kind.
//!
//! A new kind is a file with a configuration type, an implementation of [`Judge`], and one
//! line in [`KINDS`].

mod absence;
mod burn_rate;
mod circles;
mod composite;
mod groups;
mod instance_gone;
mod journey;
mod monitor;
mod monitors;
pub(crate) mod rest;
mod routes;
mod selection;
mod startup;
mod threshold;
mod timing;
mod trace_shape;

pub use circles::circles;
pub use rest::View;
pub(crate) use timing::patience_with;
pub use timing::{Defaults, Failures, OfLast, Timing};

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::alert::Alert;
use bellwether_core::catalog::{Catalog, Component, ComponentIndex, Flaw};
use bellwether_core::ids::{ComponentId, RuleId};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::store::ComponentStatus;
use bellwether_core::time::Timestamp;
use bellwether_proto::semconv;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::rest::NEVER;
use self::timing::Misfit;
use crate::evidence::Evidence;
use crate::indicators::{Grain, Indicators, Reading};
use crate::machine::Knobs;
use crate::plan::QueryId;
use crate::query::Query;
use crate::sample::{Labels, Sample, Verdict};
use crate::shapes::Shapes;

/// What a rule may look at when it is evaluated.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The component that the rule gives a state.
    pub component: &'a Component,
    /// What services reported.
    pub evidence: &'a Evidence,
    /// The numbers that were worked out from signals.
    pub indicators: &'a Indicators,
    /// The rule's queries, in the order in which it asked.
    pub queries: &'a [QueryId],
    /// The number of the component in the catalog.
    pub index: Option<ComponentIndex>,
    /// What operations usually have below them.
    pub(crate) shapes: &'a Shapes,
    /// The rule's own alerts, by their labels.
    pub alerts: Option<&'a BTreeMap<Labels, Alert>>,
    /// How components stood after the evaluation before.
    pub components: &'a BTreeMap<ComponentId, ComponentStatus>,
    /// Since when signals are watched: what came before is not known.
    pub watched_since: Timestamp,
    /// Since when what should come could have come: a restart that takes moments is no new
    /// beginning.
    pub expected_since: Timestamp,
    /// Until when what services reported means the same, if they report nothing else.
    pub facts_until: Timestamp,
    /// The time of the evaluation.
    pub now: Timestamp,
}

impl<'a> Scene<'a> {
    /// Reads one of the rule's queries.
    pub fn reading(&self, at: usize) -> Option<Reading<'a>> {
        self.indicators.read(*self.queries.get(at)?, self.now)
    }

    /// Returns until when the same signals lie in these windows, of whatever group.
    fn slots_until(&self, windows: &[Duration]) -> Timestamp {
        let Some(reading) = self.reading(0) else { return NEVER };
        let soonest = windows.iter().map(|it| Grain::of(*it).next_begin(self.now)).min();
        let turns = reading
            .groups()
            .flat_map(|it| windows.iter().filter_map(move |window| it.turns(*window)));
        let mut until = reading.untold_until().unwrap_or(NEVER);
        for turn in turns {
            until = until.min(turn);
            // none is sooner: of many groups that signals come of, the first says so
            if Some(until) <= soonest {
                break;
            }
        }
        until
    }

    /// Returns the effective state of a component after the evaluation before.
    pub fn state(&self, id: &ComponentId) -> ComponentState {
        self.components.get(id).map_or(ComponentState::Unknown, |it| it.effective)
    }

    /// Says whether all who would send signals with these labels said that they stop: the instance
    /// that the labels name, or every instance of the component's services.
    pub fn has_stopped(&self, labels: &Labels) -> bool {
        let named = |name: &str, value: &str| labels.get(name).is_none_or(|it| it == value);
        let senders = self.evidence.instances().filter(|it| {
            let source = &it.source;
            self.component.is_part_of(&source.service)
                && named(semconv::SERVICE_NAME, source.service.as_str())
                && named(semconv::SERVICE_INSTANCE_ID, source.instance.as_str())
        });
        let mut senders = senders.peekable();
        senders.peek().is_some() && senders.all(|it| it.stopped.is_some())
    }
}

/// Judges the evidence for one component.
///
/// A rule that does not group returns one sample without labels. One that groups returns the
/// groups that breach and those that have an alert, and one sample without labels that says
/// whether there is evidence at all: so that ten thousand groups that are well cost nothing.
pub trait Judge: Send + Sync {
    /// Says what the rule has to know of signals.
    fn queries(&self) -> Vec<Query> {
        Vec::new()
    }

    /// Says how the component is, by this rule alone: a sample for each group.
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample>;

    /// Says what is looked at, so that the rule rests while nothing of that changes; one that
    /// does not say is judged anew each time.
    fn looks_at(&self) -> Option<&'static [View]> {
        None
    }

    /// Says until when the same would be found, if nothing changed of what is looked at.
    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        scene.now
    }

    /// Says whether the numbers of what it finds change by time alone, such as how long it has been
    /// silent: while an alert fires people look at them.
    fn counts_time(&self) -> bool {
        false
    }

    /// Returns the components whose states it asks for.
    fn asks(&self) -> &[ComponentId] {
        &[]
    }

    /// Says what this kind wants where a rule does not say.
    fn defaults(&self) -> Defaults {
        Defaults::default()
    }

    /// Says whether it is a rule instead of which the default of its kind need not hold.
    fn replaces_default(&self) -> bool {
        true
    }
}

/// What every rule says, whatever its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Common {
    /// The component that the rule gives a state.
    pub component: ComponentId,
    /// The kind of the rule.
    pub kind: String,
    /// The state that a breach gives, whatever the rule finds; the rule's own finding unless set.
    pub state: Option<ComponentState>,
    /// How loud a breach is; by criticality and state unless set.
    pub severity: Option<Severity>,
    /// Whether people are told (`enforce`) or it is only recorded (`observe`).
    #[serde(default)]
    pub mode: Mode,
    /// When a breach counts, when it is over, and what missing data means.
    #[serde(flatten)]
    pub timing: Timing,
}

/// Whether a rule speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Breaches give states and tell people.
    #[default]
    Enforce,
    /// Breaches are recorded, and change nothing.
    Observe,
}

/// A checked rule.
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// What it says beside its kind.
    pub common: Common,
    knobs: Knobs,
    judge: Box<dyn Judge>,
}

impl Rule {
    /// Makes a rule of a judge that a test scripts.
    #[cfg(test)]
    pub(crate) fn scripted(
        id: &str,
        common: Common,
        judge: Box<dyn Judge>,
        catalog: &Catalog,
    ) -> Self {
        let component = catalog.component(&common.component).unwrap();
        let knobs = common.timing.knobs(component, common.state, judge.defaults()).unwrap();
        Self { id: id.into(), common, knobs, judge }
    }

    /// Says what the rule has to know of signals.
    pub fn queries(&self) -> Vec<Query> {
        self.judge.queries()
    }

    /// Judges the evidence and puts the rule's own state over what was found.
    pub fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let mut samples = self.judge.judge(scene);
        for sample in &mut samples {
            if let (Verdict::Bad { state, .. }, Some(fixed)) =
                (&mut sample.verdict, self.common.state)
            {
                *state = fixed;
            }
        }
        samples
    }

    /// Says what the rule looks at; see [`Judge::looks_at`].
    pub fn looks_at(&self) -> Option<&'static [View]> {
        self.judge.looks_at()
    }

    /// Says until when the same would be found; see [`Judge::holds_until`].
    pub fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        self.judge.holds_until(scene)
    }

    /// Says whether its numbers change by time alone; see [`Judge::counts_time`].
    pub fn counts_time(&self) -> bool {
        self.judge.counts_time()
    }

    /// Returns the components whose states it asks for.
    pub fn asks(&self) -> &[ComponentId] {
        self.judge.asks()
    }

    /// Returns how long or how often something has to hold.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// Returns how loud a breach is that gives the component this state.
    pub fn severity(&self, component: &Component, state: ComponentState) -> Severity {
        self.common.severity.unwrap_or_else(|| Severity::default_for(component.criticality, state))
    }
}

/// What a kind makes of its settings.
type Parts = (Common, Box<dyn Judge>);

/// A kind of rule: its name, the schema of its settings, and how to make one.
pub struct Kind {
    /// The word after `kind:`.
    pub name: &'static str,
    /// The JSON Schema of the settings.
    pub schema: fn() -> schemars::Schema,
    /// Makes a rule from settings that passed the schema.
    build: fn(serde_json::Value, &Catalog) -> Result<Parts, Misfit>,
    /// What a rule of this kind says that nobody has written, beside its component and its kind;
    /// nothing for a component that has none.
    default: fn(&Component, &Catalog) -> Option<serde_json::Value>,
}

/// Every kind that there is.
pub const KINDS: &[Kind] = &[
    startup::KIND,
    routes::KIND,
    threshold::KIND,
    absence::KIND,
    burn_rate::KIND,
    instance_gone::KIND,
    monitor::KIND,
    journey::KIND,
    composite::KIND,
    trace_shape::KIND,
];

impl Kind {
    /// Finds a kind by its name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Makes a rule from its settings.
    ///
    /// # Errors
    /// Returns a flaw when the settings are not of the kind's shape, do not fit together, or name
    /// what the catalog does not have; its path begins with `rules.ID`.
    pub fn build(
        &self,
        id: RuleId,
        settings: serde_json::Value,
        catalog: &Catalog,
    ) -> Result<Rule, Flaw> {
        let flaw = |misfit: Misfit| {
            let key =
                if misfit.key.is_empty() { String::new() } else { format!(".{}", misfit.key) };
            Flaw::new(format!("rules.{id}{key}"), misfit.message, misfit.help)
        };
        let (common, judge) = (self.build)(settings, catalog).map_err(flaw)?;
        let Some(component) = catalog.component(&common.component) else {
            let known: Vec<&str> = catalog.components().map(|it| it.id.as_str()).collect();
            return Err(flaw(Misfit {
                key: "component",
                message: format!("the catalog has no component `{}`", common.component),
                help: Some(format!("it has: {}", known.join(", "))),
            }));
        };
        let knobs = common.timing.knobs(component, common.state, judge.defaults()).map_err(flaw)?;
        Ok(Rule { id, common, knobs, judge })
    }
}

/// Reads settings that passed the schema.
fn read<T: DeserializeOwned>(settings: serde_json::Value) -> Result<T, Misfit> {
    serde_json::from_value(settings).map_err(|error| Misfit {
        key: "",
        message: error.to_string(),
        help: None,
    })
}

/// What a kind says that needs no settings.
fn no_settings(_: &Component, _: &Catalog) -> Option<serde_json::Value> {
    Some(serde_json::json!({}))
}

/// Returns the rules that hold without being written: for each component one of each kind that
/// needs no settings, unless a written rule stands for it.
pub fn with_defaults(mut written: Vec<Rule>, catalog: &Catalog) -> Vec<Rule> {
    for component in catalog.components() {
        for kind in KINDS {
            let covered = written.iter().any(|it| {
                let same = it.common.component == component.id && it.common.kind == kind.name;
                same && it.judge.replaces_default()
            });
            if !covered {
                written.extend(default_rule(kind, component, catalog));
            }
        }
    }
    written
}

/// Returns the rules that hold for a component of which nothing is written.
pub fn defaults<'a>(
    component: &'a Component,
    catalog: &'a Catalog,
) -> impl Iterator<Item = Rule> + 'a {
    KINDS.iter().filter_map(|kind| default_rule(kind, component, catalog))
}

fn default_rule(kind: &Kind, component: &Component, catalog: &Catalog) -> Option<Rule> {
    let mut settings = (kind.default)(component, catalog)?;
    settings["component"] = component.id.as_str().into();
    settings["kind"] = kind.name.into();
    let id = RuleId::from(format!("{}-{}", component.id, kind.name));
    // a default that does not fit would be a mistake of this program: a test builds each
    kind.build(id, settings, catalog).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_needs_no_settings_holds_for_every_component() {
        let raw = serde_json::from_value(serde_json::json!({ "components": { "a": {}, "b": {} } }));
        let catalog = Catalog::check(raw.unwrap()).unwrap();
        let rules = with_defaults(Vec::new(), &catalog);
        let of_a = rules.iter().filter(|it| it.common.component == "a".into());
        let kinds: Vec<&str> = of_a.map(|it| it.common.kind.as_str()).collect();
        let wanted = [
            "startup",
            "routes",
            "threshold",
            "absence",
            "instance_gone",
            "monitor",
            "journey",
            "trace_shape",
        ];
        assert_eq!(kinds, wanted);
        let ids: std::collections::BTreeSet<_> = rules.iter().map(|it| it.id.clone()).collect();
        assert_eq!(ids.len(), rules.len());
    }

    #[test]
    fn a_written_rule_replaces_the_default_of_its_kind() {
        let raw = serde_json::from_value(serde_json::json!({ "components": { "a": {} } }));
        let catalog = Catalog::check(raw.unwrap()).unwrap();
        let settings = serde_json::json!({ "component": "a", "kind": "routes", "successes": 5 });
        let mine = Kind::find("routes").unwrap().build("mine".into(), settings, &catalog).unwrap();
        let rules = with_defaults(vec![mine], &catalog);
        let routes: Vec<_> = rules.iter().filter(|it| it.common.kind == "routes").collect();
        assert_eq!(routes.len(), 1);
        assert_eq!(routes[0].knobs().successes, 5);
    }

    #[test]
    fn a_rule_about_nothing_is_a_flaw() {
        let catalog = Catalog::default();
        let settings = serde_json::json!({ "component": "nope", "kind": "startup" });
        let kind = Kind::find("startup").unwrap();
        let flaw = kind.build("r".into(), settings, &catalog).err().unwrap();
        assert_eq!(flaw.path, "rules.r.component");
    }
}

//! What is done with signals on the way: `processors`.

use std::collections::BTreeMap;

use bellwether_core::settings::HumanDuration;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use super::Loading;
use super::edits::{Attributes, Processor, Resource};
use super::hints::{self, kind_of};
use super::kinds::{Kind, schema_of};

/// What is done with a processor that is declared.
pub(super) enum Does {
    /// It is read for what it says of the health plane.
    Health,
    /// It is read, and takes something out of attributes.
    Edits(fn(&mut Loading<'_>, &str) -> Option<Processor>),
    /// Nothing, whatever its settings, because something else does its work here: this.
    Nothing(&'static str),
}

/// The kinds of processors, with those of the OpenTelemetry Collector that are taken.
pub(super) const KINDS: &[Kind<Does>] = &[
    Kind {
        name: "attributes",
        many: true,
        schema: schema_of::<Attributes>,
        read: Does::Edits(|loading, name| loading.attributes_processor(name)),
    },
    Kind { name: "health", many: false, schema: schema_of::<Health>, read: Does::Health },
    Kind {
        name: "resource",
        many: true,
        schema: schema_of::<Resource>,
        read: Does::Edits(|loading, name| loading.resource_processor(name)),
    },
    Kind {
        name: "batch",
        many: true,
        schema: anything,
        read: Does::Nothing("each destination batches what it is sent by itself"),
    },
    Kind {
        name: "memory_limiter",
        many: true,
        schema: anything,
        read: Does::Nothing("receivers bound what is in memory and ask senders to come again"),
    },
];

fn anything() -> Schema {
    Schema::default()
}

/// The health processor.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "HealthProcessor")]
pub(crate) struct Health {
    /// The catalog file, relative to this one.
    pub(crate) catalog: Option<String>,
    /// Files with rules, relative to this one.
    pub(crate) rules: Vec<String>,
    /// How often rules are evaluated; 1s unless set.
    pub(crate) evaluate_every: Option<HumanDuration>,
    /// Whether the collector walks the journeys of the catalog; it does unless this is false, for
    /// where services walk them themselves.
    pub(crate) journeys: Option<bool>,
    /// Whether spans and log records are told whose they are before they go on: component,
    /// criticality and customer, and what is at risk while the component is unwell. They are
    /// unless this is false.
    pub(crate) enrich: Option<bool>,
}

/// Returns what does the work of a processor that is taken.
pub(super) fn taken(kind: &str) -> Option<&'static str> {
    match Kind::find(KINDS, kind)?.read {
        Does::Nothing(why) => Some(why),
        _ => None,
    }
}

impl Loading<'_> {
    /// Reads each processor by its kind; returns the settings of health, and by name all that do
    /// something.
    pub(super) fn processors(&mut self) -> (Health, BTreeMap<String, Processor>) {
        let mut health = Health::default();
        // health is there without being declared
        let mut known = BTreeMap::from([("health".to_owned(), Processor::Health)]);
        for (name, section) in self.declared("processors") {
            let Some(kind) = Kind::find(KINDS, kind_of(name)) else {
                self.unknown_kind(hints::PROCESSORS, "processors", name, &Kind::names(KINDS));
                continue;
            };
            match kind.read {
                _ if !kind.many && name != kind.name => {
                    self.only_one("processors", name, kind.name);
                }
                Does::Health => {
                    let read = self.problems.take(section.read());
                    health = read.unwrap_or_else(|| self.right_of_health());
                }
                Does::Edits(read) => {
                    known.extend(read(self, name).map(|it| (name.to_owned(), it)));
                }
                Does::Nothing(why) => {
                    let path = format!("processors.{name}");
                    self.note(&path, format!("`{name}` has no effect here: {why}"));
                }
            }
        }
        (health, known)
    }

    /// Returns the files that health names although it has mistakes, so that theirs are found too.
    fn right_of_health(&self) -> Health {
        let file = |path: &str| {
            let section = self.document.section(path);
            section.and_then(|it| it.read::<String>().ok())
        };
        let rules = (0..).map_while(|at| file(&format!("processors.health.rules[{at}]")));
        Health {
            catalog: file("processors.health.catalog"),
            rules: rules.collect(),
            ..Health::default()
        }
    }
}

//! What is done with signals on the way: `processors`.

use std::collections::BTreeMap;

use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Loading;
use super::edits::Processor;
use super::hints::{self, kind_of};

/// The kinds of processors.
pub(super) const KINDS: &[&str] = &["attributes", "health", "resource"];

/// Processors of the OpenTelemetry Collector that are taken with whatever settings they have,
/// because something else does their work here.
pub(super) const TAKEN: &[(&str, &str)] = &[
    ("batch", "each destination batches what it is sent by itself"),
    ("memory_limiter", "receivers bound what is in memory and ask senders to come again"),
];

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
    TAKEN.iter().find(|(taken, _)| *taken == kind).map(|(_, why)| *why)
}

impl Loading<'_> {
    /// Reads each processor by its kind; returns the settings of health, and by name all that do
    /// something.
    pub(super) fn processors(&mut self) -> (Health, BTreeMap<String, Processor>) {
        let document = self.document;
        let mut health = Health::default();
        // health is there without being declared
        let mut known = BTreeMap::from([("health".to_owned(), Processor::Health)]);
        for (name, section) in self.declared("processors") {
            let path = format!("processors.{name}");
            let edits = match kind_of(name) {
                "attributes" => Some(self.attributes_processor(name)),
                "resource" => Some(self.resource_processor(name)),
                _ => None,
            };
            if let Some(edits) = edits {
                known.extend(edits.map(|it| (name.to_owned(), it)));
            } else if name == "health" {
                health = self.problems.take(section.read()).unwrap_or_default();
            } else if kind_of(name) == "health" {
                let help = Some("write its settings under `health`".to_owned());
                let message = "there is one health processor, and its name is `health`";
                self.problems.push(document.problem(&path, message, help));
            } else if let Some(why) = taken(kind_of(name)) {
                self.note(&path, format!("`{name}` has no effect here: {why}"));
            } else {
                let kinds: Vec<&str> =
                    KINDS.iter().chain(TAKEN.iter().map(|it| &it.0)).copied().collect();
                self.unknown_kind(hints::PROCESSORS, "processors", name, &kinds);
            }
        }
        (health, known)
    }
}

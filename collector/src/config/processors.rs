//! What is done with signals on the way: `processors`.

use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Loading;
use super::hints::{self, kind_of};

/// The kinds of processors.
pub(super) const KINDS: &[&str] = &["health"];

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
}

/// Returns what does the work of a processor that is taken.
pub(super) fn taken(kind: &str) -> Option<&'static str> {
    TAKEN.iter().find(|(taken, _)| *taken == kind).map(|(_, why)| *why)
}

impl Loading<'_> {
    /// Reads each processor by its kind; returns the settings of health.
    pub(super) fn processors(&mut self) -> Health {
        let document = self.document;
        let mut health = Health::default();
        for (name, section) in self.declared("processors") {
            let path = format!("processors.{name}");
            if name == "health" {
                health = self.problems.take(section.read()).unwrap_or_default();
            } else if kind_of(name) == "health" {
                let help = Some("write its settings under `health`".to_owned());
                let message = "there is one health processor, and its name is `health`";
                self.problems.push(document.problem(&path, message, help));
            } else if let Some(why) = taken(kind_of(name)) {
                self.note(&path, format!("`{name}` has no effect here: {why}"));
            } else {
                let known: Vec<&str> =
                    KINDS.iter().chain(TAKEN.iter().map(|it| &it.0)).copied().collect();
                self.unknown_kind(hints::PROCESSORS, "processors", name, &known);
            }
        }
        health
    }
}

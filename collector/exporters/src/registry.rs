//! Every kind of exporter. A new one is a module of its own and one line here.

use bellwether_core::ids::Destination;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::exporter::{Exporter, Parts};
use crate::settings::Problem;
use crate::{datadog, email, newrelic, otlp, otlphttp, pagerduty, slack, statuspage, webhook};

/// A kind of exporter: the part of a name in `exporters` before the slash.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name, such as `datadog`.
    pub name: &'static str,
    /// Writes the JSON Schema of its settings among others.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    root_schema: fn() -> Schema,
    build: fn(Value) -> Result<Parts, Vec<Problem>>,
}

impl Kind {
    /// Returns the JSON Schema of its settings alone, to hold a file against.
    pub fn root_schema(&self) -> Schema {
        (self.root_schema)()
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The settings of a kind, and what is made of them.
pub(crate) trait Settings: DeserializeOwned + JsonSchema {
    /// Checks the settings, with all problems at once, and builds the parts. Runs nothing.
    fn build(self) -> Result<Parts, Vec<Problem>>;
}

const fn kind<S: Settings>(name: &'static str) -> Kind {
    Kind {
        name,
        schema: |generator| generator.subschema_for::<S>(),
        root_schema: || SchemaGenerator::default().into_root_schema_for::<S>(),
        build: read::<S>,
    }
}

fn read<S: Settings>(settings: Value) -> Result<Parts, Vec<Problem>> {
    // `exporters: { datadog: }` is null in YAML and means no settings
    let settings = if settings.is_null() { Value::Object(Default::default()) } else { settings };
    let settings: S = serde_json::from_value(settings)
        .map_err(|error| vec![Problem::new("", error.to_string())])?;
    settings.build()
}

const KINDS: &[Kind] = &[
    kind::<datadog::Settings>("datadog"),
    kind::<email::Settings>("email"),
    kind::<newrelic::Settings>("newrelic"),
    kind::<otlp::Settings>("otlp"),
    kind::<otlphttp::Settings>("otlphttp"),
    kind::<pagerduty::Settings>("pagerduty"),
    kind::<slack::Settings>("slack"),
    kind::<statuspage::Settings>("statuspage"),
    kind::<webhook::Settings>("webhook"),
];

/// Returns every kind, by name.
pub fn kinds() -> &'static [Kind] {
    KINDS
}

/// Says why a destination cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No exporter has this name.
    #[error("exporters.{destination}: there is no exporter `{kind}`; there are {}", known())]
    UnknownKind {
        /// The name in the configuration.
        destination: Destination,
        /// The part of it before the slash.
        kind: String,
    },
    /// The settings are wrong.
    #[error("exporters.{destination}: {}", all(problems))]
    Settings {
        /// The name in the configuration.
        destination: Destination,
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}

impl BuildError {
    /// Returns everything that is wrong, with paths from the settings of the destination on.
    pub fn problems(self) -> Vec<Problem> {
        match self {
            Self::Settings { problems, .. } => problems,
            Self::UnknownKind { kind, .. } => {
                vec![Problem::new(
                    "",
                    format!("there is no exporter `{kind}`; there are {}", known()),
                )]
            }
        }
    }
}

fn known() -> String {
    KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect::<Vec<_>>().join(", ")
}

fn all(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
}

/// Builds the destination that the configuration names `kind` or `kind/name`; runs nothing.
///
/// # Errors
/// Tells everything that is wrong with the settings at once, without secrets.
pub fn build(destination: &Destination, settings: Value) -> Result<Exporter, BuildError> {
    let name = destination.as_str().split('/').next().unwrap_or_default();
    let kind = KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        BuildError::UnknownKind { destination: destination.clone(), kind: name.to_owned() }
    })?;
    let parts = (kind.build)(settings)
        .map_err(|problems| BuildError::Settings { destination: destination.clone(), problems })?;
    Ok(Exporter::new(destination.clone(), kind.name, parts))
}

/// Builds the parts of a kind alone, for tests of its calls.
#[cfg(test)]
pub(crate) fn read_parts(kind: &str, settings: Value) -> Option<Parts> {
    let kind = KINDS.iter().find(|it| it.name == kind)?;
    (kind.build)(settings).ok()
}

//! Datadog: OTLP for all three signals, and a v2 alert event for each change of an incident.

mod checks;
mod events;
mod otlp;
mod settings;

pub use settings::{Api, Endpoints, Settings, Site};

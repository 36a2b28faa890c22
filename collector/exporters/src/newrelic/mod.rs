//! New Relic: OTLP for all three signals, and a custom event for each change of an incident.

mod events;
mod otlp;
mod settings;

pub use settings::{AccountId, Endpoints, Region, Settings};

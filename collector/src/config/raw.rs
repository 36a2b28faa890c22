//! The configuration as it is written. What belongs to a kind of receiver, processor, exporter or
//! rule is read by that kind.

use std::collections::BTreeMap;

use bellwether_alerts::Alerting;
use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::Deserialize;

/// The collector's configuration, in the shape that users of the OpenTelemetry Collector know.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Raw {
    /// Where signals come in, by `kind` or `kind/name`; otlp unless any is set.
    pub(crate) receivers: BTreeMap<String, serde_json::Value>,
    /// What is done with them on the way, by `kind` or `kind/name`.
    pub(crate) processors: BTreeMap<String, serde_json::Value>,
    /// Where signals and notices go, by `kind` or `kind/name`.
    pub(crate) exporters: BTreeMap<String, serde_json::Value>,
    /// What belongs to no pipeline, by `kind` or `kind/name`: storage, the dashboard, tokens.
    pub(crate) extensions: BTreeMap<String, serde_json::Value>,
    /// Who is told of incidents, when, and what keeps them from being told; every channel hears
    /// every incident unless it is set.
    pub(crate) alerting: Option<Alerting>,
    /// Which receivers, processors and exporters belong together.
    pub(crate) service: Service,
}

/// Which receivers, processors and exporters belong together.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Service {
    /// Pipelines by signal: `traces`, `metrics` or `logs`, or `traces/name`. Unless any is set,
    /// every signal goes from every receiver through health to every exporter that takes it.
    pub(crate) pipelines: BTreeMap<String, Pipeline>,
    /// The extensions, as the OpenTelemetry Collector wants them listed; here those that are
    /// configured run, listed or not.
    pub(crate) extensions: Vec<String>,
    /// What the OpenTelemetry Collector is told about itself: taken, and not needed, since what this
    /// collector says of itself goes through pipelines that take from `self`.
    pub(crate) telemetry: Option<serde_json::Value>,
    /// How long a stop may take, from the signal to the end of the process; 9s unless set.
    pub(crate) shutdown_timeout: Option<HumanDuration>,
    /// Says that listening on other addresses than loopback, where nobody has to prove who
    /// they are, is meant.
    pub(crate) allow_unauthenticated: bool,
}

/// The way of one kind of signal.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pipeline {
    /// Where its signals come from.
    pub(crate) receivers: Vec<String>,
    /// What is done with them, in order.
    pub(crate) processors: Vec<String>,
    /// Where they go.
    pub(crate) exporters: Vec<String>,
}

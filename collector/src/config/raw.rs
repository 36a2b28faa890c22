//! The configuration as it is written. Vendors' own settings are read later, by kind.

use std::collections::BTreeMap;

use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::Deserialize;

/// The collector's configuration, in the shape that users of the OpenTelemetry Collector know.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Raw {
    /// Where signals come in.
    pub(crate) receivers: Receivers,
    /// What is done with them on the way.
    pub(crate) processors: Processors,
    /// Where signals and notices go, by `kind` or `kind/name`.
    pub(crate) exporters: BTreeMap<String, serde_json::Value>,
    /// What belongs to no pipeline: storage, the dashboard.
    pub(crate) extensions: Extensions,
    /// Which receivers, processors and exporters belong together.
    pub(crate) service: Service,
}

/// Where signals come in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Receivers {
    /// OTLP; gRPC on 127.0.0.1:4317 and HTTP on 127.0.0.1:4318 unless set.
    pub(crate) otlp: Otlp,
}

/// The OTLP receiver.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Otlp {
    /// The protocols that it speaks: those that are named, both unless any is.
    pub(crate) protocols: Protocols,
}

/// The protocols of the OTLP receiver.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Protocols {
    /// OTLP over gRPC.
    pub(crate) grpc: Option<bellwether_receivers::grpc::Config>,
    /// OTLP over HTTP.
    pub(crate) http: Option<bellwether_receivers::http::Config>,
}

impl Protocols {
    /// Returns those that are named, or both with their defaults when none is.
    pub(crate) fn or_both(self) -> Self {
        match self {
            Self { grpc: None, http: None } => {
                Self { grpc: Some(Default::default()), http: Some(Default::default()) }
            }
            named => named,
        }
    }
}

/// What is done with signals on the way.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Processors {
    /// Health rules.
    pub(crate) health: Health,
}

/// The health processor.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Health {
    /// The catalog file, relative to this one.
    pub(crate) catalog: Option<String>,
    /// Files with rules, relative to this one.
    pub(crate) rules: Vec<String>,
    /// How often rules are evaluated; 1s unless set.
    pub(crate) evaluate_every: Option<HumanDuration>,
}

/// What belongs to no pipeline.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Extensions {
    /// Where state and history are kept.
    pub(crate) storage: Storage,
    /// The API and the status page for the team; on http://127.0.0.1:8088 unless set.
    pub(crate) dashboard: bellwether_api::Config,
}

/// Where state and history are kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    /// The folder of the SQLite database, relative to where the collector was started;
    /// ./bellwether-data unless set.
    pub(crate) path: Option<String>,
}

/// Which receivers, processors and exporters belong together.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Service {
    /// Pipelines by signal: `traces`, `metrics` or `logs`, or `traces/name`. Unless any is set,
    /// every signal goes from otlp through health to every exporter that takes it.
    pub(crate) pipelines: BTreeMap<String, Pipeline>,
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

/// A file with rules.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleFile {
    /// Rules by id; each is read by its kind.
    pub(crate) rules: BTreeMap<String, serde_json::Value>,
}

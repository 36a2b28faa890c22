use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A receiver, by one of its protocols. Counters begin at zero when the collector starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receiver {
    /// Its name in the configuration, and the protocol, such as `otlp/grpc`.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// How many requests were acknowledged.
    pub accepted: u64,
    /// How many requests were not taken, by reason.
    pub refused: BTreeMap<String, u64>,
}

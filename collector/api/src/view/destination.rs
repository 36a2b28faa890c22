use std::collections::BTreeMap;

use bellwether_core::ids;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// A destination with its streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    /// Its name in the configuration.
    #[schemars(with = "String")]
    pub name: ids::Destination,
    /// The kind of exporter.
    pub kind: String,
    /// Telemetry to it; absent when it takes none.
    pub signals: Option<Stream>,
    /// Notices to it; absent when it takes none.
    pub notices: Option<Stream>,
    /// Points of metrics to it; absent when it takes none.
    #[serde(default)]
    pub metrics: Option<Stream>,
}

/// How a stream to a destination is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamState {
    /// The last call went well, or none was made yet.
    #[default]
    Healthy,
    /// The last call failed and is tried again.
    Retrying,
    /// It answers, and refuses for good what it is sent.
    Refusing,
    /// The destination refuses our key; it is asked again from time to time.
    Paused,
}

impl StreamState {
    /// Returns the word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Retrying => "retrying",
            Self::Refusing => "refusing",
            Self::Paused => "paused",
        }
    }
}

/// One stream to a destination. Counters begin at zero when the collector starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stream {
    /// How it is.
    pub state: StreamState,
    /// Since when it is not healthy.
    pub since: Option<Time>,
    /// Why it is not healthy, without secrets.
    pub why: Option<String>,
    /// How many requests, notices or points wait.
    pub queued: u64,
    /// How many spans, points and records those requests hold.
    pub queued_items: u64,
    /// How many bytes wait.
    pub queued_bytes: u64,
    /// When the oldest request that waits came.
    pub oldest: Option<Time>,
    /// How many requests its queue took.
    #[serde(default)]
    pub accepted: u64,
    /// How many requests there was no room for, so that their senders were told to come again.
    pub refused: u64,
    /// How many requests, notices or points the destination took.
    pub sent: u64,
    /// How many spans, points and records those requests held.
    pub sent_items: u64,
    /// How many needed no call, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// How many were given up, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// How many notices may have arrived twice, since an earlier try had no answer.
    #[serde(default)]
    pub repeated: u64,
    /// How many spans, points or records were refused out of requests that were taken.
    pub refused_items: u64,
    /// How many metric points were left out where cumulative ones become delta, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
    /// When the destination last took something.
    pub last_sent: Option<Time>,
    /// What goes well and is not as somebody meant it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

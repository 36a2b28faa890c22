use schemars::JsonSchema;
use serde::Serialize;

use super::delta::Delta;
use crate::view::Snapshot;

/// What is sent over `/api/v1/live`. Numbers rise by one with each delta.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "LiveMessage")]
pub(crate) enum Message<'a> {
    /// How everything stands; what was known before is void.
    Snapshot {
        /// Its number.
        seq: u64,
        /// All of it.
        snapshot: &'a Snapshot,
    },
    /// What changed since the message with the number before.
    Delta {
        /// Its number.
        seq: u64,
        /// The parts that changed.
        #[serde(flatten)]
        delta: Box<Delta<'a>>,
    },
}

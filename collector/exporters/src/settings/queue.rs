//! `sending_queue`: how requests wait for a destination.

use std::num::NonZeroU32;

use bellwether_core::settings::{ByteSize, HumanDuration};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problem;

/// How requests wait for the destination. Keys of the OpenTelemetry Collector are taken; what
/// they mean here is told in `docs/exporters.md`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SendingQueue {
    /// Where requests wait: `disk` (they survive a crash) or `memory`. A name of the
    /// OpenTelemetry Collector's `file_storage` is `disk`.
    pub storage: Storage,
    /// How many bytes may wait.
    pub size: ByteSize,
    /// What is done when they do: `block` refuses what comes, whose sender tries again;
    /// `drop_oldest` gives up what waited longest.
    pub policy: Policy,
    /// There always is a queue; `false` is refused.
    pub enabled: bool,
    /// How many requests may be on their way at once, at most.
    pub num_consumers: NonZeroU32,
    /// How much may wait, counted by `sizer`. Counted in bytes it is `size`; requests and items
    /// are not counted here, and `size` bounds the queue.
    pub queue_size: Option<u64>,
    /// What `queue_size` counts.
    pub sizer: Sizer,
    /// How requests are put together.
    pub batch: Batch,
}

/// Where requests wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Storage {
    /// In a folder; what was acknowledged survives a crash.
    #[default]
    Disk,
    /// In memory; a crash loses it.
    Memory,
}

impl TryFrom<String> for Storage {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split('/').next().unwrap_or_default() {
            "disk" | "file_storage" => Ok(Self::Disk),
            "memory" => Ok(Self::Memory),
            _ => Err(format!("there is no storage `{text}`: write `disk` or `memory`")),
        }
    }
}

impl JsonSchema for Storage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QueueStorage".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "`disk` or `memory`.",
            "pattern": "^(disk|memory|file_storage(/.*)?)$",
            "examples": ["disk", "memory"],
        })
    }
}

/// What is done with what comes when a queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "QueuePolicy")]
pub enum Policy {
    /// It is refused, and its sender tries again.
    #[default]
    Block,
    /// What waited longest is given up.
    DropOldest,
}

/// What a size counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "QueueSizer")]
pub enum Sizer {
    /// Requests.
    #[default]
    Requests,
    /// Spans, points and log records.
    Items,
    /// Bytes.
    Bytes,
}

/// How requests are put together. They are whenever several wait, and never wait for others.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "QueueBatch")]
pub struct Batch {
    /// How large a request may become, counted in bytes; 1 MiB unless set.
    pub max_size: Option<u64>,
    /// Taken, and not needed: nothing waits to become larger.
    pub min_size: Option<u64>,
    /// Taken, and not needed: nothing waits to become larger.
    pub flush_timeout: Option<HumanDuration>,
    /// What `max_size` counts; it holds when that is bytes.
    pub sizer: Sizer,
}

/// How large a request may become when several are put together.
const BATCH: u64 = 1 << 20;

impl Default for SendingQueue {
    fn default() -> Self {
        Self {
            storage: Storage::default(),
            size: ByteSize::from_mib(256),
            policy: Policy::default(),
            enabled: true,
            num_consumers: NonZeroU32::MIN.saturating_add(9),
            queue_size: None,
            sizer: Sizer::default(),
            batch: Batch::default(),
        }
    }
}

/// How requests wait, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Where.
    pub storage: Storage,
    /// How many bytes.
    pub size: u64,
    /// What is done when there is no room.
    pub policy: Policy,
    /// How many requests may be on their way at once, at most.
    pub in_flight: u32,
    /// How many bytes are put together in one request.
    pub batch: usize,
}

impl Default for QueueSettings {
    fn default() -> Self {
        SendingQueue::default().check(&mut Vec::new())
    }
}

impl SendingQueue {
    /// Says what of it has no effect.
    pub(crate) fn notes(&self) -> Vec<Problem> {
        let mut notes = Vec::new();
        let mut note = |key: &str, message: &str| {
            notes.push(Problem::new(format!("sending_queue.{key}"), message));
        };
        if self.queue_size.is_some() && self.sizer != Sizer::Bytes {
            let message =
                format!("has no effect here: the queue is bounded by its bytes, {}", self.size);
            note("queue_size", &message);
        }
        if self.batch.max_size.is_some() && self.batch.sizer != Sizer::Bytes {
            note(
                "batch.max_size",
                "has no effect here: only bytes are counted, with `sizer: bytes`",
            );
        }
        if self.batch.min_size.is_some() || self.batch.flush_timeout.is_some() {
            note(
                "batch",
                "`min_size` and `flush_timeout` have no effect here: nothing waits to become larger",
            );
        }
        notes
    }

    /// Checks it, and complains about what cannot be meant.
    pub(crate) fn check(&self, problems: &mut Vec<Problem>) -> QueueSettings {
        let mut wrong = |key: &str, message: &str| {
            problems.push(Problem::new(format!("sending_queue.{key}"), message));
        };
        if !self.enabled {
            wrong("enabled", "there always is a queue: leave it out, or set `storage: memory`");
        }
        let size = match (self.sizer, self.queue_size) {
            (Sizer::Bytes, Some(bytes)) => bytes,
            _ => self.size.bytes(),
        };
        if size == 0 {
            wrong("size", "nothing fits into a queue of no size: write at least `1MiB`");
        }
        let batch = match (self.batch.sizer, self.batch.max_size) {
            (Sizer::Bytes, Some(bytes)) if bytes > 0 => bytes,
            _ => BATCH,
        };
        QueueSettings {
            storage: self.storage,
            size,
            policy: self.policy,
            in_flight: self.num_consumers.get(),
            batch: usize::try_from(batch).unwrap_or(usize::MAX),
        }
    }
}

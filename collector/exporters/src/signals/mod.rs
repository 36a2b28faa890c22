//! OTLP out: what a vendor says about requests, and the queue and worker that carry them.

pub(crate) mod pack;
pub(crate) mod partial;
mod queue;
mod worker;

use bellwether_core::ingest::Signal;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::{Answer, Call};
use crate::verdict::{Verdict, by_status, otlp_retryable};

pub(crate) use queue::Queue;
pub use queue::{NotQueued, SignalSender};
pub(crate) use worker::SignalWorker;

/// The media type of OTLP in protobuf.
pub(crate) const PROTOBUF: &str = "application/x-protobuf";

/// How bodies are compressed on their way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// gzip.
    #[default]
    Gzip,
    /// As it is.
    None,
}

/// The largest request that a destination takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Before compression.
    pub plain: usize,
    /// As it leaves.
    pub packed: usize,
}

impl Limit {
    /// No limit is known.
    pub const NONE: Self = Self { plain: usize::MAX, packed: usize::MAX };

    /// Limits the size before compression.
    pub const fn plain(bytes: usize) -> Self {
        Self { plain: bytes, packed: usize::MAX }
    }

    /// Limits the size as it leaves.
    pub const fn packed(bytes: usize) -> Self {
        Self { plain: usize::MAX, packed: bytes }
    }
}

/// Renders OTLP requests for a destination and judges its answers. No I/O.
pub trait SignalVendor: Send + Sync {
    /// Renders a request. `body` is the OTLP protobuf message, already compressed if
    /// [`SignalVendor::compression`] says so; the worker adds `Content-Encoding`.
    fn call(&self, signal: Signal, body: Bytes) -> Call;

    /// Says how large a request may be.
    fn limit(&self, signal: Signal) -> Limit {
        let _ = signal;
        Limit::NONE
    }

    /// Says how bodies are compressed.
    fn compression(&self) -> Compression {
        Compression::Gzip
    }

    /// Judges an answer. The default is the OTLP specification's table, with 401 and 403 as pause.
    fn judge(&self, answer: &Answer) -> Verdict {
        by_status(answer, otlp_retryable)
    }

    /// Renders a call that only asks whether our key is taken; absent when there is none.
    fn probe(&self) -> Option<Call> {
        None
    }
}

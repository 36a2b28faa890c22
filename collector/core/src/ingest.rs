//! The seam between receivers and the pipeline.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::BoxFuture;

/// What kind of OTLP request a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportMetricsServiceRequest`.
    Metrics,
    /// `ExportLogsServiceRequest`.
    Logs,
}

impl Signal {
    /// Every kind of request.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// Returns the word used in pipelines and paths: `traces`, `metrics`, `logs`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is not what it says; sending it again cannot help.
    #[error("malformed request: {0}")]
    Malformed(String),
    /// There is no room now; the sender keeps the request and tries again.
    #[error("overloaded, try again in {retry_after:?}")]
    Overloaded {
        /// How long the sender should wait.
        retry_after: Duration,
    },
    /// The collector is about to stop; the sender tries again, elsewhere or later.
    #[error("stopping")]
    Stopping,
}

/// What was not taken of a request that was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// How many spans, points or log records were dropped for good.
    pub rejected: u64,
    /// Why, or a warning when nothing was dropped.
    pub message: Option<String>,
}

/// Takes OTLP requests; an `Ok` is an acknowledgement and must be true after a crash.
pub trait Ingest: Send + Sync {
    /// Takes one request, the whole body as it came, decompressed and validated. May be
    /// dropped before it is done, when the sender hangs up.
    fn ingest(&self, signal: Signal, body: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>>;

    /// Says whether the health plane has seen the `telemetry.probe` event with this nonce, not
    /// long ago. Where no health plane listens, nothing is seen.
    fn has_seen(&self, nonce: &str) -> bool {
        let _ = nonce;
        false
    }

    /// Notes that a request was refused, here or before it came here, and why in a word of the
    /// telemetry conventions.
    fn refused(&self, signal: Signal, why: &'static str) {
        let _ = (signal, why);
    }
}

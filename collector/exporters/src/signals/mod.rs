//! OTLP out: what a vendor says about requests, and the worker that carries them out of a queue.

mod delivery;
mod delta;
mod fit;
mod flow;
pub(crate) mod pack;
mod parcel;
pub(crate) mod partial;
mod progress;
mod settle;
mod worker;

use bellwether_core::ingest::Signal;
use bellwether_otlp::delta::Limits;

use crate::call::{Answer, Call};
use crate::verdict::{Verdict, by_status, otlp_retryable};

pub use fit::{Fit, Fitting};
pub use pack::{Compression, Packed};
pub(crate) use worker::SignalWorker;

/// The media type of OTLP in protobuf.
pub(crate) const PROTOBUF: &str = "application/x-protobuf";

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
    /// Renders a request. `packed` is the OTLP protobuf message, compressed as
    /// [`SignalVendor::compression`] says.
    fn call(&self, signal: Signal, packed: Packed) -> Call;

    /// Says how large a request may be.
    fn limit(&self, signal: Signal) -> Limit {
        let _ = signal;
        Limit::NONE
    }

    /// Says how bodies are compressed.
    fn compression(&self) -> Compression {
        Compression::Gzip
    }

    /// Says how much may be known of cumulative series to turn them into delta; absent where the
    /// destination takes them as they are.
    fn only_delta(&self) -> Option<Limits> {
        None
    }

    /// Returns the `Export*ServiceResponse` of an answer that is a success.
    fn response<'a>(&self, answer: &'a Answer) -> &'a [u8] {
        &answer.body
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

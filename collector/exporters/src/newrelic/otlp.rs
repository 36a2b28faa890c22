//! New Relic's OTLP endpoint.

use bellwether_core::ingest::Signal;
use http::{HeaderName, HeaderValue, Method};

use crate::call::{Answer, Call};
use crate::signals::{Compression, Limit, Packed, SignalVendor};
use crate::verdict::{Verdict, api_retryable, by_status};

/// Renders OTLP for New Relic.
pub(super) struct Otlp {
    pub(super) otlp: String,
    pub(super) key: HeaderValue,
    pub(super) compression: Compression,
}

impl SignalVendor for Otlp {
    fn call(&self, signal: Signal, packed: Packed) -> Call {
        let url = format!("{}/v1/{}", self.otlp, signal.as_str());
        Call::new("send OTLP", Method::POST, url)
            .otlp(packed)
            .header(HeaderName::from_static("api-key"), self.key.clone())
    }

    fn compression(&self) -> Compression {
        self.compression
    }

    fn limit(&self, _: Signal) -> Limit {
        Limit::packed(1_000_000)
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        by_status(answer, api_retryable)
    }
}

//! Datadog's OTLP intake.

use bellwether_core::ingest::Signal;
use bellwether_otlp::delta::Limits;
use http::{HeaderName, HeaderValue, Method};

use crate::call::Call;
use crate::signals::{Compression, Limit, Packed, SignalVendor};

/// Renders OTLP for Datadog.
pub(super) struct Otlp {
    pub(super) otlp: String,
    pub(super) api: String,
    pub(super) key: HeaderValue,
    pub(super) compression: Compression,
    pub(super) cumulative: Limits,
}

/// Renders the call that asks whether the API key is taken.
pub(super) fn validate(api: &str, key: &HeaderValue) -> Call {
    Call::new("validate key", Method::GET, format!("{api}/api/v1/validate"))
        .header(HeaderName::from_static("dd-api-key"), key.clone())
}

impl SignalVendor for Otlp {
    fn call(&self, signal: Signal, packed: Packed) -> Call {
        let url = format!("{}/v1/{}", self.otlp, signal.as_str());
        let call = Call::new("send OTLP", Method::POST, url)
            .otlp(packed)
            .header(HeaderName::from_static("dd-api-key"), self.key.clone());
        match signal {
            // without it no trace metrics are computed
            Signal::Traces => call
                .header(HeaderName::from_static("compute_stats"), HeaderValue::from_static("true")),
            // without it `business.component` and all else on the resource are no tags
            Signal::Metrics => call.header(
                HeaderName::from_static("dd-otel-metric-config"),
                HeaderValue::from_static(r#"{"resource_attributes_as_tags":true}"#),
            ),
            Signal::Logs => call,
        }
    }

    fn compression(&self) -> Compression {
        self.compression
    }

    fn limit(&self, signal: Signal) -> Limit {
        match signal {
            Signal::Traces => Limit::plain(15 << 20),
            Signal::Metrics => Limit::packed(512 << 10),
            // 5.1 MiB
            Signal::Logs => Limit::plain((51 << 20) / 10),
        }
    }

    /// The intake refuses cumulative sums and histograms.
    fn only_delta(&self) -> Option<Limits> {
        Some(self.cumulative)
    }

    fn probe(&self) -> Option<Call> {
        Some(validate(&self.api, &self.key))
    }
}

//! The keys of the receiver; they mean what they mean to the OpenTelemetry Collector.

use std::num::NonZeroU32;

use bellwether_core::settings::Endpoint;
use schemars::JsonSchema;
use serde::Deserialize;

/// Configures the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpGrpcReceiver")]
pub struct Config {
    /// Host and port to listen on.
    pub endpoint: Endpoint,
    /// Largest request in MiB, before and after decompression.
    pub max_recv_msg_size_mib: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        let max_recv_msg_size_mib = NonZeroU32::MIN.saturating_add(63);
        Self { endpoint: Endpoint::loopback(4317), max_recv_msg_size_mib }
    }
}

impl Config {
    /// Returns the largest request in bytes.
    pub(super) fn max_message(&self) -> usize {
        let mib = usize::try_from(self.max_recv_msg_size_mib.get()).unwrap_or(usize::MAX);
        mib.saturating_mul(1 << 20)
    }
}

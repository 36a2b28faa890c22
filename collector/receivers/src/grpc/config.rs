//! The keys of the receiver; they mean what they mean to the OpenTelemetry Collector.

use std::num::NonZeroU32;

use bellwether_core::settings::Endpoint;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::Auth;
use crate::tls::Tls;

/// Configures the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpGrpcReceiver")]
pub struct Config {
    /// Host and port to listen on.
    pub endpoint: Endpoint,
    /// TLS; without it, senders speak in plain text.
    pub tls: Option<Tls>,
    /// Who decides who may send; without it, everybody who reaches the port.
    pub auth: Option<Auth>,
    /// Largest request in MiB, before and after decompression.
    pub max_recv_msg_size_mib: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        let max_recv_msg_size_mib = NonZeroU32::MIN.saturating_add(63);
        Self { endpoint: Endpoint::loopback(4317), tls: None, auth: None, max_recv_msg_size_mib }
    }
}

impl Config {
    /// Returns the largest request in bytes.
    pub(super) fn max_message(&self) -> usize {
        let mib = usize::try_from(self.max_recv_msg_size_mib.get()).unwrap_or(usize::MAX);
        mib.saturating_mul(1 << 20)
    }
}

//! The keys of the receiver; they mean what they mean to the OpenTelemetry Collector.

use bellwether_core::settings::{ByteSize, Endpoint};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::Auth;
use crate::tls::Tls;

/// Configures the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpHttpReceiver")]
pub struct Config {
    /// Host and port to listen on.
    pub endpoint: Endpoint,
    /// TLS; without it, senders speak in plain text.
    pub tls: Option<Tls>,
    /// Who decides who may send; without it, everybody who reaches the port.
    pub auth: Option<Auth>,
    /// Which web pages may send.
    pub cors: Cors,
    /// Largest request, before and after decompression: a number of bytes, or with a unit.
    pub max_request_body_size: BodySize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::loopback(4318),
            tls: None,
            auth: None,
            cors: Cors::default(),
            max_request_body_size: BodySize(64 << 20),
        }
    }
}

/// Says which web pages may send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpHttpCors")]
pub struct Cors {
    /// Origins of those pages, such as `https://app.example` or `https://*.example`; `*` for all.
    /// None unless set.
    pub allowed_origins: Vec<String>,
    /// Request headers that those pages may set, besides those that every page may and
    /// `X-Requested-With`; `*` for all.
    pub allowed_headers: Vec<String>,
    /// For how many seconds a browser may remember the answer.
    pub max_age: Option<u32>,
}

/// The size of a request: at least one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub struct BodySize(usize);

impl BodySize {
    /// Returns the number of bytes.
    pub const fn bytes(self) -> usize {
        self.0
    }
}

/// A size as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    /// A number of bytes.
    Bytes(u64),
    /// A number with a unit.
    WithUnit(ByteSize),
}

impl TryFrom<Written> for BodySize {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let bytes = match written {
            Written::Bytes(bytes) => bytes,
            Written::WithUnit(size) => size.bytes(),
        };
        match usize::try_from(bytes).unwrap_or(usize::MAX) {
            0 => Err("no request would fit: write a size such as `64MiB`"),
            bytes => Ok(Self(bytes)),
        }
    }
}

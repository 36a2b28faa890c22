//! Plain OTLP over gRPC, to anything that speaks it.
//!
//! A request is its bytes with five in front of them, so nothing is decoded on the way.

mod status;

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::Signal;
use bellwether_core::settings::HumanDuration;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, TE};
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::{Answer, Call};
use crate::exporter::Parts;
use crate::registry;
use crate::settings::{
    Headers, Problem, RetryOnFailure, SendingQueue, TlsSettings, base_url, headers, ten_seconds,
    timing, unless,
};
use crate::signals::{Compression, Packed, SignalVendor};
use crate::verdict::Verdict;
use crate::wire::{Protocol, Wire};

/// Settings of `otlp`; the keys mean what they mean in the OpenTelemetry Collector.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "otlp")]
pub struct Settings {
    /// Host and port, such as `collector.example:4317`. With `http://` in front, or with
    /// `tls: { insecure: true }`, it is spoken to without TLS.
    pub endpoint: String,
    /// Whom we trust and who we are.
    #[serde(default)]
    pub tls: TlsSettings,
    /// Headers to send with every request. Their values are kept secret.
    #[serde(default)]
    pub headers: Headers,
    /// How bodies are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How long one request may take.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
    /// How requests wait.
    #[serde(default)]
    pub sending_queue: SendingQueue,
    /// How a request that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let base = base(&self.endpoint, self.tls.insecure, &mut problems);
        let mut all = headers(&self.headers, &mut problems);
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        all.insert(TE, HeaderValue::from_static("trailers"));
        all.insert(HeaderName::from_static("grpc-timeout"), grpc_timeout(self.timeout.get()));
        let is_plain = base.parse::<Uri>().is_ok_and(|it| it.scheme() == Some(&Scheme::HTTP));
        let vendor = OtlpGrpc { base, headers: all, compression: self.compression };
        let parts = Parts {
            metrics: None,
            references: Vec::new(),
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            queue: self.sending_queue.check(&mut problems),
            wire: Wire {
                protocol: if is_plain { Protocol::PlainHttp2 } else { Protocol::Http2 },
                tls: self.tls.check(&mut problems),
                relay: None,
            },
            secrets: self.headers.into_values().collect(),
            signals: Some(Arc::new(vendor)),
            notices: None,
            notes: [self.sending_queue.notes(), self.tls.notes()].concat(),
        };
        unless(problems, parts)
    }
}

/// Returns the URL that paths are added to.
fn base(endpoint: &str, insecure: bool, problems: &mut Vec<Problem>) -> String {
    let endpoint = endpoint.trim();
    // gRPC's own way to say that a name is looked up, with the name server that it may hold
    let endpoint = endpoint
        .strip_prefix("dns:")
        .map_or(endpoint, |rest| rest.trim_start_matches('/').rsplit('/').next().unwrap_or(rest));
    if endpoint.starts_with("unix:") {
        let message = "a socket of the file system is not spoken to: write a host and a port";
        problems.push(Problem::new("endpoint", message));
        return String::new();
    }
    if endpoint.contains("://") {
        return base_url("endpoint", endpoint, problems);
    }
    if endpoint.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
        let message = "must be a host and a port, such as `collector.example:4317`";
        problems.push(Problem::new("endpoint", message));
        return String::new();
    }
    let scheme = if insecure { "http" } else { "https" };
    base_url("endpoint", &format!("{scheme}://{endpoint}"), problems)
}

/// Writes how long the server may take, in at most eight digits as gRPC wants.
fn grpc_timeout(timeout: Duration) -> HeaderValue {
    let text = match timeout.as_millis() {
        millis @ ..100_000_000 => format!("{}m", millis.max(1)),
        millis => format!("{}S", (millis / 1_000).min(99_999_999)),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("10S"))
}

/// Renders OTLP over gRPC.
struct OtlpGrpc {
    base: String,
    headers: HeaderMap,
    compression: Compression,
}

/// Bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

impl SignalVendor for OtlpGrpc {
    fn call(&self, signal: Signal, packed: Packed) -> Call {
        let service = match signal {
            Signal::Traces => "trace.v1.TraceService",
            Signal::Metrics => "metrics.v1.MetricsService",
            Signal::Logs => "logs.v1.LogsService",
        };
        let url = format!("{}/opentelemetry.proto.collector.{service}/Export", self.base);
        let mut call = Call::new("send OTLP", Method::POST, url);
        call.headers = self.headers.clone();
        let name = packed.compression.name();
        if let Some(name) = name {
            let encoding = HeaderName::from_static("grpc-encoding");
            call.headers.insert(encoding, HeaderValue::from_static(name));
        }
        let length = u32::try_from(packed.body.len()).unwrap_or(u32::MAX).to_be_bytes();
        let prefix: Vec<u8> = [u8::from(name.is_some())].into_iter().chain(length).collect();
        call.body = packed.body;
        call.body.push_front(Bytes::from(prefix));
        call
    }

    fn compression(&self) -> Compression {
        self.compression
    }

    fn response<'a>(&self, answer: &'a Answer) -> &'a [u8] {
        answer.body.get(PREFIX..).unwrap_or_default()
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        status::judge(answer)
    }
}

#[cfg(test)]
mod tests;

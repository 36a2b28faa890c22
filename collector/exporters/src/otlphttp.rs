//! Plain OTLP over HTTP with protobuf, to anything that speaks it.

use std::sync::Arc;

use bellwether_core::ingest::Signal;
use bellwether_core::settings::HumanDuration;
use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::Call;
use crate::exporter::Parts;
use crate::registry;
use crate::settings::{
    Headers, Problem, RetryOnFailure, SendingQueue, TlsSettings, base_url, headers, thirty_seconds,
    timing, unless,
};
use crate::signals::{Compression, Packed, SignalVendor};
use crate::wire::{Protocol, Wire};

/// Settings of `otlphttp`; the keys mean what they mean in the OpenTelemetry Collector.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "otlphttp")]
pub struct Settings {
    /// The base URL; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added to it.
    pub endpoint: String,
    /// The whole URL for traces, instead of the one made from `endpoint`.
    pub traces_endpoint: Option<String>,
    /// The whole URL for metrics, instead of the one made from `endpoint`.
    pub metrics_endpoint: Option<String>,
    /// The whole URL for logs, instead of the one made from `endpoint`.
    pub logs_endpoint: Option<String>,
    /// Headers to send with every request. Their values are kept secret.
    #[serde(default)]
    pub headers: Headers,
    /// How bodies are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How long one request may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: HumanDuration,
    /// How requests wait.
    #[serde(default)]
    pub sending_queue: SendingQueue,
    /// How a request that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
    /// Whom we trust and who we are, where the endpoint says `https`.
    #[serde(default)]
    pub tls: TlsSettings,
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let base = base_url("endpoint", &self.endpoint, &mut problems);
        let mut url = |signal: Signal, own: Option<&String>| match own {
            Some(own) => base_url(&format!("{}_endpoint", signal.as_str()), own, &mut problems),
            None => format!("{base}/v1/{}", signal.as_str()),
        };
        let urls = [
            url(Signal::Traces, self.traces_endpoint.as_ref()),
            url(Signal::Metrics, self.metrics_endpoint.as_ref()),
            url(Signal::Logs, self.logs_endpoint.as_ref()),
        ];
        let headers = headers(&self.headers, &mut problems);
        let tls = self.tls.check(&mut problems);
        let parts = Parts {
            metrics: None,
            references: Vec::new(),
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            queue: self.sending_queue.check(&mut problems),
            wire: Wire { protocol: Protocol::Http, tls, relay: None },
            secrets: self.headers.into_values().collect(),
            signals: Some(Arc::new(OtlpHttp { urls, headers, compression: self.compression })),
            notices: None,
            notes: [self.sending_queue.notes(), self.tls.notes()].concat(),
        };
        unless(problems, parts)
    }
}

/// Renders OTLP over HTTP.
struct OtlpHttp {
    urls: [String; 3],
    headers: HeaderMap,
    compression: Compression,
}

impl SignalVendor for OtlpHttp {
    fn call(&self, signal: Signal, packed: Packed) -> Call {
        let [traces, metrics, logs] = &self.urls;
        let url = match signal {
            Signal::Traces => traces,
            Signal::Metrics => metrics,
            Signal::Logs => logs,
        };
        let mut call = Call::new("send OTLP", Method::POST, url.clone());
        call.headers = self.headers.clone();
        call.otlp(packed)
    }

    fn compression(&self) -> Compression {
        self.compression
    }
}

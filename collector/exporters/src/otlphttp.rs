//! Plain OTLP over HTTP with protobuf, to anything that speaks it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::ingest::Signal;
use bellwether_core::settings::{HumanDuration, Secret};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::call::Call;
use crate::exporter::Parts;
use crate::registry;
use crate::settings::{
    Problem, SendingQueue, base_url, secret_header, thirty_seconds, timing, unless,
};
use crate::signals::{Compression, PROTOBUF, SignalVendor};

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
    pub headers: BTreeMap<String, Secret>,
    /// How bodies are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How long one request may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: HumanDuration,
    /// How requests wait.
    #[serde(default)]
    pub sending_queue: SendingQueue,
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
        let mut headers = HeaderMap::new();
        for (name, secret) in &self.headers {
            let path = format!("headers.{name}");
            let value = secret_header(&path, "", secret, &mut problems);
            match HeaderName::try_from(name.as_str()) {
                Ok(name) => drop(headers.insert(name, value)),
                Err(_) => problems.push(Problem::new(path, "is not the name of a header")),
            }
        }
        let parts = Parts {
            timing: timing(self.timeout, &mut problems),
            queue_bytes: self.sending_queue.bytes(),
            secrets: self.headers.into_values().collect(),
            signals: Some(Arc::new(OtlpHttp { urls, headers, compression: self.compression })),
            notices: None,
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
    fn call(&self, signal: Signal, body: Bytes) -> Call {
        let [traces, metrics, logs] = &self.urls;
        let url = match signal {
            Signal::Traces => traces,
            Signal::Metrics => metrics,
            Signal::Logs => logs,
        };
        let mut call = Call::new("send OTLP", Method::POST, url.clone());
        call.headers = self.headers.clone();
        call.body(PROTOBUF, body)
    }

    fn compression(&self) -> Compression {
        self.compression
    }
}

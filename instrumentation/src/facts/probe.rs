//! Asks the collector whether a probe arrived, on the endpoint and over the protocol that telemetry takes.

use std::time::Duration;

use crate::env::Lookup;
use crate::exporters::Protocol;

mod over_grpc;
#[cfg(feature = "http-proto")]
mod over_http;

/// How the collector makes itself known; a receiver that knows nothing of probes has no such header.
const HEADER: &str = "bellwether-probe";
/// Where OTLP over HTTP takes logs, and what stands in a variable that names the place of logs alone.
#[cfg(feature = "http-proto")]
const LOGS: &str = "/v1/logs";
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the receiver says of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// The collector's health plane has seen it.
    Seen,
    /// It has not, or not yet.
    Unseen,
    /// Whoever answers is not our collector, or nobody answers; with the reason.
    Unknown(String),
}

/// Holds where to ask, how, and with which credentials.
#[derive(Clone)]
pub(crate) struct ProbeTarget {
    protocol: Protocol,
    endpoint: String,
    /// Names and values, as they are sent.
    headers: Vec<(String, String)>,
}

impl ProbeTarget {
    /// Reads the standard variables for the signal that carries probes, which is logs.
    pub(crate) fn read(env: &Lookup, protocol: Protocol) -> Self {
        let get = |name| env(name).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let (own, common) = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
        let endpoint = match protocol {
            Protocol::Grpc => {
                get(own).or_else(|| get(common)).unwrap_or_else(|| "http://localhost:4317".into())
            }
            #[cfg(feature = "http-proto")]
            Protocol::Http => {
                let own = get(own).map(|it| it.strip_suffix(LOGS).unwrap_or(&it).to_owned());
                own.or_else(|| get(common)).unwrap_or_else(|| "http://localhost:4318".into())
            }
        };
        let headers = get("OTEL_EXPORTER_OTLP_LOGS_HEADERS")
            .or_else(|| get("OTEL_EXPORTER_OTLP_HEADERS"))
            .unwrap_or_default();
        let headers = headers.split(',').filter_map(header).collect();
        Self { protocol, endpoint: endpoint.trim_end_matches('/').to_owned(), headers }
    }

    /// Returns the endpoint, for messages.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks once, over a connection of its own.
    pub(crate) async fn ask(&self, nonce: &str) -> Sighting {
        let asking = async {
            match self.protocol {
                Protocol::Grpc => over_grpc::ask(self, nonce).await,
                #[cfg(feature = "http-proto")]
                Protocol::Http => over_http::ask(self, nonce).await,
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(sighting)) => sighting,
            Ok(Err(error)) => Sighting::Unknown(error),
            Err(_elapsed) => Sighting::Unknown("no answer".to_owned()),
        }
    }
}

/// Returns what is asked of whom telemetry goes to.
fn path(nonce: &str) -> String {
    format!("/v1/probe/{nonce}")
}

/// Reads an answer by its status and the collector's own header.
fn judge(status: u16, word: Option<&str>) -> Sighting {
    match (status, word) {
        (200, Some("seen")) => Sighting::Seen,
        (404, Some("unseen")) => Sighting::Unseen,
        (status, _) => Sighting::Unknown(format!("it answered {status}")),
    }
}

/// Reads one header of the form `name=value`, percent-encoded; `None` when it is none.
fn header(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let value = String::from_utf8_lossy(&decode(value.trim())).into_owned();
    Some((name.trim().to_owned(), value)).filter(|(name, _)| !name.is_empty())
}

fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests;

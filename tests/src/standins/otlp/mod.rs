//! OTLP over HTTP as a vendor reads it: bodies decoded into flat records.

mod decode;
mod model;
mod store;

use axum::http::HeaderMap;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;
use serde_json::json;

use super::body::media_type;

pub(crate) use decode::decode;
pub use model::{Attributes, Batch, LogRecord, MetricKind, MetricPoint, Span, Temporality};
pub use store::{ServiceCounts, Telemetry};

/// A telemetry signal, known by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `/v1/traces`.
    Traces,
    /// `/v1/metrics`.
    Metrics,
    /// `/v1/logs`.
    Logs,
}

impl Signal {
    /// Finds the signal of a path, which must match exactly.
    pub fn of_path(path: &str) -> Option<Self> {
        match path {
            "/v1/traces" => Some(Self::Traces),
            "/v1/metrics" => Some(Self::Metrics),
            "/v1/logs" => Some(Self::Logs),
            _ => None,
        }
    }

    /// Returns the name used in paths.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    fn rejected_field(self) -> &'static str {
        match self {
            Self::Traces => "rejectedSpans",
            Self::Metrics => "rejectedDataPoints",
            Self::Logs => "rejectedLogRecords",
        }
    }
}

/// How an OTLP body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl Encoding {
    /// Reads it from `Content-Type`; `None` for anything else, gRPC included.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        match media_type(headers)?.as_str() {
            "application/x-protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// Encodes an export response; `partial` is (rejected items, message).
///
/// The three responses have the same field numbers, so one serves for all in protobuf.
pub fn response(signal: Signal, encoding: Encoding, partial: Option<(i64, &str)>) -> Bytes {
    match (encoding, partial) {
        (Encoding::Json, None) => Bytes::from_static(b"{}"),
        (Encoding::Json, Some((rejected, message))) => {
            let success =
                json!({ signal.rejected_field(): rejected.to_string(), "errorMessage": message });
            json!({ "partialSuccess": success }).to_string().into()
        }
        (Encoding::Protobuf, partial) => {
            let partial_success = partial.map(|(rejected, message)| ExportMetricsPartialSuccess {
                rejected_data_points: rejected,
                error_message: message.to_owned(),
            });
            ExportMetricsServiceResponse { partial_success }.encode_to_vec().into()
        }
    }
}

/// `google.rpc.Status`, as far as OTLP needs it.
#[derive(Clone, PartialEq, Message)]
pub struct RpcStatus {
    /// gRPC status code.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// Text for developers.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// Encodes the body of a failure: a `google.rpc.Status` in the request's encoding.
pub fn failure(encoding: Encoding, code: i32, message: &str) -> Bytes {
    match encoding {
        Encoding::Json => json!({ "code": code, "message": message }).to_string().into(),
        Encoding::Protobuf => {
            let message = message.to_owned();
            RpcStatus { code, message }.encode_to_vec().into()
        }
    }
}

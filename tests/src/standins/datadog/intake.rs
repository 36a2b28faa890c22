//! Datadog's OTLP intake: keys, sizes, and metrics in delta only.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::standins::{
    body::{Coding, InflateError, coding, inflate},
    lock,
    otlp::{self, Batch, Encoding, MetricKind, MetricPoint, Signal, Temporality},
    record::Verdict,
    vendor::{Answer, Call},
};

use super::Datadog;

/// What the intake says when it refuses metric points.
pub(crate) const NOT_DELTA: &str = "Payload validation failed: OTLP metrics intake does not accept \
     cumulative histogram metrics, cumulative monotonic sum metrics or other unspecified metrics";

const KIB: usize = 1024;
/// Metrics are limited as sent, so compression helps.
const METRICS_LIMIT: usize = 512 * KIB;
/// 5.1 MiB, after decompression.
const LOGS_LIMIT: usize = 5_347_737;
/// After decompression.
const TRACES_LIMIT: usize = 15 * KIB * KIB;
/// Guards this program, not a rule of Datadog's.
const SANITY_LIMIT: usize = 64 * KIB * KIB;

impl Datadog {
    /// Judges an OTLP request and stores what passes.
    pub(super) fn intake(&self, call: &Call) -> Answer {
        let Some(signal) = Signal::of_path(&call.path) else {
            return failure(Encoding::Json, StatusCode::NOT_FOUND, "no such path");
        };
        let Some(encoding) = Encoding::of(&call.headers) else {
            let why = "content-type must be application/x-protobuf or application/json";
            return failure(Encoding::Json, StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
        };
        if !self.has_api_key(call) {
            return failure(encoding, StatusCode::FORBIDDEN, "missing or wrong dd-api-key");
        }
        let batch = match read(call, signal, encoding) {
            Ok(batch) => batch,
            Err((status, why)) => return failure(encoding, status, &why),
        };
        match self.delta_only(batch) {
            (batch, 0) => {
                let status = match signal {
                    Signal::Traces => self.config.trace_status,
                    _ => StatusCode::OK,
                };
                let body = otlp::response(signal, encoding, None);
                Answer::new(status, encoding.media_type(), body).about(self.telemetry.store(batch))
            }
            (batch, rejected) => {
                *lock(&self.rejected_points) += rejected;
                let count = i64::try_from(rejected).unwrap_or(i64::MAX);
                let body = otlp::response(signal, encoding, Some((count, NOT_DELTA)));
                let mut summary = self.telemetry.store(batch);
                summary["rejected"] = json!(rejected);
                let mut answer = Answer::new(StatusCode::OK, encoding.media_type(), body)
                    .because(format!("{rejected} metric points refused: {NOT_DELTA}"))
                    .about(summary);
                answer.verdict = Verdict::Partial;
                answer
            }
        }
    }

    /// Takes out the points that the intake refuses and counts them.
    fn delta_only(&self, batch: Batch) -> (Batch, u64) {
        let Batch::Metrics(points) = batch else {
            return (batch, 0);
        };
        let strict = self.config.strict_delta;
        let (kept, refused): (Vec<MetricPoint>, Vec<MetricPoint>) =
            points.into_iter().partition(|point| accepted(point, strict));
        (Batch::Metrics(kept), refused.len().try_into().unwrap_or(u64::MAX))
    }
}

fn accepted(point: &MetricPoint, strict: bool) -> bool {
    match (point.kind, point.temporality) {
        (MetricKind::Nothing, _) => false,
        (MetricKind::Gauge | MetricKind::Summary, _) | (_, Temporality::Delta) => true,
        (MetricKind::Sum, Temporality::Cumulative) => !strict,
        _ => false,
    }
}

/// Checks headers and sizes, decompresses, decodes.
fn read(call: &Call, signal: Signal, encoding: Encoding) -> Result<Batch, (StatusCode, String)> {
    let bad = |why: String| (StatusCode::BAD_REQUEST, why);
    let too_large = |why: &str| (StatusCode::PAYLOAD_TOO_LARGE, why.to_owned());
    if let Some(config) = call.header("dd-otel-metric-config")
        && !serde_json::from_str::<Value>(config).is_ok_and(|config| config.is_object())
    {
        return Err(bad("dd-otel-metric-config is not a JSON object".to_owned()));
    }
    let coding = match coding(&call.headers) {
        Ok(coding) if coding != Coding::Deflate => coding,
        _ => {
            let why = "content-encoding must be gzip, zstd or identity".to_owned();
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
    };
    let (as_sent, limit) = match signal {
        Signal::Metrics => (METRICS_LIMIT, SANITY_LIMIT),
        Signal::Logs => (usize::MAX, LOGS_LIMIT),
        Signal::Traces => (usize::MAX, TRACES_LIMIT),
    };
    if call.body.len() > as_sent {
        return Err(too_large("metrics payload is larger than 512 KiB as sent"));
    }
    let plain = inflate(coding, &call.body, limit).map_err(|error| match error {
        InflateError::TooLarge => too_large("payload is too large after decompression"),
        InflateError::Broken(why) => bad(format!("body is not what content-encoding says: {why}")),
    })?;
    otlp::decode(signal, encoding, &plain).map_err(bad)
}

fn failure(encoding: Encoding, status: StatusCode, why: &str) -> Answer {
    let code = match status {
        StatusCode::FORBIDDEN => 7,
        StatusCode::NOT_FOUND => 5,
        _ => 3,
    };
    let body = otlp::failure(encoding, code, why);
    Answer::new(status, encoding.media_type(), body).because(why)
}

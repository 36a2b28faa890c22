//! New Relic's OTLP endpoint.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;

use crate::standins::{
    body::{Coding, InflateError, coding, inflate},
    otlp::{self, Attributes, Batch, Encoding, MetricKind, MetricPoint, Signal, Temporality},
    record::Verdict,
    vendor::{Answer, Call},
};

use super::{
    NewRelic, NrIntegrationError,
    attributes::{limit, limit_shared},
    empty,
};

/// Largest payload as sent, in bytes: 1 MB, not 1 MiB.
pub(super) const PAYLOAD_LIMIT: usize = 1_000_000;
/// Guards this program, not a rule of New Relic's.
pub(super) const SANITY_LIMIT: usize = 64 * 1024 * 1024;

const HOUR: i128 = 3_600_000_000_000;

impl NewRelic {
    /// Judges an OTLP request and stores what passes.
    pub(super) fn intake(&self, call: &Call, signal: Signal) -> Answer {
        if call.method != Method::POST {
            return empty(StatusCode::METHOD_NOT_ALLOWED).because("only POST is allowed");
        }
        match call.header("api-key") {
            None | Some("") => return empty(StatusCode::UNAUTHORIZED).because("missing api-key"),
            Some(key) if key != self.config.license_key => {
                return empty(StatusCode::FORBIDDEN).because("wrong api-key");
            }
            Some(_) => {}
        }
        let batch = match read(call, signal) {
            Ok(batch) => batch,
            Err((status, why)) => return empty(status).because(why),
        };
        let mut told = Vec::new();
        let batch = validate(batch, call.now, &mut told);
        let summary = self.telemetry.store(batch);
        // A success has no body at all, not even an encoded response.
        let mut answer = empty(StatusCode::OK).about(summary);
        if !told.is_empty() {
            answer.verdict = Verdict::Partial;
            answer.reason = Some(format!("NrIntegrationError: {}", told.join("; ")));
        }
        self.report(told.into_iter().map(|message| error(signal, call.now, message)).collect());
        answer
    }
}

fn error(signal: Signal, at: Timestamp, message: String) -> NrIntegrationError {
    let (feature, category) = match signal {
        Signal::Traces => ("Distributed Tracing", "SpanApiException"),
        Signal::Metrics => ("Metrics", "MetricApiException"),
        Signal::Logs => ("Logs", "LogApiException"),
    };
    NrIntegrationError { at, feature, category, request_id: None, message }
}

fn read(call: &Call, signal: Signal) -> Result<Batch, (StatusCode, String)> {
    let Some(encoding) = Encoding::of(&call.headers) else {
        let why = "content-type must be application/x-protobuf or application/json".to_owned();
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    };
    let coding = match coding(&call.headers) {
        Ok(coding) if coding != Coding::Deflate => coding,
        _ => {
            let why = "content-encoding must be gzip, zstd or identity".to_owned();
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
    };
    let too_large = |why: &str| (StatusCode::PAYLOAD_TOO_LARGE, why.to_owned());
    if call.body.len() > PAYLOAD_LIMIT {
        return Err(too_large("payload is larger than 1,000,000 bytes as sent"));
    }
    let plain = inflate(coding, &call.body, SANITY_LIMIT).map_err(|error| match error {
        InflateError::TooLarge => too_large("payload is larger than 64 MiB after decompression"),
        InflateError::Broken(why) => (StatusCode::BAD_REQUEST, why),
    })?;
    otlp::decode(signal, encoding, &plain).map_err(|why| (StatusCode::BAD_REQUEST, why))
}

/// Does what New Relic does after it has answered: cuts attributes, drops points.
fn validate(batch: Batch, now: Timestamp, told: &mut Vec<String>) -> Batch {
    match batch {
        Batch::Spans(mut spans) => {
            for span in &mut spans {
                limit(&mut span.attributes, told);
                limit_shared(&mut span.resource, told);
            }
            Batch::Spans(spans)
        }
        Batch::Logs(mut logs) => {
            for log in &mut logs {
                limit(&mut log.attributes, told);
                limit_shared(&mut log.resource, told);
            }
            Batch::Logs(logs)
        }
        Batch::Metrics(points) => {
            let kept = points.into_iter().filter_map(|mut point| {
                if let Some(why) = unfit(&point, now) {
                    told.push(format!("metric {}: {why}; the point was dropped", point.name));
                    return None;
                }
                limit(&mut point.attributes, told);
                limit_shared(&mut point.resource, told);
                Some(point)
            });
            Batch::Metrics(kept.collect())
        }
    }
}

/// Tells why New Relic drops a metric point, if it does.
fn unfit(point: &MetricPoint, now: Timestamp) -> Option<String> {
    let why = match (point.kind, point.temporality) {
        (MetricKind::Nothing, _) => "it has no data",
        (MetricKind::Sum, Temporality::Delta) => "non-monotonic delta sums are not supported",
        (MetricKind::Gauge | MetricKind::Summary, _) => "",
        (_, Temporality::Unspecified) => "its temporality is unspecified",
        _ => "",
    };
    if !why.is_empty() {
        return Some(why.to_owned());
    }
    if !point.value.is_finite() {
        return Some("its value is not a finite number".to_owned());
    }
    let age = now.as_nanosecond() - i128::from(point.time_unix_nano);
    if !(-24 * HOUR..=48 * HOUR).contains(&age) {
        return Some("its timestamp is not within 48 hours back and 24 hours ahead".to_owned());
    }
    let named = |attributes: &Attributes| attributes.contains_key(&point.name);
    if named(&point.attributes) || named(&point.resource) {
        return Some("an attribute has the metric's own name".to_owned());
    }
    let count = point.attributes.len() + point.resource.len();
    (count > 100).then(|| format!("it has {count} attributes; 100 are allowed"))
}

//! The path of each request: fault, vendor, record, fault, answer.

use std::{collections::BTreeMap, convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Query, Request, State},
    http::{HeaderMap, Response, StatusCode},
    response::IntoResponse,
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    conn::Control,
    fault::{Fault, ResetAt},
    otlp::{self, Signal},
    record::{Record, Verdict},
    server::App,
    vendor::{Answer, Call, Vendor},
};

/// No vendor takes more than this; a stand-in must not be a way to fill memory.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Headers worth remembering. Keys are not among them, on purpose.
const KEPT_HEADERS: [&str; 8] = [
    "content-type",
    "content-encoding",
    "user-agent",
    "compute_stats",
    "dd-otel-metric-config",
    "dd-otel-span-mapping",
    "dd-otlp-source",
    "accept",
];

/// Handles every request that is not for the stand-in itself.
pub(crate) async fn guard<V: Vendor>(
    State(app): State<Arc<App<V>>>,
    ConnectInfo(control): ConnectInfo<Control>,
    request: Request,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut call = Call {
        query: query(&parts.uri),
        method: parts.method,
        path,
        headers: parts.headers,
        body: Bytes::new(),
        now: (app.clock)(),
        instant: Instant::now(),
    };
    if app.door.refuses() {
        control.cut();
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    let fault = app.faults.take(call.method.as_str(), &call.path);
    if fault == Some(Fault::Reset { at: ResetAt::Request }) {
        app.records.push(faulted(&call, 0, fault.as_ref()));
        control.cut();
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => call.body = body,
        // The sender went away, or sends more than anybody would take.
        Err(_) => return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
    }
    if let Some(Fault::Answer { status, retry_after, body, after_storing: false }) = &fault {
        let answer = planned(&app.vendor, &call, *status, *retry_after, body.as_deref());
        app.records.push(faulted(&call, answer.status.as_u16(), fault.as_ref()));
        return Ok(answer.response(answer.body.clone().into()));
    }
    let answer = app.vendor.answer(&call);
    let answer = disturb(&app.vendor, &call, fault.as_ref(), answer);
    let releases = app.faults.releases();
    app.records.push(record(&call, &answer, fault.as_ref()));
    Ok(deliver(fault, answer, control, releases).await)
}

fn query(uri: &axum::http::Uri) -> Vec<(String, String)> {
    Query::<Vec<(String, String)>>::try_from_uri(uri).map_or_else(|_| Vec::new(), |query| query.0)
}

/// Replaces the answer to a request that was stored, where the fault says so.
fn disturb<V: Vendor>(
    vendor: &V,
    call: &Call,
    fault: Option<&Fault>,
    mut answer: Answer,
) -> Answer {
    match fault {
        Some(Fault::Answer { status, retry_after, body, .. }) => {
            let mut planned = planned(vendor, call, *status, *retry_after, body.as_deref());
            planned.verdict = answer.verdict;
            planned.summary = answer.summary;
            planned
        }
        Some(Fault::EmptyAnswer) if answer.status.is_success() => {
            answer.body = Bytes::new();
            answer
        }
        Some(Fault::PartialSuccess { rejected, message }) if answer.status.is_success() => {
            let Some(signal) = Signal::of_path(&call.path) else {
                return answer;
            };
            let encoding = otlp::Encoding::of(&call.headers).unwrap_or(otlp::Encoding::Protobuf);
            answer.content_type = encoding.media_type();
            answer.body = otlp::response(signal, encoding, Some((*rejected, message)));
            answer
        }
        _ => answer,
    }
}

fn planned<V: Vendor>(
    vendor: &V,
    call: &Call,
    status: u16,
    retry_after: Option<u64>,
    body: Option<&str>,
) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = vendor.fault(&call.path, status, retry_after);
    if let Some(body) = body {
        answer.body = Bytes::copy_from_slice(body.as_bytes());
    }
    answer
}

async fn deliver(
    fault: Option<Fault>,
    answer: Answer,
    control: Control,
    mut releases: tokio::sync::watch::Receiver<u64>,
) -> Response<Body> {
    match fault {
        Some(Fault::Late { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Fault::Hold) => {
            // The sender of releases lives as long as the server itself.
            let _ = releases.changed().await;
        }
        Some(Fault::Reset { .. }) => return answer.response(half_a_body(&answer.body, control)),
        _ => {}
    }
    answer.response(answer.body.clone().into())
}

/// Sends the first half of `body`, lets it reach the wire, then cuts the connection.
fn half_a_body(body: &Bytes, control: Control) -> Body {
    let half = body.slice(..body.len() / 2);
    Body::from_stream(stream::unfold(Some(half), move |half| {
        let control = control.clone();
        async move {
            match half {
                Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
                _ => {
                    tokio::task::yield_now().await;
                    control.cut();
                    let error = io::Error::from(io::ErrorKind::ConnectionReset);
                    Some((Err(error), None))
                }
            }
        }
    }))
}

fn faulted(call: &Call, status: u16, fault: Option<&Fault>) -> Record {
    let answer = Answer::json(StatusCode::OK, &Value::Null);
    let mut record = record(call, &answer, fault);
    record.verdict = Verdict::Faulted;
    record.status = status;
    record
}

fn record(call: &Call, answer: &Answer, fault: Option<&Fault>) -> Record {
    Record {
        sequence: 0,
        at: call.now,
        method: call.method.to_string(),
        path: call.path.clone(),
        query: call.query.iter().map(hidden).collect(),
        headers: kept(&call.headers),
        bytes: call.body.len(),
        verdict: answer.verdict,
        status: match fault {
            Some(Fault::Reset { .. }) => 0,
            _ => answer.status.as_u16(),
        },
        reason: answer.reason.clone(),
        warnings: answer.warnings.clone(),
        fault: fault.map(|fault| json!(fault).to_string()),
        summary: answer.summary.clone(),
    }
}

/// Hides the value of a parameter that may be a credential.
fn hidden((name, value): &(String, String)) -> (String, String) {
    let secret = name.to_ascii_lowercase().contains("key");
    (name.clone(), if secret { "***".to_owned() } else { value.clone() })
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    KEPT_HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect()
}

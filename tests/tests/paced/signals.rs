//! What services report, at times of the story.

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bellwether_tests::harness::records::{self, number, text};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message;

/// A request, as a receiver hands it on.
pub(crate) type Request = (Signal, Vec<u8>);

/// One run of a monitor: its name, what it guards, and whether it passed.
pub(crate) type Run = (String, String, bool);

/// Writes runs of monitors.
pub(crate) fn monitors(runs: &[Run], at: Timestamp) -> Request {
    let span = |(name, component, passed): &Run| {
        let outcome = if *passed { "passed" } else { "failed" };
        let code = if *passed { StatusCode::Unset } else { StatusCode::Error };
        Span {
            name: format!("monitor.check {name}"),
            kind: SpanKind::Internal.into(),
            attributes: vec![
                text("monitor.name", name),
                text("monitor.outcome", outcome),
                text("business.component", component),
            ],
            status: Some(Status { code: code.into(), ..Status::default() }),
            ..records::span(nanos(at))
        }
    };
    traces(runs.iter().map(span).collect())
}

/// Writes requests that were served on a route, or that failed before there was an answer.
pub(crate) fn served(route: &str, answered: bool, count: usize, at: Timestamp) -> Request {
    let code = if answered { StatusCode::Unset } else { StatusCode::Error };
    let status = answered.then(|| number("http.response.status_code", 200));
    let known = [text("http.request.method", "POST"), text("http.route", route)];
    let span = Span {
        name: format!("POST {route}"),
        kind: SpanKind::Server.into(),
        attributes: known.into_iter().chain(status).collect(),
        status: Some(Status { code: code.into(), ..Status::default() }),
        ..records::span(nanos(at))
    };
    traces(vec![span; count])
}

/// Writes the routes that an instance serves.
pub(crate) fn manifest(routes: &[&str], at: Timestamp) -> Request {
    let request = records::manifest(resource(), routes, nanos(at));
    (Signal::Logs, request.encode_to_vec())
}

fn traces(spans: Vec<Span>) -> Request {
    (Signal::Traces, records::spans(resource(), spans).encode_to_vec())
}

fn resource() -> Resource {
    records::resource("marketedge-api", "1", "instance-1")
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.nanos()).unwrap_or_default()
}

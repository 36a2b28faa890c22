use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};

use crate::testing::otlp::{event, records, served, spans, text};
use crate::testing::play::Play;

/// Requests as traces: the request, a span in between, and a query below that.
struct Traces {
    play: Play,
    next: u64,
}

impl Traces {
    fn new(settings: Value) -> Self {
        let mut rule = json!({ "kind": "trace_shape" });
        rule.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        Self { play: Play::new(&[("r", rule)]), next: 1 }
    }

    fn span(&mut self, trace: u64, parent: u64, kind: i32, name: &str) -> (u64, Span) {
        self.next += 1;
        let second = self.play.second();
        let id = |it: u64| if it == 0 { Vec::new() } else { it.to_be_bytes().to_vec() };
        let span = Span {
            trace_id: [0, trace].iter().flat_map(|it| it.to_be_bytes()).collect(),
            span_id: id(self.next),
            parent_span_id: id(parent),
            kind,
            name: name.into(),
            ..served(second, 5, name, 200)
        };
        (self.next, span)
    }

    /// One request a second; children come in a request of their own, a little later.
    fn requests(&mut self, count: u64, queries: bool, logs: Option<i32>) {
        for _ in 0..count {
            let trace = self.next;
            let (request, one) = self.span(trace, 0, 2, "GET /x");
            let (between, two) = self.span(trace, request, 1, "load");
            let (_, mut query) = self.span(trace, between, 3, "SELECT");
            query.attributes = vec![text("db.system.name", "postgresql")];
            self.play.send(Signal::Traces, &spans("api", vec![one]));
            self.play.pass(1);
            let below = if queries { vec![query, two] } else { vec![two] };
            self.play.send(Signal::Traces, &spans("api", below));
            if let Some(severity_number) = logs {
                let mut log = event("", self.play.second());
                log.trace_id = [0, trace].iter().flat_map(|it| it.to_be_bytes()).collect();
                log.span_id = between.to_be_bytes().to_vec();
                log.severity_number = severity_number;
                self.play.send(Signal::Logs, &records("api", vec![log]));
            }
        }
    }
}

const KEY: &str = "r{operation=GET /x,service.name=api}";

/// "`trace_shape`: an operation that used to have a child (a query, a call, a log) now succeeds
/// without it".
#[test]
fn a_request_that_succeeds_without_its_query_is_found() {
    let mut traces = Traces::new(json!({}));
    traces.requests(150, true, None);
    assert_eq!(traces.play.state("a"), ComponentState::Operational);
    traces.requests(9, false, None);
    traces.play.pass(15);
    assert!(!traces.play.fires(KEY), "nine may be chance");
    traces.requests(1, false, None);
    traces.play.pass(16);
    assert!(traces.play.fires(KEY));
    assert_eq!(traces.play.state("a"), ComponentState::PartialOutage);
    let told = "GET /x of api succeeds without query postgresql, which 100 % of its runs had";
    assert_eq!(traces.play.reason(KEY), told);
    traces.requests(10, true, None);
    traces.play.pass(20);
    assert_eq!(traces.play.state("a"), ComponentState::Operational);
}

/// "or its error logs rise while its status stays OK: the failure that looks like success".
#[test]
fn a_request_that_succeeds_and_logs_errors_is_found() {
    let mut traces = Traces::new(json!({ "operation": "GET /x" }));
    traces.requests(150, true, Some(9));
    traces.requests(10, true, Some(17));
    traces.play.pass(16);
    assert!(traces.play.fires("r"));
    assert_eq!(traces.play.state("a"), ComponentState::DegradedPerformance);
    assert!(traces.play.reason("r").contains("logs errors and says that it succeeds"));
}

#[test]
fn a_log_that_is_always_there_is_missed_too() {
    let mut traces = Traces::new(json!({}));
    traces.requests(150, true, Some(9));
    traces.requests(10, true, None);
    traces.play.pass(16);
    assert!(traces.play.reason(KEY).contains("succeeds without log"));
}

/// One that fails says so itself.
#[test]
fn requests_that_fail_are_not_held_against_it() {
    let mut traces = Traces::new(json!({}));
    traces.requests(150, true, None);
    for _ in 0..20 {
        let trace = traces.next;
        let (_, mut failed) = traces.span(trace, 0, 2, "GET /x");
        failed.status =
            Some(opentelemetry_proto::tonic::trace::v1::Status { code: 2, message: String::new() });
        traces.play.send(Signal::Traces, &spans("api", vec![failed]));
        traces.play.pass(1);
    }
    traces.play.pass(16);
    assert!(!traces.play.fires(KEY));
}

#[test]
fn without_being_written_it_is_recorded_and_tells_nobody() {
    let mut traces = Traces::new(json!({}));
    traces.play = Play::with_defaults(json!({ "components": { "a": { "services": ["api"] } } }));
    traces.requests(150, true, None);
    traces.requests(10, false, None);
    traces.play.pass(16);
    assert!(traces.play.fires("a-trace_shape{operation=GET /x,service.name=api}"));
    assert_eq!(traces.play.active(), Vec::<String>::new());
}

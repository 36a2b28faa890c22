use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;

use bellwether_core::catalog::Catalog;
use bellwether_core::facts::{Fact, Hit, StartupOutcome};

use super::super::*;

/// What one request told, the harvest after it included.
#[derive(Debug, Default, PartialEq)]
struct Observations {
    items: u64,
    facts: Vec<Observed>,
    traffic: Vec<Traffic>,
}

fn observe(signal: Signal, body: &[u8], now: Timestamp) -> Observations {
    let (plan, _) = Plan::new(&Catalog::default(), []);
    let observer = Observer::new(Arc::new(plan), 2);
    let Seen { items, facts } = observer.observe(signal, body, now);
    let traffic = observer.harvest().traffic;
    assert!(observer.harvest().traffic.is_empty(), "a harvest takes all");
    Observations { items, facts, traffic }
}

const NOW: Timestamp = Timestamp::from_secs(1_000);

fn value(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn text(key: &str, text: &str) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: value(Value::StringValue(text.into())),
        ..Default::default()
    }
}

fn int(key: &str, int: i64) -> KeyValue {
    KeyValue { key: key.into(), value: value(Value::IntValue(int)), ..Default::default() }
}

fn resource() -> Option<Resource> {
    let attributes = vec![
        text("service.name", "api"),
        text("service.version", "2"),
        text("service.instance.id", "i-1"),
    ];
    Some(Resource { attributes, ..Default::default() })
}

fn spans(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans, ..Default::default() }];
    let resource_spans =
        vec![ResourceSpans { resource: resource(), scope_spans, ..Default::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn records(log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = vec![ScopeLogs { log_records, ..Default::default() }];
    let resource_logs =
        vec![ResourceLogs { resource: resource(), scope_logs, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

fn server(attributes: Vec<KeyValue>) -> Span {
    Span { kind: 2, end_time_unix_nano: 900_000_000_000, attributes, ..Default::default() }
}

fn traffic(attributes: Vec<KeyValue>) -> Vec<Hit> {
    let seen = observe(Signal::Traces, &spans(vec![server(attributes)]), NOW);
    seen.traffic.into_iter().map(|it| it.hit).collect()
}

#[test]
fn a_404_counts_as_missing_only_when_no_route_answered_it() {
    let (get, status) =
        (text("http.request.method", "GET"), |code| int("http.response.status_code", code));
    let (path, route) = (text("url.path", "/a/7"), text("http.route", "/a/{id}"));
    let answered = vec![Hit::Answered { method: "GET".into(), route: "/a/{id}".into() }];
    let missing = vec![Hit::NotFound { method: "GET".into(), path: "/a/7".into() }];
    for (attributes, hits) in [
        (vec![get.clone(), status(200), path.clone(), route.clone()], answered.clone()),
        // the application's own answer
        (vec![get.clone(), status(404), path.clone(), route], answered.clone()),
        (vec![get.clone(), status(404), path.clone()], missing.clone()),
        // the route of another method, and the prefix of a mounted router
        (
            vec![get.clone(), status(405), path.clone(), text("http.route", "/a/{id}")],
            missing.clone(),
        ),
        (vec![get.clone(), status(404), path.clone(), text("http.route", "/a")], missing.clone()),
        // as Express writes it
        (
            vec![get.clone(), status(404), path.clone(), text("http.route", "/a/:id")],
            answered.clone(),
        ),
        (vec![get.clone(), status(405), path.clone()], missing.clone()),
        (vec![get.clone(), status(200), path.clone()], vec![]),
        (vec![get, status(404)], vec![]),
        // the names before the conventions settled
        (
            vec![
                text("http.method", "GET"),
                int("http.status_code", 404),
                text("http.target", "/a/7?x=1"),
            ],
            missing,
        ),
    ] {
        assert_eq!(traffic(attributes.clone()), hits, "{attributes:?}");
    }
}

#[test]
fn equal_hits_are_counted_together() {
    let attributes =
        vec![text("http.request.method", "GET"), text("http.route", "/a"), text("url.path", "/a")];
    let body = spans(vec![server(attributes.clone()), server(attributes)]);
    let seen = observe(Signal::Traces, &body, NOW);
    assert_eq!(seen.items, 2);
    assert_eq!(seen.traffic.len(), 1);
    assert_eq!(seen.traffic[0].count, 2);
    assert_eq!(seen.traffic[0].at, Timestamp::from_secs(900));
}

#[test]
fn startup_spans_are_facts() {
    let check = Span {
        name: "startup.check database".into(),
        attributes: vec![
            text("startup.check.name", "database"),
            text("startup.check.outcome", "failed"),
            text("business.component", "database"),
        ],
        status: Some(Status { code: 2, message: "connection refused".into() }),
        ..Default::default()
    };
    let root = Span {
        name: "startup.validation".into(),
        end_time_unix_nano: 999_000_000_000,
        attributes: vec![text("startup.outcome", "aborted")],
        ..Default::default()
    };
    let seen = observe(Signal::Traces, &spans(vec![check, root]), NOW);
    assert_eq!(seen.facts.len(), 2);
    assert_eq!(seen.facts[0].source.to_string(), "api 2 (i-1)");
    let Fact::Check { name, report } = &seen.facts[0].fact else { panic!("{:?}", seen.facts[0]) };
    assert_eq!(name, "database");
    assert_eq!(report.message, "connection refused");
    assert_eq!(report.component, Some("database".into()));
    assert_eq!(seen.facts[1].fact, Fact::Startup { outcome: StartupOutcome::Aborted });
    assert_eq!(seen.facts[1].at, Timestamp::from_secs(999));
}

#[test]
fn the_manifest_is_a_fact_by_field_or_by_attribute() {
    let strings = ["GET /a", "not a route", "POST /a/{id}"];
    let values = strings.map(|it| AnyValue { value: Some(Value::StringValue(it.into())) }).to_vec();
    let routes = KeyValue {
        key: "routes".into(),
        value: value(Value::ArrayValue(ArrayValue { values })),
        ..Default::default()
    };
    let by_field = LogRecord {
        event_name: "service.routes".into(),
        attributes: vec![routes.clone(), text("startup.outcome", "ready")],
        ..Default::default()
    };
    let by_attribute = LogRecord {
        attributes: vec![text("event.name", "service.routes"), routes],
        ..Default::default()
    };
    let seen = observe(Signal::Logs, &records(vec![by_field, by_attribute]), NOW);
    let [first, second] = &seen.facts[..] else { panic!("{seen:?}") };
    let Fact::Routes { routes, outcome, .. } = &first.fact else { panic!("{first:?}") };
    assert_eq!(routes.len(), 2, "what is no route is left out");
    assert_eq!(*outcome, Some(StartupOutcome::Ready));
    assert!(matches!(&second.fact, Fact::Routes { outcome: None, .. }));
    assert_eq!(first.at, NOW, "a missing time is the time of arrival");
}

#[test]
fn probes_bring_their_nonce() {
    let probe = |nonce: &str| LogRecord {
        event_name: "telemetry.probe".into(),
        attributes: vec![text("telemetry.probe.nonce", nonce)],
        ..Default::default()
    };
    let facts = |nonce: &str| observe(Signal::Logs, &records(vec![probe(nonce)]), NOW).facts;
    let [found] = &facts("n-1")[..] else { panic!("one probe") };
    assert_eq!(found.fact, Fact::Probe { nonce: "n-1".into() });
    assert!(facts("").is_empty());
    assert!(facts(&"n".repeat(129)).is_empty(), "nobody's nonce is so long");
}

#[test]
fn other_signals_tell_nothing() {
    let log = LogRecord { event_name: "something.else".into(), ..Default::default() };
    assert!(observe(Signal::Logs, &records(vec![log]), NOW).facts.is_empty());
    assert_eq!(observe(Signal::Metrics, &[], NOW), Observations::default());
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for signal in Signal::ALL {
            let _ = observe(signal, &bytes, NOW);
        }
    }
}

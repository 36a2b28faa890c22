//! Counting spans and log records: which count, in which group, in which window.

use std::time::Duration;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::json;

use super::*;
use crate::SignalKind;
use crate::query::{Bad, Filter, Measure};
use crate::testing::otlp::{int, records, served, spans, text};
use crate::testing::{self};

const MINUTE: Duration = Duration::from_secs(60);

fn count(signal: SignalKind) -> Query {
    Query { windows: vec![MINUTE], measure: Measure::Count(Bad::Errors), ..Query::of(signal) }
}

fn matching(map: serde_json::Value) -> Filter {
    Filter { matches: serde_json::from_value(map).unwrap(), when: None }
}

fn when(text: &str) -> Filter {
    let vocabulary = SignalKind::Spans.vocabulary();
    Filter { when: Some(bellwether_expr::compile(text, &vocabulary).unwrap()), ..Filter::default() }
}

fn tally(group: GroupReading<'_>) -> (f64, f64) {
    let tally = group.tally(MINUTE);
    (tally.total, tally.bad)
}

fn nine_requests() -> Vec<u8> {
    let routes = ["/a", "/a", "/a", "/b", "/b", "/api/v1/auth/login", "/api/v1/auth/login"];
    let statuses = [200, 500, 200, 404, 500, 200, 503];
    let served =
        routes.into_iter().zip(statuses).map(|(route, status)| served(990, 5, route, status));
    spans("api", served.collect())
}

#[test]
fn signals_are_counted_by_group() {
    let query = Query { group_by: vec!["http.route".into()], ..count(SignalKind::Spans) };
    let mut story = Story::of(&Catalog::default(), vec![query]);
    story.send(Signal::Traces, &nine_requests());
    let once = [
        ("http.route=/a".to_owned(), (3.0, 1.0)),
        ("http.route=/api/v1/auth/login".to_owned(), (2.0, 1.0)),
        ("http.route=/b".to_owned(), (2.0, 1.0)),
    ];
    assert_eq!(story.read(0, tally), once);
    story.send(Signal::Traces, &nine_requests());
    story.send(Signal::Traces, &nine_requests());
    let thrice = once.map(|(labels, (total, bad))| (labels, (3.0 * total, 3.0 * bad)));
    assert_eq!(story.read(0, tally), thrice, "what was decided once holds");
}

#[test]
fn what_does_not_match_does_not_count() {
    let all = |map| Query { filter: matching(map), ..count(SignalKind::Spans) };
    let queries = vec![
        all(json!({ "span.kind": "server" })),
        all(json!({ "span.kind": "client" })),
        all(json!({ "http.route": ["/a", "/b"], "http.response.status_code": 500 })),
        all(json!({ "http.route": "/api/*" })),
        all(json!({ "service.name": "api", "span.status": "error" })),
        all(json!({ "service.name": "other" })),
        Query {
            filter: when("http.response.status_code >= 500 && http.route != '/a'"),
            ..count(SignalKind::Spans)
        },
        Query { filter: when("nothing.of.this > 1"), ..count(SignalKind::Spans) },
        count(SignalKind::Logs),
    ];
    let wanted = [Some(7.0), None, Some(2.0), Some(2.0), Some(3.0), None, Some(2.0), None, None];
    let mut story = Story::of(&Catalog::default(), queries);
    story.send(Signal::Traces, &nine_requests());
    for (query, wanted) in wanted.into_iter().enumerate() {
        let found = story.read(query, |group| tally(group).0);
        assert_eq!(found.first().map(|it| it.1), wanted, "query {query}");
    }
}

/// Health model, "Rule kinds": a rule's component also restricts its signals to those that the
/// catalog maps to that component.
#[test]
fn a_component_has_its_own_signals() {
    let of = |id: &str| Query { component: Some(id.into()), ..count(SignalKind::Spans) };
    let mut story = Story::of(&testing::catalog(), vec![of("auth"), of("admin"), of("database")]);
    story.send(Signal::Traces, &nine_requests());
    // without a route the path tells, for requests that the service answered
    let mut by_path = served(990, 5, "/x", 404);
    by_path.attributes =
        vec![int("http.response.status_code", 404), text("url.path", "/api/v1/admin/users/7")];
    story.send(Signal::Traces, &spans("api", vec![by_path.clone(), by_path.clone()]));
    by_path.attributes[1] = text("url.path", "/api/v1/auth/login");
    story.send(Signal::Traces, &spans("api", vec![by_path.clone()]));
    story.send(Signal::Traces, &spans("other", vec![by_path]));
    assert_eq!(story.read(0, tally), [(String::new(), (3.0, 1.0))]);
    assert_eq!(story.read(1, tally), [(String::new(), (2.0, 0.0))]);
    // the whole service is its
    assert_eq!(story.read(2, tally), [(String::new(), (10.0, 3.0))]);
}

/// Health model, sentence 1: evaluation is in event time with a lateness bound; a point older
/// than the bound counts in the current slot and in the indicator `late`.
#[test]
fn windows_are_over_event_time_and_what_is_too_late_counts_now() {
    let late = Query { measure: Measure::Count(Bad::Late), ..count(SignalKind::Spans) };
    let hasty = Query { lateness: Duration::from_secs(5), ..late.clone() };
    let mut story = Story::of(&Catalog::default(), vec![count(SignalKind::Spans), late, hasty]);
    for second in [1_000, 990, 971, 969, 900, 0] {
        story.send(Signal::Traces, &spans("api", vec![served(second.max(1), 1, "/a", 200)]));
    }
    // a clock that runs ahead is not believed
    story.send(Signal::Traces, &spans("api", vec![served(5_000, 1, "/a", 200)]));
    assert_eq!(story.read(0, tally)[0].1, (7.0, 0.0));
    assert_eq!(story.read(1, tally)[0].1, (7.0, 3.0));
    assert_eq!(story.read(2, tally)[0].1, (7.0, 5.0));
    // of 30 s ago, 10 s ago, and now, with those that came too late
    for (ahead, left) in [(29, 7.0), (31, 6.0), (49, 6.0), (51, 5.0), (59, 5.0), (60, 0.0)] {
        story.now = Timestamp::from_secs(1_000 + ahead);
        assert_eq!(story.read(0, tally)[0].1.0, left, "{ahead} s later");
    }
}

#[test]
fn what_differs_from_signal_to_signal_is_asked_for_each() {
    let slow = Query {
        measure: Measure::Count(Bad::If(when("span.duration > 0.3"))),
        ..count(SignalKind::Spans)
    };
    let fast = Query {
        measure: Measure::Count(Bad::Unless(when("span.duration <= 0.3"))),
        ..count(SignalKind::Spans)
    };
    let mut story = Story::of(&Catalog::default(), vec![slow, fast]);
    let durations = [100, 200, 299, 301, 500];
    let all = durations.map(|millis| served(999, millis, "/a", 200)).to_vec();
    story.send(Signal::Traces, &spans("api", all));
    assert_eq!(story.read(0, tally)[0].1, (5.0, 2.0));
    assert_eq!(story.read(1, tally)[0].1, (5.0, 2.0));
}

/// A signal of which it cannot be told whether it is good does not count at all.
#[test]
fn what_cannot_be_told_does_not_count() {
    let good = Bad::Unless(when("http.response.status_code < 500"));
    let mut story = Story::of(
        &Catalog::default(),
        vec![Query { measure: Measure::Count(good), ..count(SignalKind::Spans) }],
    );
    let mut without = served(999, 1, "/a", 200);
    without.attributes.clear();
    let all = vec![served(999, 1, "/a", 200), served(999, 1, "/a", 500), without];
    story.send(Signal::Traces, &spans("api", all));
    assert_eq!(story.read(0, tally)[0].1, (2.0, 1.0));
}

#[test]
fn log_records_are_counted_by_severity_and_event() {
    let record = |severity: i32, event: &str| LogRecord {
        time_unix_nano: 999_000_000_000,
        severity_number: severity,
        event_name: event.into(),
        ..LogRecord::default()
    };
    let old = LogRecord { attributes: vec![text("event.name", "order.placed")], ..record(9, "") };
    let queries = vec![
        count(SignalKind::Logs),
        Query { name: Some("order.placed".into()), ..count(SignalKind::Logs) },
        Query { filter: matching(json!({ "log.severity": [17, 21] })), ..count(SignalKind::Logs) },
        Query { group_by: vec!["log.event".into()], ..count(SignalKind::Logs) },
    ];
    let mut story = Story::of(&Catalog::default(), queries);
    let all = vec![
        record(9, "order.placed"),
        record(17, "order.lost"),
        record(21, ""),
        record(18, ""),
        old,
    ];
    story.send(Signal::Logs, &records("api", all));
    assert_eq!(story.read(0, tally)[0].1, (5.0, 3.0));
    assert_eq!(story.read(1, tally)[0].1, (2.0, 0.0));
    assert_eq!(story.read(2, tally)[0].1, (2.0, 2.0));
    let by_event = story.read(3, |group| tally(group).0);
    let wanted =
        [("log.event=", 2.0), ("log.event=order.lost", 1.0), ("log.event=order.placed", 2.0)];
    assert_eq!(by_event, wanted.map(|(labels, count)| (labels.to_owned(), count)));
}

#[test]
fn equal_queries_are_answered_once_with_all_their_windows() {
    let hour = Query { windows: vec![60 * MINUTE], ..count(SignalKind::Spans) };
    let mut story = Story::of(
        &Catalog::default(),
        vec![count(SignalKind::Spans), hour, count(SignalKind::Logs)],
    );
    assert_eq!(story.ids[0], story.ids[1]);
    assert_ne!(story.ids[0], story.ids[2]);
    for minute in 0..30 {
        story.now = Timestamp::from_secs(3_600 + minute * 60);
        let second = story.now.secs().unsigned_abs();
        story.send(Signal::Traces, &spans("api", vec![served(second, 1, "/a", 200)]));
        story.harvest();
    }
    assert_eq!(
        story.read(0, |group| (group.tally(MINUTE).total, group.tally(60 * MINUTE).total))[0].1,
        (1.0, 30.0)
    );
}

/// "What overflows is counted and told, memory stays flat under made-up label values."
#[test]
fn groups_are_bounded_and_what_overflows_is_counted() {
    let query =
        Query { group_by: vec!["user".into()], most_groups: 100, ..count(SignalKind::Spans) };
    let mut story = Story::of(&Catalog::default(), vec![query]);
    let made_up = |from: usize| {
        let span = |user: usize| {
            let mut span = served(999, 1, "/a", 200);
            span.attributes.push(int("user", user as i64));
            span
        };
        spans("api", (from..from + 1_000).map(span).collect())
    };
    story.send(Signal::Traces, &made_up(0));
    assert_eq!(story.read(0, tally).len(), 100);
    assert_eq!(story.indicators.told().overflow, 900);
    for from in 1..20 {
        story.send(Signal::Traces, &made_up(from * 1_000));
        story.harvest();
    }
    assert_eq!(story.indicators.groups(), 100);
    assert_eq!(story.indicators.told().overflow, 19_900);
    // those that are known still count
    story.send(Signal::Traces, &made_up(0));
    let counts: f64 = story.read(0, |group| tally(group).0).iter().map(|it| it.1).sum();
    assert_eq!(counts, 200.0);
    story.now = Timestamp::from_secs(1_000 + 16 * 60);
    story.indicators.forget(story.now);
    assert_eq!(story.indicators.groups(), 0, "room again");
}

//! Measuring values: durations, attributes, points of every kind of metric.

use std::time::Duration;

use super::*;
use crate::SignalKind;
use crate::query::{Bad, Filter, Measure, Of};
use crate::testing::otlp::{counter, delta, double, gauge, metrics, served, spans, text};

const MINUTE: Duration = Duration::from_secs(60);

fn measure(signal: SignalKind, measure: Measure) -> Query {
    Query { windows: vec![MINUTE], measure, ..Query::of(signal) }
}

fn metric(name: &str, what: Measure) -> Query {
    Query { name: Some(name.into()), ..measure(SignalKind::Metrics, what) }
}

fn amount(group: GroupReading<'_>) -> f64 {
    group.tally(MINUTE).total
}

impl Story {
    fn at(&mut self, second: u64, metric: opentelemetry_proto::tonic::metrics::v1::Metric) {
        self.now = Timestamp::from_secs(second as i64);
        self.send(Signal::Metrics, &metrics("api", vec![metric]));
        self.harvest();
    }
}

#[test]
fn durations_have_quantiles() {
    let mut story = Story::of(
        &Catalog::default(),
        vec![measure(SignalKind::Spans, Measure::Distribution(Of::Duration))],
    );
    let all = (1..=100).map(|millis| served(999, millis, "/a", 200)).collect();
    story.send(Signal::Traces, &spans("api", all));
    let found = story.read(0, |group| {
        let of = group.distribution(MINUTE);
        (of.quantile(0.5).unwrap(), of.quantile(0.99).unwrap(), of.summary)
    });
    let (median, p99, summary) = found[0].1;
    assert!((median - 0.05).abs() < 0.001 && (p99 - 0.099).abs() < 0.002, "{median} {p99}");
    assert_eq!((summary.count, summary.min, summary.max), (100, 0.001, 0.1));
}

#[test]
fn attributes_with_numbers_are_values() {
    let of = Of::Attribute("cart.total".into());
    let mut story =
        Story::of(&Catalog::default(), vec![measure(SignalKind::Spans, Measure::Summary(of))]);
    let span = |attribute| {
        let mut span = served(999, 1, "/a", 200);
        span.attributes.push(attribute);
        span
    };
    let all = vec![
        span(double("cart.total", 10.5)),
        span(crate::testing::otlp::int("cart.total", 2)),
        span(text("cart.total", "a lot")),
        span(double("cart.total", f64::NAN)),
        served(999, 1, "/a", 200),
    ];
    story.send(Signal::Traces, &spans("api", all));
    let summary = story.read(0, |group| group.summary(MINUTE))[0].1;
    assert_eq!((summary.count, summary.sum, summary.max), (2, 12.5, 10.5));
}

#[test]
fn gauges_have_a_newest_value_and_a_unit() {
    let mut story =
        Story::of(&Catalog::default(), vec![metric("queue.depth", Measure::Summary(Of::Point))]);
    for (second, value) in [(1_000, 5.0), (1_010, 9.0), (1_020, 7.0)] {
        story.at(second, gauge("queue.depth", "{message}", second, value));
        story.at(second, gauge("something.else", "s", second, 1e9));
    }
    let summary = story.read(0, |group| group.summary(MINUTE))[0].1;
    assert_eq!((summary.count, summary.min, summary.max, summary.last), (3, 5.0, 9.0, 7.0));
    let reading = story.indicators.read(story.ids[0], story.now).unwrap();
    assert_eq!(reading.unit(), Some("{message}"));
}

/// The growth of a cumulative sum: the first point of a series that was there before says
/// nothing, one that started since counts whole, a restart starts at zero.
#[test]
fn sums_that_count_from_a_start_grow() {
    let mut story =
        Story::of(&Catalog::default(), vec![metric("requests", Measure::Amount(Bad::Nothing))]);
    let steps = [
        // second, start, value, amount in the last minute
        (1_000, 500, 70.0, 0.0),
        (1_010, 500, 75.0, 5.0),
        (1_020, 500, 75.0, 5.0),
        // the process started anew: all that it counts is new
        (1_030, 1_025, 2.0, 7.0),
        // a start that nobody says: it can only have started anew, because it fell
        (1_040, 0, 1.0, 8.0),
        // the same point again, and one that was overtaken
        (1_040, 0, 1.0, 8.0),
        (1_035, 0, 0.5, 8.0),
        (1_050, 0, 4.0, 11.0),
    ];
    for (second, start, value, wanted) in steps {
        let metric = counter("requests", second, start, value, &[]);
        story.now = Timestamp::from_secs(second as i64);
        story.send(Signal::Metrics, &metrics("api", vec![metric]));
        story.now = Timestamp::from_secs(1_050);
        assert_eq!(story.read(0, amount)[0].1, wanted, "at {second}");
    }
}

#[test]
fn a_series_that_starts_while_it_is_watched_counts_from_its_first_point() {
    let mut story =
        Story::of(&Catalog::default(), vec![metric("requests", Measure::Amount(Bad::Nothing))]);
    story.at(1_020, counter("requests", 1_020, 1_005, 42.0, &[]));
    assert_eq!(story.read(0, amount)[0].1, 42.0);
}

#[test]
fn series_are_told_apart_and_sums_of_both_kinds_are_added() {
    let bad = Filter {
        matches: serde_json::from_value(serde_json::json!({ "outcome": "failed" })).unwrap(),
        when: None,
    };
    let mut story =
        Story::of(&Catalog::default(), vec![metric("requests", Measure::Amount(Bad::If(bad)))]);
    let attributes = |outcome| [text("outcome", outcome), text("region", "eu")];
    for (second, passed, failed) in [(1_000, 100.0, 10.0), (1_010, 110.0, 13.0)] {
        story.at(second, counter("requests", second, 1, passed, &attributes("passed")));
        let mut turned = attributes("failed");
        turned.reverse();
        // in whatever order its attributes come
        let labels = if second == 1_000 { turned.to_vec() } else { attributes("failed").to_vec() };
        story.at(second, counter("requests", second, 1, failed, &labels));
    }
    story.at(1_020, delta("requests", 1_020, 2.5, &[]));
    let tally = story.read(0, |group| group.tally(MINUTE))[0].1;
    assert_eq!((tally.total, tally.bad), (10.0 + 3.0 + 2.5, 3.0));
    assert_eq!(story.indicators.series(), 2);
    story.indicators.forget(Timestamp::from_secs(1_020 + 2 * 3_600));
    assert_eq!(story.indicators.series(), 0);
}

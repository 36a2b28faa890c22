//! Cumulative metrics to a destination that takes only delta, through crashes at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::ingest::Signal;
use bellwether_core::queue::Request;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
    Sum,
};
use prost::Message;
use serde_json::json;

use super::bench::{Bench, Reply, Script, answer, answer_with};
use super::kept::{Kept, Life, Seeded};
use super::samples::{START, settings};
use super::signals::unpacked;

const DELTA: i32 = 1;
const CUMULATIVE: i32 = 2;
const SECOND: u64 = 1_000_000_000;

/// The moment of a number of seconds after the first start, in nanoseconds since 1970.
fn at(secs: u64) -> u64 {
    START.plus(Duration::from_secs(secs)).nanos().cast_unsigned()
}

fn attributes(series: &str) -> Vec<KeyValue> {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(series.into())) });
    vec![KeyValue { key: "series".into(), value, ..KeyValue::default() }]
}

fn name_of(attributes: &[KeyValue]) -> String {
    match attributes[0].value.as_ref().and_then(|it| it.value.as_ref()) {
        Some(any_value::Value::StringValue(name)) => name.clone(),
        _ => panic!("no series"),
    }
}

/// A process that counts, with one series that says when it began and one that does not, and a
/// histogram.
struct Source {
    name: String,
    start: u64,
    counted: u64,
    unsaid: u64,
    buckets: [u64; 3],
}

impl Source {
    fn new(name: u64, start: u64) -> Self {
        Self { name: format!("s{name}"), start, counted: 0, unsaid: 0, buckets: [0; 3] }
    }

    fn grow(&mut self, random: &mut Seeded) {
        self.counted += random.below(100);
        self.unsaid += random.below(100);
        self.buckets[usize::try_from(random.below(3)).unwrap()] += random.below(20);
    }

    fn sum(&self, series: &str, start: u64, time: u64, value: u64) -> Metric {
        let point = NumberDataPoint {
            attributes: attributes(&format!("{}.{series}", self.name)),
            start_time_unix_nano: start,
            time_unix_nano: time,
            value: Some(Number::AsInt(value.cast_signed())),
            ..NumberDataPoint::default()
        };
        let sum = Sum {
            data_points: vec![point],
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        };
        Metric { name: "requests".into(), data: Some(Data::Sum(sum)), ..Metric::default() }
    }

    fn request(&self, time: u64) -> Bytes {
        let point = HistogramDataPoint {
            attributes: attributes(&format!("{}.histogram", self.name)),
            start_time_unix_nano: self.start,
            time_unix_nano: time,
            count: self.buckets.iter().sum(),
            bucket_counts: self.buckets.to_vec(),
            explicit_bounds: vec![1.0, 2.0],
            ..HistogramDataPoint::default()
        };
        let histogram = Histogram { data_points: vec![point], aggregation_temporality: CUMULATIVE };
        let level = NumberDataPoint { time_unix_nano: time, ..NumberDataPoint::default() };
        let metrics = vec![
            self.sum("counted", self.start, time, self.counted),
            self.sum("unsaid", 0, time, self.unsaid),
            Metric { data: Some(Data::Histogram(histogram)), ..Metric::default() },
            Metric {
                data: Some(Data::Gauge(Gauge { data_points: vec![level] })),
                ..Metric::default()
            },
        ];
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        let resource = ResourceMetrics { scope_metrics, ..ResourceMetrics::default() };
        ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec().into()
    }
}

/// What the destination has: a point that comes again takes the place of the one before it.
#[derive(Default)]
struct Intake {
    points: BTreeMap<(String, u64), (u64, Vec<u64>)>,
    traces: BTreeSet<Vec<u8>>,
    again: u64,
}

impl Intake {
    fn store(&mut self, signal: &str, body: &[u8]) {
        if signal != "metrics" {
            // requests are sent together, four bytes each
            self.traces.extend(body.chunks(4).map(<[u8]>::to_vec));
            return;
        }
        let request = ExportMetricsServiceRequest::decode(body).expect("OTLP");
        let scopes = request.resource_metrics.into_iter().flat_map(|it| it.scope_metrics);
        for metric in scopes.flat_map(|it| it.metrics) {
            match metric.data.expect("data") {
                Data::Sum(sum) => {
                    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (DELTA, true));
                    for it in sum.data_points {
                        let Some(Number::AsInt(value)) = it.value else { panic!("an integer") };
                        let series = name_of(&it.attributes);
                        let times = (it.start_time_unix_nano, it.time_unix_nano);
                        self.point(series, times, vec![value.cast_unsigned()]);
                    }
                }
                Data::Histogram(histogram) => {
                    assert_eq!(histogram.aggregation_temporality, DELTA);
                    for it in histogram.data_points {
                        assert_eq!(it.count, it.bucket_counts.iter().sum::<u64>());
                        let series = name_of(&it.attributes);
                        let times = (it.start_time_unix_nano, it.time_unix_nano);
                        self.point(series, times, it.bucket_counts);
                    }
                }
                Data::Gauge(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn point(&mut self, series: String, (start, time): (u64, u64), value: Vec<u64>) {
        let before = self.points.insert((series, time), (start, value.clone()));
        if let Some(before) = before {
            assert_eq!(before, (start, value), "what comes again is what came before");
            self.again += 1;
        }
    }

    fn sums(&self) -> BTreeMap<String, Vec<u64>> {
        let mut sums = BTreeMap::<String, Vec<u64>>::new();
        for ((series, _), (_, value)) in &self.points {
            let sum = sums.entry(series.clone()).or_insert_with(|| vec![0; value.len()]);
            sum.iter_mut().zip(value).for_each(|(sum, it)| *sum += it);
        }
        sums
    }
}

/// A destination that takes, refuses, loses the connection, before it has stored or after.
fn destination(intake: &Arc<Mutex<Intake>>, random: Seeded, moody: bool) -> Arc<Script> {
    let (intake, random) = (Arc::clone(intake), Mutex::new(random));
    Script::slow(Duration::from_millis(10), move |call| {
        if call.url.ends_with("validate") {
            return Box::new(|| answer(200, ""));
        }
        let (signal, body) = (call.url.rsplit('/').next().unwrap().to_owned(), unpacked(call));
        let mut random = random.lock().unwrap();
        let (mood, early) = (if moody { random.below(12) } else { 9 }, random.one_in(2));
        let intake = Arc::clone(&intake);
        let store = move || intake.lock().unwrap().store(&signal, &body);
        match mood {
            0 => Box::new(|| answer(503, "")),
            1 => Box::new(|| answer_with(429, "retry-after", "2")),
            2 => Box::new(|| answer(403, "")),
            3 => Box::new(|| Reply::Lost),
            4 => {
                store();
                Box::new(|| Reply::Lost)
            }
            _ if early => {
                store();
                Box::new(|| answer(200, ""))
            }
            _ => Box::new(move || {
                store();
                answer(200, "")
            }),
        }
    })
}

/// What series ought to have come to at the destination.
#[derive(Default)]
struct Expected {
    sums: BTreeMap<String, Vec<u64>>,
    unsaid: BTreeMap<String, u64>,
    ended: BTreeMap<String, Vec<u64>>,
}

impl Expected {
    /// Takes what a source says.
    fn learn(&mut self, source: &Source) {
        let counted = [("counted", vec![source.counted]), ("histogram", source.buckets.to_vec())];
        for (series, value) in counted {
            let name = format!("{}.{series}", source.name);
            let mut sum = self.ended.get(&name).cloned().unwrap_or_else(|| vec![0; value.len()]);
            sum.iter_mut().zip(value).for_each(|(sum, it)| *sum += it);
            self.sums.insert(name, sum);
        }
        // a series that does not say when it began counts from its first point on
        let name = format!("{}.unsaid", source.name);
        if let Some(before) = self.unsaid.insert(name.clone(), source.unsaid) {
            let grown = source.unsaid.checked_sub(before).unwrap_or(source.unsaid);
            self.sums.entry(name).or_insert_with(|| vec![0])[0] += grown;
        }
    }

    /// Remembers what a source that ended had come to.
    fn end(&mut self, source: &Source) {
        for series in ["counted", "histogram"] {
            let name = format!("{}.{series}", source.name);
            if let Some(sum) = self.sums.get(&name) {
                self.ended.insert(name, sum.clone());
            }
        }
    }
}

struct World {
    random: Seeded,
    sources: Vec<Source>,
    expected: Expected,
    traces: BTreeSet<Vec<u8>>,
    secs: u64,
}

impl World {
    /// Lets a source report, or start anew, or report what it reported before; or sends a trace.
    fn step(&mut self, queue: &Life) {
        self.secs += 1 + self.random.below(5);
        let time = at(self.secs);
        let request = |signal, body| Request {
            signal,
            items: 1,
            at: START.plus(Duration::from_secs(self.secs)),
            body,
        };
        if self.random.one_in(4) {
            let id = u32::try_from(self.traces.len()).unwrap().to_be_bytes().to_vec();
            self.traces.insert(id.clone());
            return queue.push(request(Signal::Traces, id.into()));
        }
        let which = usize::try_from(self.random.below(3)).unwrap();
        if self.random.one_in(8) {
            self.expected.end(&self.sources[which]);
            self.sources[which] = Source::new(which as u64, time - SECOND / 2);
        }
        let source = &mut self.sources[which];
        source.grow(&mut self.random);
        let body = source.request(time);
        self.expected.learn(source);
        queue.push(request(Signal::Metrics, body.clone()));
        if self.random.one_in(6) {
            // its sender did not hear that it was taken
            queue.push(request(Signal::Metrics, body));
        }
    }
}

async fn run(seed: u64) -> (u64, u64) {
    let mut random = Seeded(seed);
    let kept = Arc::new(Mutex::new(Kept::default()));
    let intake = Arc::new(Mutex::new(Intake::default()));
    let sources = (0..3).map(|it| Source::new(it, at(1))).collect();
    let mut world = World {
        random: Seeded(random.below(u64::MAX)),
        sources,
        expected: Expected::default(),
        traces: BTreeSet::new(),
        secs: 2,
    };
    let mut settings = settings("datadog");
    settings["sending_queue"] = json!({ "num_consumers": 1 + random.below(4), "batch": { "max_size": 1 + random.below(2_000), "sizer": "bytes" } });
    let lives = 2 + random.below(5);
    for life in 0..=lives {
        let last = life == lives;
        let fails = (random.one_in(3) && !last).then_some(4);
        let own = Seeded(random.below(u64::MAX));
        let queue = Arc::new(Life::open(&kept, own.clone(), fails));
        let script = destination(&intake, own, !last);
        let mut bench = Bench::with("datadog", settings.clone(), &script);
        bench.run_signals_out_of(queue.clone());
        for _ in 0..random.below(30) {
            world.step(&queue);
            if random.one_in(3) {
                tokio::time::sleep(Duration::from_millis(random.below(40))).await;
            }
        }
        if last {
            bench.until("everything", |it| it.signals().queued == 0).await;
        } else {
            tokio::time::sleep(Duration::from_millis(random.below(2_000))).await;
        }
        bench.kill().await;
    }
    let intake = intake.lock().unwrap();
    let sums = intake.sums();
    // a series of which only one point came, or none that says how much it grew, has no sum
    let zero = |sum: &Vec<u64>| sum.iter().all(|it| *it == 0);
    for (series, sum) in world.expected.sums.iter().filter(|(_, sum)| !zero(sum)) {
        assert_eq!(sums.get(series), Some(sum), "seed {seed}: {series}");
    }
    let more: Vec<_> = sums
        .iter()
        .filter(|(name, sum)| !zero(sum) && !world.expected.sums.contains_key(*name))
        .collect();
    assert!(more.is_empty(), "seed {seed}: {more:?}");
    assert_eq!(intake.traces, world.traces, "seed {seed}");
    let beginnings = kept.lock().unwrap().beginnings;
    (intake.again, beginnings)
}

/// Scenario: sources report cumulative metrics, start anew, fall back and repeat themselves, to a
/// destination that fails and loses connections; notes cannot be kept now and then; the process is
/// killed at any moment (100 seeds, or `DELTA_SEEDS`, with 2 to 6 kills each).
/// Guarantee: what is at the destination adds up to what the sources say, and what arrives again
/// is exactly what arrived before.
#[tokio::test(start_paused = true)]
async fn deltas_add_up_whenever_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is said from outside")]
    let asked = std::env::var("DELTA_SEEDS").ok();
    let seeds = asked.and_then(|it| it.parse().ok()).unwrap_or(100);
    let (mut again, mut beginnings) = (0, 0);
    for seed in 0..seeds {
        let seen = run(seed).await;
        again += seen.0;
        beginnings += seen.1;
    }
    println!("{seeds} seeds, {again} points came again, notes began anew {beginnings} times");
    assert!(again > seeds && beginnings > 2 * seeds, "{again} again, {beginnings} beginnings");
}

#[tokio::test(start_paused = true)]
async fn series_for_which_there_is_no_room_are_counted_and_told() {
    let script = Script::of([]);
    let mut settings = settings("datadog");
    settings["cumulative"] = json!({ "max_series": 3 });
    let mut bench = Bench::with("datadog", settings, &script);
    let sender = bench.run_signals();
    for (name, secs) in [(0, 5), (1, 5), (0, 6), (1, 6)] {
        let mut source = Source::new(name, at(1));
        source.grow(&mut Seeded(secs));
        sender.send(Signal::Metrics, source.request(at(secs))).unwrap();
    }
    bench.until("sent", |it| it.signals().queued == 0).await;
    let lane = bench.signals();
    let left: Vec<(&str, u64)> = lane.left_out.iter().map(|(it, n)| (it.as_str(), *n)).collect();
    // a series that does not say when it began, and all of the second source, twice
    assert_eq!(left, [("first", 1), ("no_room", 6)]);
}

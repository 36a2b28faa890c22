//! Cumulative metrics to Datadog, through kills of the process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::ensure;
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::random::Seeded;
use bellwether_tests::harness::wait;
use bellwether_tests::standins::datadog::{Datadog, DatadogConfig};
use bellwether_tests::standins::otlp::{MetricKind, Temporality};
use bellwether_tests::standins::{Fault, FaultPlan};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::transport::Channel;

use super::{LIMIT, times};

const CUMULATIVE: i32 = 2;
const SECOND: u64 = 1_000_000_000;

/// What a client has counted in all its lives.
type Counted = Arc<Mutex<BTreeMap<String, u64>>>;

fn attributes(client: &str) -> Vec<KeyValue> {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(client.to_owned())) });
    vec![KeyValue { key: "client".to_owned(), value, ..KeyValue::default() }]
}

fn metrics(client: &str, start: u64, time: u64, value: u64) -> ExportMetricsServiceRequest {
    let sum = NumberDataPoint {
        attributes: attributes(client),
        start_time_unix_nano: start,
        time_unix_nano: time,
        value: Some(Value::AsInt(value.cast_signed())),
        ..NumberDataPoint::default()
    };
    let histogram = HistogramDataPoint {
        attributes: attributes(client),
        start_time_unix_nano: start,
        time_unix_nano: time,
        count: value,
        bucket_counts: vec![value / 2, value - value / 2],
        explicit_bounds: vec![1.0],
        ..HistogramDataPoint::default()
    };
    let sum =
        Sum { data_points: vec![sum], aggregation_temporality: CUMULATIVE, is_monotonic: true };
    let histogram = Histogram { data_points: vec![histogram], aggregation_temporality: CUMULATIVE };
    let metric = |data| Metric { name: "work".to_owned(), data: Some(data), ..Metric::default() };
    let metrics = vec![metric(Data::Sum(sum)), metric(Data::Histogram(histogram))];
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource = ResourceMetrics { scope_metrics, ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource] }
}

/// Counts and reports until told to end, and then until its last report is acknowledged. Starts
/// anew now and then, under the same name, after a report that was acknowledged.
async fn client(name: String, collector: SocketAddr, end: Arc<AtomicBool>, counted: Counted) {
    let endpoint = Channel::from_shared(format!("http://{collector}")).unwrap();
    let channel = endpoint.timeout(Duration::from_secs(5)).connect_lazy();
    let mut client = MetricsServiceClient::new(channel);
    #[expect(clippy::disallowed_methods, reason = "series begin after the collector does")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // a report each second, of a time that passes faster: Datadog keeps one value for a second
    let mut time = now.as_secs() * SECOND;
    let mut start = time + u64::from(now.subsec_nanos());
    let mut value = 0;
    for turn in 1_u64.. {
        time += SECOND;
        value += turn % 17;
        let ends = end.load(Ordering::Relaxed);
        if client.export(metrics(&name, start, time, value)).await.is_err() {
            // killed, or not there yet
            sleep(Duration::from_millis(5)).await;
        } else if ends || turn.is_multiple_of(50) {
            *counted.lock().unwrap().entry(name.clone()).or_default() += value;
            (start, value) = (time, 0);
            if ends {
                return;
            }
        }
    }
}

/// Answers 503, before it has looked at the request or after it has stored it.
fn unavailable(after_storing: bool) -> Fault {
    Fault::Answer { status: 503, retry_after: None, body: None, after_storing }
}

/// What Datadog shows: of each series and second it keeps the last value that it was told.
#[derive(Default)]
struct Shown(BTreeMap<(bool, String, u64), u64>);

impl Shown {
    /// Looks at the newest points, which the stand-in does not keep for ever.
    fn look(&mut self, datadog: &Datadog) {
        for it in datadog.metric_points() {
            assert_eq!(it.temporality, Temporality::Delta);
            let client = it.attributes["client"].as_str().unwrap().to_owned();
            let is_sum = it.kind == MetricKind::MonotonicSum;
            let value = if is_sum { it.value as u64 } else { it.count };
            self.0.insert((is_sum, client, it.time_unix_nano / SECOND), value);
        }
    }

    /// Returns what each client's sums, or its histograms, come to.
    fn sums(&self, of_sums: bool) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for ((_, client, _), value) in self.0.iter().filter(|((it, ..), _)| *it == of_sums) {
            *sums.entry(client.clone()).or_default() += value;
        }
        sums
    }
}

/// Scenario: services report cumulative sums and histograms, and start anew now and then; Datadog,
/// which takes only delta, fails and answers late; the collector is killed at random moments (6,
/// or `COLLECTOR_DELTA_KILLS`) and started again.
/// Guarantee: what Datadog shows is what the services counted, and it refused nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datadog_shows_what_services_counted_whenever_it_is_killed() -> anyhow::Result<()> {
    let kills = times("COLLECTOR_DELTA_KILLS", 6);
    let datadog = Datadog::start(DatadogConfig::default()).await?;
    let url = datadog.base_url();
    let setup = Setup::leading_to(&format!(
        "{{ datadog: {{ api: {{ key: fake-datadog-api-key }}, incidents: off, endpoints: {{ otlp: \"{url}\", api: \"{url}\" }} }} }}"
    ))?;
    let mut random = Seeded::new(3);
    let (end, counted) = (Arc::new(AtomicBool::new(false)), Counted::default());
    let mut clients = JoinSet::new();
    let mut collector = setup.start().await?;
    let mut shown = Shown::default();
    for number in 0..4 {
        let (end, counted) = (Arc::clone(&end), Arc::clone(&counted));
        clients.spawn(client(format!("c{number}"), setup.otlp(), end, counted));
    }
    for _ in 0..kills {
        datadog.plan(match random.below(3) {
            0 => FaultPlan::once(Fault::Late { ms: 100 + random.below(400) }),
            1 => FaultPlan::times(unavailable(false), 2),
            // stored, and the collector cannot know
            _ => FaultPlan::times(unavailable(true), 2),
        });
        // the moment is the scenario
        sleep(Duration::from_millis(random.below(700))).await;
        collector.kill().await?;
        shown.look(&datadog);
        collector = setup.start().await?;
    }
    end.store(true, Ordering::Relaxed);
    clients.join_all().await;
    let counted = counted.lock().unwrap().clone();
    assert_eq!(counted.len(), 4);
    for of_sums in [true, false] {
        wait::until("Datadog to show what was counted", LIMIT, async || {
            shown.look(&datadog);
            let sums = shown.sums(of_sums);
            ensure!(sums == counted, "sums {of_sums}: {sums:?} for {counted:?}");
            Ok(())
        })
        .await?;
    }
    assert_eq!(datadog.rejected_points(), 0);
    let points = shown.0.len();
    println!("deltas: {kills} kills, {points} points, the sums are what was counted");
    collector.stop().await
}

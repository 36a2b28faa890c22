//! When a request came, by what is in it.

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bellwether_otlp::{Data, LogsRequest, MetricsRequest, TraceRequest, scan};

/// Returns the newest time in a validated request; nothing when it tells none.
pub(super) fn newest(signal: Signal, body: &[u8]) -> Option<Timestamp> {
    let nanos = match signal {
        Signal::Traces => TraceRequest::assume_valid(body)
            .resource_spans()
            .flat_map(|it| it.scope_spans())
            .flat_map(|it| it.raw_spans())
            .map(|it| scan::span(it, |_, _| {}).end_time_unix_nano)
            .max(),
        Signal::Metrics => MetricsRequest::assume_valid(body)
            .resource_metrics()
            .flat_map(|it| it.scope_metrics())
            .flat_map(|it| it.metrics())
            .filter_map(|it| it.data())
            .filter_map(|it| newest_point(&it))
            .max(),
        Signal::Logs => LogsRequest::assume_valid(body)
            .resource_logs()
            .flat_map(|it| it.scope_logs())
            .flat_map(|it| it.log_records())
            .map(|it| it.time_unix_nano().max(it.observed_time_unix_nano()))
            .max(),
    };
    let nanos = i64::try_from(nanos?).ok().filter(|it| *it > 0);
    nanos.map(Timestamp::from_nanos)
}

fn newest_point(data: &Data<'_>) -> Option<u64> {
    match data {
        Data::Gauge(it) => it.points().map(|it| it.time_unix_nano()).max(),
        Data::Sum(it) => it.points().map(|it| it.time_unix_nano()).max(),
        Data::Histogram(it) => it.points().map(|it| it.time_unix_nano()).max(),
        Data::ExponentialHistogram(it) => it.points().map(|it| it.time_unix_nano()).max(),
        Data::Summary(it) => it.points().map(|it| it.time_unix_nano()).max(),
    }
}

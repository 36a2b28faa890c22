//! What the collector says about itself, as OTLP.

use bellwether_core::time::Timestamp;
use bellwether_otlp::write::Message;
use bellwether_proto::metric::Instrument;
use bytes::Bytes;

use super::metric::{Family, Labels, Reading, Value};

/// Where all of it comes from.
const SCOPE: &str = "bellwether.collector";

/// Sums and histograms are totals since the start.
const CUMULATIVE: u64 = 2;

/// When the totals began, and when they were read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) start: Timestamp,
    pub(super) now: Timestamp,
}

/// Writes an `ExportMetricsServiceRequest`.
pub(super) fn metrics(reading: &Reading, resource: &Labels, times: Times) -> Bytes {
    request(resource, |scope| {
        for family in reading.families() {
            scope.message(2, |it| metric(it, family, times));
        }
    })
}

fn metric(out: &mut Message, family: &Family, times: Times) {
    out.bytes(1, family.metric.name);
    out.bytes(2, family.metric.brief);
    out.bytes(3, &family.unit);
    let (number, monotonic) = match family.metric.instrument {
        Instrument::Gauge => (5, None),
        Instrument::Counter => (7, Some(true)),
        Instrument::UpDownCounter => (7, Some(false)),
        Instrument::Histogram => (9, None),
    };
    out.message(number, |data| {
        for (labels, value) in &family.points {
            data.message(1, |it| point(it, labels, value, times));
        }
        if number != 5 {
            data.varint(2, CUMULATIVE);
        }
        if let Some(monotonic) = monotonic {
            data.varint(3, monotonic.into());
        }
    });
}

fn point(out: &mut Message, labels: &Labels, value: &Value, times: Times) {
    out.fixed64(2, nanos(times.start));
    out.fixed64(3, nanos(times.now));
    match value {
        Value::Int(value) => out.fixed64(6, value.cast_unsigned()),
        Value::Float(value) => out.double(4, *value),
        Value::Histogram(histogram) => {
            out.fixed64(4, histogram.count());
            out.double(5, histogram.sum);
            out.packed64(6, histogram.counts.iter().copied());
            out.packed64(7, histogram.bounds.iter().map(|it| it.to_bits()));
        }
    }
    attributes(out, if matches!(value, Value::Histogram(_)) { 9 } else { 7 }, labels);
}

/// Writes a request about this process; all three kinds have the same frame.
pub(super) fn request(resource: &Labels, items: impl FnOnce(&mut Message)) -> Bytes {
    let mut out = Message::new();
    out.message(1, |about| {
        about.message(1, |it| attributes(it, 1, resource));
        about.message(2, |scope| {
            scope.message(1, |it| {
                it.bytes(1, SCOPE);
                it.bytes(2, env!("CARGO_PKG_VERSION"));
            });
            items(scope);
        });
    });
    out.into_bytes().into()
}

pub(super) fn attributes(out: &mut Message, number: u32, labels: &Labels) {
    for (name, value) in labels {
        out.message(number, |pair| {
            pair.bytes(1, name);
            pair.message(2, |it| it.bytes(1, value));
        });
    }
}

pub(super) fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.nanos()).unwrap_or_default()
}

//! Metrics in Prometheus's text format, with names as OpenTelemetry translates them.

use std::fmt::Write;

use bellwether_proto::metric::Instrument;
use bellwether_proto::prometheus;

use super::metric::{Histogram, Labels, Reading, Value};

/// Writes metrics, and what is known of the process that they are about as `target_info`.
pub(super) fn text(reading: &Reading, resource: &Labels) -> String {
    let mut out = String::new();
    // writing to a `String` cannot fail
    let _ = writeln!(out, "# HELP target_info The collector that this is about.");
    let _ = writeln!(out, "# TYPE target_info gauge");
    let _ = writeln!(out, "target_info{} 1", Shown(resource, None));
    let mut before = String::new();
    for family in reading.families() {
        let name = prometheus::name(family.metric);
        // metrics in several units come one after the other
        if name != before {
            let _ = writeln!(out, "# HELP {name} {}", escaped(family.metric.brief, false));
            let _ = writeln!(out, "# TYPE {name} {}", kind(family.metric.instrument));
        }
        for (labels, value) in &family.points {
            let _ = match value {
                Value::Int(value) => writeln!(out, "{name}{} {value}", Shown(labels, None)),
                Value::Float(value) => writeln!(out, "{name}{} {value}", Shown(labels, None)),
                Value::Histogram(histogram) => buckets(&mut out, &name, labels, histogram),
            };
        }
        before = name;
    }
    out
}

fn buckets(
    out: &mut String,
    name: &str,
    labels: &Labels,
    histogram: &Histogram,
) -> std::fmt::Result {
    let mut up_to = 0;
    let bounds = histogram.bounds.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(&histogram.counts) {
        up_to += count;
        writeln!(out, "{name}_bucket{} {up_to}", Shown(labels, Some(&bound)))?;
    }
    writeln!(out, "{name}_sum{} {}", Shown(labels, None), histogram.sum)?;
    writeln!(out, "{name}_count{} {up_to}", Shown(labels, None))
}

fn kind(instrument: Instrument) -> &'static str {
    match instrument {
        Instrument::Counter => "counter",
        Instrument::Gauge | Instrument::UpDownCounter => "gauge",
        Instrument::Histogram => "histogram",
    }
}

fn escaped(text: &str, quoted: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quoted { text.replace('"', "\\\"") } else { text }
}

/// Labels in braces, with the bound of a bucket if it is one.
struct Shown<'a>(&'a Labels, Option<&'a str>);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(labels, bound) = self;
        let bound = bound.map(|it| ("le", it));
        let all = labels.iter().map(|(name, value)| (*name, value.as_str())).chain(bound);
        let mut before = '{';
        for (name, value) in all {
            write!(f, "{before}{}=\"{}\"", prometheus::label(name), escaped(value, true))?;
            before = ',';
        }
        if before == ',' { f.write_str("}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_proto::metrics::{
        BUSINESS_REVENUE_AT_RISK, COLLECTOR_DESTINATION_DROPPED_REQUESTS, COLLECTOR_STORE_DURATION,
        COMPONENT_HEALTH, PROCESS_CPU_TIME,
    };

    use super::*;

    #[test]
    fn names_units_and_values_are_written_as_prometheus_wants_them() {
        let mut reading = Reading::default();
        let labels = [("destination", "otlp/a\"b\\c\nd"), ("reason", "too_large")];
        reading.add(&COLLECTOR_DESTINATION_DROPPED_REQUESTS, &labels, 3_u64);
        reading.add(&COMPONENT_HEALTH, &[("business.component", "auth")], -1_i64);
        reading.add(&PROCESS_CPU_TIME, &[("cpu.mode", "user")], 1.5);
        for (currency, amount) in [("{EUR}", 1.25), ("{GBP}", 925_000.0)] {
            reading.add_in(
                &BUSINESS_REVENUE_AT_RISK,
                currency,
                &[("business.currency", currency)],
                amount,
            );
        }
        let mut histogram = Histogram::new(&[0.001, 1.0]);
        histogram.record(0.5);
        histogram.record(2.0);
        reading.add(&COLLECTOR_STORE_DURATION, &[], &histogram);
        insta::assert_snapshot!(text(&reading, &vec![("service.name", "bellwether".to_owned())]));
    }
}

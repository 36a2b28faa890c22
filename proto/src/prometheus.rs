//! Names as OpenTelemetry translates them for Prometheus.

use crate::metric::{Instrument, Metric};

/// Translates a metric's name as OpenTelemetry's specification does: units are spelt out,
/// counters end with `_total`. What stands in braces is no unit.
pub fn name(metric: &Metric) -> String {
    let mut name = label(metric.name);
    let unit = match metric.unit {
        "s" => "seconds",
        "By" => "bytes",
        "1" if metric.instrument == Instrument::Gauge => "ratio",
        _ => "",
    };
    if !unit.is_empty() && !name.ends_with(unit) {
        name.push('_');
        name.push_str(unit);
    }
    if metric.instrument == Instrument::Counter {
        name.push_str("_total");
    }
    name
}

/// Translates an attribute's name.
pub fn label(attribute: &str) -> String {
    attribute.replace(['.', '-'], "_")
}

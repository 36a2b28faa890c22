//! Questions as PromQL.

use bellwether_proto::prometheus;

use crate::board::{Of, Query};

/// Over how long a rate is taken; Grafana puts in what fits the zoom and the scrapes.
const RANGE: &str = "$__rate_interval";

/// Every series that is meant, of the collectors that the variable `instance` names.
fn selector(query: &Query, suffix: &str) -> String {
    let only = query.only.map(|(name, value)| format!(", {}=\"{value}\"", prometheus::label(name)));
    let name = prometheus::name(query.metric);
    format!("{name}{suffix}{{instance=~\"$instance\"{}}}", only.unwrap_or_default())
}

/// Asks Prometheus for one number: none at all is zero, but only while a collector can be scraped.
pub(crate) fn number(query: &Query) -> String {
    format!("{} or on () 0 * max(collector_ready{{instance=~\"$instance\"}})", expression(query))
}

/// Asks Prometheus.
pub(crate) fn expression(query: &Query) -> String {
    let labels: Vec<_> = query.by.iter().map(|it| prometheus::label(it)).collect();
    let by = if labels.is_empty() { String::new() } else { format!(" by ({})", labels.join(", ")) };
    let rate = |suffix| format!("sum{by} (rate({}[{RANGE}]))", selector(query, suffix));
    match query.of {
        Of::Sum => format!("sum{by} ({})", selector(query, "")),
        Of::Max => format!("max{by} ({})", selector(query, "")),
        Of::Min => format!("min{by} ({})", selector(query, "")),
        Of::PerSecond => rate(""),
        Of::Count => rate("_count"),
        Of::MeanOfRare => {
            format!(
                "sum{by} ({}) / sum{by} ({})",
                selector(query, "_sum"),
                selector(query, "_count")
            )
        }
        Of::Mean => format!("{} / {}", rate("_sum"), rate("_count")),
    }
}

/// Names a series in a legend: the values that tell it apart, else the metric.
pub(crate) fn legend(query: &Query) -> String {
    let values = query.by.iter().map(|it| format!("{{{{{}}}}}", prometheus::label(it)));
    let values: Vec<_> = values.collect();
    if values.is_empty() { query.metric.name.to_owned() } else { values.join(" ") }
}

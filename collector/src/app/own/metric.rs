//! Metrics with their values at one time.

use std::collections::BTreeMap;

use bellwether_proto::metric::Metric;

/// What tells points of a metric apart: names of attributes, and their values.
pub(super) type Labels = Vec<(&'static str, String)>;

/// The value of a point.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A whole number.
    Int(i64),
    /// Any number.
    Float(f64),
    /// How many values there were of each size.
    Histogram(Histogram),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(value.try_into().unwrap_or(i64::MAX))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&Histogram> for Value {
    fn from(histogram: &Histogram) -> Self {
        Self::Histogram(histogram.clone())
    }
}

/// Counts values by size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    /// Upper bounds of all buckets but the last, which has none.
    pub(super) bounds: &'static [f64],
    pub(super) counts: Vec<u64>,
    pub(super) sum: f64,
}

impl Histogram {
    /// Makes an empty one.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }

    /// Counts a value.
    pub(super) fn record(&mut self, value: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.sum += value;
    }

    /// Returns how many values there were.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A metric with its points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Family {
    pub(super) metric: &'static Metric,
    /// The unit on the wire.
    pub(super) unit: String,
    pub(super) points: Vec<(Labels, Value)>,
}

/// Metrics, each with all its points, by name and unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading(BTreeMap<(&'static str, String), Family>);

impl Reading {
    /// Adds a point.
    pub(super) fn add(
        &mut self,
        metric: &'static Metric,
        labels: &[(&'static str, &str)],
        value: impl Into<Value>,
    ) {
        self.add_in(metric, metric.unit, labels, value);
    }

    /// Adds a point of a metric whose unit says more than its description.
    pub(super) fn add_in(
        &mut self,
        metric: &'static Metric,
        unit: &str,
        labels: &[(&'static str, &str)],
        value: impl Into<Value>,
    ) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.family(metric, unit).points.push((labels, value.into()));
    }

    /// Returns a metric with its points, making room for it.
    pub(super) fn family(&mut self, metric: &'static Metric, unit: &str) -> &mut Family {
        let empty = || Family { metric, unit: unit.to_owned(), points: Vec::new() };
        self.0.entry((metric.name, unit.to_owned())).or_insert_with(empty)
    }

    /// Adds all points of another one, which has metrics of its own.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Returns the metrics, in the order of their names.
    pub(super) fn families(&self) -> impl Iterator<Item = &Family> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_a_bound_belongs_below_it() {
        let mut histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 2.0, 9.0] {
            histogram.record(value);
        }
        assert_eq!((histogram.counts.as_slice(), histogram.count()), (&[2, 2, 1][..], 5));
        assert!((histogram.sum - 14.0).abs() < 1e-9);
    }
}

//! The values of metrics' points, by kind of data.

use std::sync::Arc;

use bellwether_core::time::Timestamp;
use bellwether_otlp::{
    Attributes, Buckets, Data, ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint,
    Temporality,
};
use serde::{Deserialize, Serialize};

use super::decision::Keep;
use crate::indicators::{Distribution, Slot, Summary, code};
use crate::plan::QueryId;

/// Into how many values a histogram's bucket is spread at most.
const SPREAD: u64 = 32;

/// How many values a summary's point stands for: its quantiles are known to a thousandth.
const QUANTILES: f64 = 1_000.0;

/// A histogram with more buckets than this is not looked into.
const MOST_BUCKETS: usize = 2_048;

/// A series of points that count from a start: of which resource, metric and attributes, as a
/// hash of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Series {
    pub(crate) key: u128,
    /// When it started; 0 when not said.
    pub(crate) start: Timestamp,
}

/// A point of a series that counts from a start, on its way to where the point before is known.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    pub(crate) query: QueryId,
    pub(crate) group: Arc<[u8]>,
    pub(crate) slot: u32,
    pub(crate) at: Timestamp,
    pub(crate) bad: bool,
    pub(crate) series: Series,
    pub(crate) value: PointValue,
}

/// The value of a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum PointValue {
    /// A gauge or a sum; `adds` says that it is a sum that never falls.
    Number { value: f64, adds: bool },
    /// A histogram with explicit bounds.
    Histogram { of: Totals, bounds: Vec<f64>, counts: Vec<u64> },
    /// A histogram with exponential buckets.
    Exponential { of: Totals, scale: i32, zero: u64, positive: Exponents, negative: Exponents },
    /// A summary: quantiles with their values.
    Summary { of: Totals, quantiles: Vec<(f64, f64)> },
}

/// What every histogram and summary says beside its buckets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Counts of exponential buckets from the first on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exponents {
    pub(crate) offset: i32,
    pub(crate) counts: Vec<u64>,
}

/// A point as it was read.
pub(crate) struct Read<'a> {
    pub(crate) value: PointValue,
    pub(crate) at: u64,
    pub(crate) start: u64,
    pub(crate) attributes: Attributes<'a>,
    /// Whether it counts from the start of its series.
    pub(crate) cumulative: bool,
}

/// Calls `found` with each point that has a value.
pub(crate) fn each<'a>(data: Data<'a>, found: &mut impl FnMut(Read<'a>)) {
    match data {
        Data::Gauge(gauge) => {
            gauge.points().filter_map(|it| number(&it, false, false)).for_each(found);
        }
        Data::Sum(sum) => {
            let monotonic = sum.is_monotonic();
            let cumulative = monotonic && sum.temporality() == Temporality::Cumulative;
            sum.points().filter_map(|it| number(&it, monotonic, cumulative)).for_each(found);
        }
        Data::Histogram(histogram) => {
            let cumulative = histogram.temporality() == Temporality::Cumulative;
            let points = histogram.points().filter(|it| !it.has_no_recorded_value());
            points.map(|it| explicit(&it, cumulative)).for_each(found);
        }
        Data::ExponentialHistogram(histogram) => {
            let cumulative = histogram.temporality() == Temporality::Cumulative;
            let points = histogram.points().filter(|it| !it.has_no_recorded_value());
            points.map(|it| exponential(&it, cumulative)).for_each(found);
        }
        Data::Summary(summary) => {
            let points = summary.points().filter(|it| !it.has_no_recorded_value());
            points.map(|it| quantiles(&it)).for_each(found);
        }
    }
}

fn number<'a>(point: &NumberPoint<'a>, adds: bool, cumulative: bool) -> Option<Read<'a>> {
    let value = point.value().filter(|_| !point.has_no_recorded_value())?.as_f64();
    Some(Read {
        value: PointValue::Number { value, adds },
        at: point.time_unix_nano(),
        start: point.start_time_unix_nano(),
        attributes: point.attributes(),
        cumulative,
    })
}

impl Totals {
    fn of(count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>) -> Self {
        Self {
            count,
            sum: sum.unwrap_or(f64::NAN),
            min: min.unwrap_or(f64::INFINITY),
            max: max.unwrap_or(f64::NEG_INFINITY),
        }
    }

    /// What came since a point before; the least and the greatest are those of all time, which
    /// says nothing about now.
    fn since(&self, before: &Self) -> Option<Self> {
        let count = self.count.checked_sub(before.count)?;
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Some(Self { count, sum: self.sum - before.sum, min, max })
    }
}

fn explicit<'a>(point: &HistogramPoint<'a>, cumulative: bool) -> Read<'a> {
    let of = Totals::of(point.count(), point.sum(), point.min(), point.max());
    let bounds: Vec<f64> = point.explicit_bounds().take(MOST_BUCKETS).collect();
    let counts = point.bucket_counts().take(MOST_BUCKETS).collect();
    Read {
        value: PointValue::Histogram { of, bounds, counts },
        at: point.time_unix_nano(),
        start: point.start_time_unix_nano(),
        attributes: point.attributes(),
        cumulative,
    }
}

fn exponential<'a>(point: &ExponentialPoint<'a>, cumulative: bool) -> Read<'a> {
    let buckets = |it: Buckets<'a>| Exponents {
        offset: it.offset(),
        counts: it.counts().take(MOST_BUCKETS).collect(),
    };
    Read {
        value: PointValue::Exponential {
            of: Totals::of(point.count(), point.sum(), point.min(), point.max()),
            scale: point.scale(),
            zero: point.zero_count(),
            positive: buckets(point.positive()),
            negative: buckets(point.negative()),
        },
        at: point.time_unix_nano(),
        start: point.start_time_unix_nano(),
        attributes: point.attributes(),
        cumulative,
    }
}

fn quantiles<'a>(point: &SummaryPoint<'a>) -> Read<'a> {
    let mut quantiles: Vec<(f64, f64)> =
        point.quantiles().take(MOST_BUCKETS).map(|it| (it.quantile, it.value)).collect();
    quantiles.retain(|it| (0.0..=1.0).contains(&it.0) && it.1.is_finite());
    quantiles.sort_by(|one, other| one.0.total_cmp(&other.0));
    Read {
        value: PointValue::Summary {
            of: Totals::of(point.count(), Some(point.sum()), None, None),
            quantiles,
        },
        at: point.time_unix_nano(),
        start: point.start_time_unix_nano(),
        attributes: point.attributes(),
        cumulative: true,
    }
}

impl PointValue {
    /// Says whether what is kept of it is its growth, when it counts from a start.
    pub(crate) fn grows(&self, keep: Keep) -> bool {
        match self {
            Self::Number { .. } => keep == Keep::Amount,
            Self::Histogram { .. } | Self::Exponential { .. } => true,
            Self::Summary { .. } => !matches!(keep, Keep::Distribution(_)),
        }
    }

    /// Returns how much it adds up to: a sum's value, the number of a histogram's values; the
    /// point of a gauge counts as 1.
    pub(crate) fn amount(&self) -> f64 {
        match self {
            Self::Number { value, adds: true } => *value,
            Self::Number { adds: false, .. } => 1.0,
            Self::Histogram { of, .. }
            | Self::Exponential { of, .. }
            | Self::Summary { of, .. } => of.count as f64,
        }
    }

    /// Returns what came since a point before of the same series; nothing when that cannot be,
    /// because the series started anew.
    pub(crate) fn since(&self, before: &Self) -> Option<Self> {
        match (self, before) {
            (Self::Number { value, adds }, Self::Number { value: less, .. }) => {
                (value >= less).then(|| Self::Number { value: value - less, adds: *adds })
            }
            (
                Self::Histogram { of, bounds, counts },
                Self::Histogram { of: before, bounds: old, counts: less },
            ) => {
                let same = bounds == old && counts.len() == less.len();
                let counts = counts.iter().zip(less).map(|(now, then)| now.checked_sub(*then));
                let counts = if same { counts.collect::<Option<_>>()? } else { return None };
                Some(Self::Histogram { of: of.since(before)?, bounds: bounds.clone(), counts })
            }
            (
                Self::Exponential { of, scale, zero, positive, negative },
                Self::Exponential {
                    of: before,
                    scale: old,
                    zero: less,
                    positive: fewer,
                    negative: fewer_negative,
                },
            ) => {
                let wider = (*scale).min(*old);
                let less_by = |now: &Exponents, then: &Exponents| {
                    now.at(*scale, wider).since(&then.at(*old, wider))
                };
                Some(Self::Exponential {
                    of: of.since(before)?,
                    scale: wider,
                    zero: zero.checked_sub(*less)?,
                    positive: less_by(positive, fewer)?,
                    negative: less_by(negative, fewer_negative)?,
                })
            }
            (Self::Summary { of, quantiles }, Self::Summary { of: before, .. }) => {
                Some(Self::Summary { of: of.since(before)?, quantiles: quantiles.clone() })
            }
            _ => None,
        }
    }

    /// Adds it to a summary of values.
    pub(crate) fn add_to_summary(&self, summary: &mut Summary, at: Timestamp) {
        match self {
            Self::Number { value, .. } => summary.add(*value, at),
            Self::Histogram { of, .. }
            | Self::Exponential { of, .. }
            | Self::Summary { of, .. } => {
                if of.count == 0 || !of.sum.is_finite() {
                    return;
                }
                summary.merge(&Summary {
                    count: of.count,
                    sum: of.sum,
                    min: of.min,
                    max: of.max,
                    last: of.sum / of.count as f64,
                    last_at: at,
                });
            }
        }
    }

    /// Adds it to a distribution of values.
    pub(crate) fn add_to(&self, distribution: &mut Distribution, at: Timestamp) {
        match self {
            Self::Number { value, .. } => distribution.add(*value, code(*value), at),
            Self::Histogram { of, bounds, counts } => {
                self.add_to_summary(&mut distribution.summary, at);
                for (number, count) in counts.iter().enumerate() {
                    spread(distribution, of, bounds, number, *count);
                }
            }
            Self::Exponential { scale, zero, positive, negative, .. } => {
                self.add_to_summary(&mut distribution.summary, at);
                distribution.sketch.add(0.0, *zero);
                for (buckets, is_negative) in [(positive, false), (negative, true)] {
                    for (index, count) in buckets.indexed() {
                        distribution.sketch.add_exponential(index, *scale, is_negative, count);
                    }
                }
            }
            Self::Summary { quantiles, .. } => {
                let mut below = 0.0;
                for (at, (quantile, value)) in quantiles.iter().enumerate() {
                    let up_to = if at + 1 == quantiles.len() { 1.0 } else { *quantile };
                    let share = ((up_to - below) * QUANTILES).round().max(0.0);
                    distribution.sketch.add(*value, share as u64);
                    below = up_to;
                }
            }
        }
    }
}

/// Spreads the values of an explicit bucket evenly over it, as nobody knows better.
fn spread(distribution: &mut Distribution, of: &Totals, bounds: &[f64], number: usize, count: u64) {
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else {
        // without bounds there is one bucket, and the mean is all that is known
        if count > 0 {
            distribution.sketch.add(of.sum / of.count as f64, count);
        }
        return;
    };
    let lower = number.checked_sub(1).and_then(|it| bounds.get(it)).copied();
    let upper = bounds.get(number).copied();
    // what lies beyond the ends is not known; the extremes are, if the point tells them
    let low =
        lower.unwrap_or(first.min(0.0)).max(if of.min.is_finite() { of.min } else { f64::MIN });
    let high = upper.unwrap_or(if of.max.is_finite() { of.max } else { *last }).max(low);
    let high = if of.max.is_finite() { high.min(of.max).max(low) } else { high };
    let parts = count.min(SPREAD);
    for part in 1..=parts {
        // what does not divide evenly goes to the first parts
        let share = count / parts + u64::from(part <= count % parts);
        let at = low + (high - low) * part as f64 / parts as f64;
        distribution.sketch.add(at, share);
    }
}

impl Exponents {
    /// Iterates over counts with the numbers of their buckets, which may be absurd.
    fn indexed(&self) -> impl Iterator<Item = (i32, u64)> + '_ {
        (0..).zip(&self.counts).map(|(at, count)| (self.offset.saturating_add(at), *count))
    }

    /// Returns the same values in buckets of a coarser scale.
    fn at(&self, scale: i32, coarser: i32) -> Self {
        let shift = scale.saturating_sub(coarser).clamp(0, 31);
        if shift == 0 || self.counts.is_empty() {
            return self.clone();
        }
        let offset = self.offset >> shift;
        let mut counts: Vec<u64> = Vec::new();
        for (index, count) in self.indexed() {
            let at = usize::try_from((index >> shift).saturating_sub(offset)).unwrap_or_default();
            if counts.len() <= at {
                counts.resize(at + 1, 0);
            }
            if let Some(sum) = counts.get_mut(at) {
                *sum = sum.saturating_add(count);
            }
        }
        Self { offset, counts }
    }

    fn since(&self, before: &Self) -> Option<Self> {
        let counts = self.indexed().map(|(index, count)| {
            let at = index.checked_sub(before.offset).and_then(|it| usize::try_from(it).ok());
            let then = at.and_then(|it| before.counts.get(it)).copied().unwrap_or(0);
            count.checked_sub(then)
        });
        Some(Self { offset: self.offset, counts: counts.collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests;

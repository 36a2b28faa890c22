//! The five kinds of data that a metric may carry.

use super::{ExponentialPoint, HistogramPoint, NumberPoint, SummaryPoint};
use crate::message::Message;

/// Holds the data of a metric, by kind.
#[derive(Clone, Debug)]
pub enum Data<'a> {
    /// Values that were measured.
    Gauge(Gauge<'a>),
    /// Sums.
    Sum(Sum<'a>),
    /// Histograms with explicit bounds.
    Histogram(Histogram<'a>),
    /// Histograms with exponential buckets.
    ExponentialHistogram(ExponentialHistogram<'a>),
    /// Summaries.
    Summary(Summary<'a>),
}

impl<'a> Data<'a> {
    /// Says whether a field of a metric carries data.
    pub(crate) fn is_number(number: u32) -> bool {
        matches!(number, 5 | 7 | 9 | 10 | 11)
    }

    pub(super) fn of(number: u32, message: Message<'a>) -> Option<Self> {
        match number {
            5 => Some(Self::Gauge(Gauge(message))),
            7 => Some(Self::Sum(Sum(message))),
            9 => Some(Self::Histogram(Histogram(message))),
            10 => Some(Self::ExponentialHistogram(ExponentialHistogram(message))),
            11 => Some(Self::Summary(Summary(message))),
            _ => None,
        }
    }
}

/// Names what the points of a series count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Temporality {
    /// Not said, or one that this version does not know.
    Unspecified,
    /// From the point before.
    Delta,
    /// From the start of the series.
    Cumulative,
}

impl Temporality {
    fn of(message: &Message<'_>) -> Self {
        // Enumerations are 32 bits wide; a decoder drops what is above.
        match message.varint(2) as u32 {
            1 => Self::Delta,
            2 => Self::Cumulative,
            _ => Self::Unspecified,
        }
    }
}

/// Views values that were measured.
#[derive(Clone, Debug)]
pub struct Gauge<'a>(Message<'a>);

impl<'a> Gauge<'a> {
    /// Iterates over the points.
    pub fn points(&self) -> impl Iterator<Item = NumberPoint<'a>> + use<'a> {
        self.0.repeated(1).map(NumberPoint::read)
    }
}

/// Views sums.
#[derive(Clone, Debug)]
pub struct Sum<'a>(Message<'a>);

impl<'a> Sum<'a> {
    /// Iterates over the points.
    pub fn points(&self) -> impl Iterator<Item = NumberPoint<'a>> + use<'a> {
        self.0.repeated(1).map(NumberPoint::read)
    }

    /// Returns what the points count from.
    pub fn temporality(&self) -> Temporality {
        Temporality::of(&self.0)
    }

    /// Says whether the sum never falls.
    pub fn is_monotonic(&self) -> bool {
        self.0.varint(3) != 0
    }
}

/// Views histograms with explicit bounds.
#[derive(Clone, Debug)]
pub struct Histogram<'a>(Message<'a>);

impl<'a> Histogram<'a> {
    /// Iterates over the points.
    pub fn points(&self) -> impl Iterator<Item = HistogramPoint<'a>> + use<'a> {
        self.0.repeated(1).map(HistogramPoint::read)
    }

    /// Returns what the points count from.
    pub fn temporality(&self) -> Temporality {
        Temporality::of(&self.0)
    }
}

/// Views histograms with exponential buckets.
#[derive(Clone, Debug)]
pub struct ExponentialHistogram<'a>(Message<'a>);

impl<'a> ExponentialHistogram<'a> {
    /// Iterates over the points.
    pub fn points(&self) -> impl Iterator<Item = ExponentialPoint<'a>> + use<'a> {
        self.0.repeated(1).map(ExponentialPoint::read)
    }

    /// Returns what the points count from.
    pub fn temporality(&self) -> Temporality {
        Temporality::of(&self.0)
    }
}

/// Views summaries.
#[derive(Clone, Debug)]
pub struct Summary<'a>(Message<'a>);

impl<'a> Summary<'a> {
    /// Iterates over the points.
    pub fn points(&self) -> impl Iterator<Item = SummaryPoint<'a>> + use<'a> {
        self.0.repeated(1).map(SummaryPoint::read)
    }
}

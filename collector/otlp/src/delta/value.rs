//! What a series had come to, and how much it grew since.

use serde::{Deserialize, Serialize};

use super::exponential::Exponential;
use crate::metrics::{HistogramPoint, Number};

/// The buckets that a series may have; nobody draws more, and state is bounded by it.
pub(super) const MOST_BUCKETS: usize = 2_048;

/// What a cumulative series has come to. Doubles are kept as bits, so that every one survives
/// being written as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Value {
    Int(i64),
    Double(u64),
    Histogram(Histogram),
    Exponential(Exponential),
}

/// How a series stands to what it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Growth {
    /// It grew by this much, or not at all.
    By(Value),
    /// It fell: it began anew, and this is what it has come to since.
    Anew(Value),
    /// Nobody can say, because its shape is another.
    Unknown,
}

impl Value {
    /// Returns how many numbers are kept.
    pub(super) fn numbers(&self) -> usize {
        match self {
            Self::Int(_) | Self::Double(_) => 1,
            Self::Histogram(it) => 2 + it.counts.len() + it.bounds.len(),
            Self::Exponential(it) => it.numbers(),
        }
    }

    pub(super) fn number(number: Number) -> Option<Self> {
        match number {
            Number::Int(value) => Some(Self::Int(value)),
            Number::Double(value) => value.is_finite().then_some(Self::Double(value.to_bits())),
        }
    }

    /// Says how much it is more than `before`.
    pub(super) fn since(&self, before: &Self) -> Growth {
        let by = match (self, before) {
            (Self::Int(now), Self::Int(before)) => {
                // a sum that grew by more than there are numbers began anew
                now.checked_sub(*before).filter(|it| *it >= 0).map(Self::Int)
            }
            (Self::Int(_) | Self::Double(_), Self::Int(_) | Self::Double(_)) => {
                let by = self.as_f64() - before.as_f64();
                (by >= 0.0).then_some(Self::Double(by.to_bits()))
            }
            (Self::Histogram(now), Self::Histogram(before)) => {
                if now.bounds != before.bounds || now.counts.len() != before.counts.len() {
                    return Growth::Unknown;
                }
                now.since(before).map(Self::Histogram)
            }
            (Self::Exponential(now), Self::Exponential(before)) => {
                if now.is_finer_than(before) {
                    return Growth::Unknown;
                }
                now.since(before).map(Self::Exponential)
            }
            _ => return Growth::Unknown,
        };
        by.map_or_else(|| Growth::Anew(self.clone()), Growth::By)
    }

    fn as_f64(&self) -> f64 {
        match self {
            Self::Int(value) => *value as f64,
            Self::Double(bits) => f64::from_bits(*bits),
            Self::Histogram(_) | Self::Exponential(_) => f64::NAN,
        }
    }
}

/// What a histogram with explicit bounds has come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Histogram {
    pub(super) count: u64,
    /// Absent where it is not known, or no number.
    pub(super) sum: Option<u64>,
    pub(super) counts: Vec<u64>,
    bounds: Vec<u64>,
}

impl Histogram {
    /// Reads a point; `None` when it has more buckets than anybody draws.
    pub(super) fn read(point: &HistogramPoint<'_>) -> Option<Self> {
        let counts: Vec<u64> = point.bucket_counts().take(MOST_BUCKETS + 1).collect();
        let bounds: Vec<u64> =
            point.explicit_bounds().take(MOST_BUCKETS + 1).map(f64::to_bits).collect();
        (counts.len() <= MOST_BUCKETS && bounds.len() <= MOST_BUCKETS).then_some(Self {
            count: point.count(),
            sum: sum(point.sum()),
            counts,
            bounds,
        })
    }

    fn since(&self, before: &Self) -> Option<Self> {
        let counts = self.counts.iter().zip(&before.counts);
        Some(Self {
            count: self.count.checked_sub(before.count)?,
            sum: grown(self.sum, before.sum),
            counts: counts.map(|(now, before)| now.checked_sub(*before)).collect::<Option<_>>()?,
            bounds: Vec::new(),
        })
    }
}

/// Keeps a sum that is a number.
pub(super) fn sum(sum: Option<f64>) -> Option<u64> {
    sum.filter(|it| it.is_finite()).map(f64::to_bits)
}

/// Returns by how much a sum changed, if both are known. It may have fallen: values below zero.
pub(super) fn grown(now: Option<u64>, before: Option<u64>) -> Option<u64> {
    let by = f64::from_bits(now?) - f64::from_bits(before?);
    sum(Some(by))
}

//! What was measured, and what is left of that once it is old.

use crate::time::Timestamp;

/// Something that was measured: what a rule went by, how a probe or a monitor ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What was measured, such as `rule:login-errors:error_ratio` or `probe:login`.
    pub series: String,
    /// When.
    pub at: Timestamp,
    /// What it was; finite.
    pub value: f64,
    /// Whether it was not as it should be.
    pub failed: bool,
}

/// A length of time that observations are put together by, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Span {
    /// Returns when the span began that a moment belongs to.
    pub fn begin(self, at: Timestamp) -> Timestamp {
        let length = self.nanos();
        Timestamp::from_nanos(at.nanos().div_euclid(length) * length)
    }

    const fn nanos(self) -> i64 {
        match self {
            Self::Hour => 3_600_000_000_000,
            Self::Day => 86_400_000_000_000,
        }
    }
}

/// What is left of the observations of one series in one span.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What was measured.
    pub series: String,
    /// When the span began.
    pub from: Timestamp,
    /// How many observations there were.
    pub count: u64,
    /// How many of them were not as they should be.
    pub failed: u64,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub min: f64,
    /// The greatest of them.
    pub max: f64,
}

impl Summary {
    /// Begins with one observation.
    pub fn of(observation: &Observation, span: Span) -> Self {
        let Observation { series, at, value, failed } = observation;
        Self {
            series: series.clone(),
            from: span.begin(*at),
            count: 1,
            failed: u64::from(*failed),
            sum: *value,
            min: *value,
            max: *value,
        }
    }

    /// Adds what is left of others of the same series and span.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.failed += other.failed;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

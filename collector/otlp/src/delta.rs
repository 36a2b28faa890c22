//! Turns cumulative metrics into delta, for destinations that take nothing else.
//!
//! Monotonic sums, histograms and exponential histograms become what they grew by since the point
//! before; everything else stays as it is. What a series has come to is kept from request to
//! request, and can be saved so that it survives a restart.
//!
//! A series is known by its resource, scope, metric, attributes and start. The first point of one
//! that began while its converter was at work is passed on whole; of one that began earlier nobody
//! knows how much was passed on before, so that its first point only says where it stands. A value
//! that falls began anew. A point that is not later than the one before it is left out.
//!
//! The same requests in the same order at the same times become the same deltas, also from saved
//! state on: what is sent again after a crash replaces what arrived before it.

mod change;
mod exponential;
mod identity;
mod series;
mod value;
mod walk;

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use series::Series;

pub use change::{Change, Saved};

/// How much a converter may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many series. Where there is no room, points of series that are not known are left out.
    pub series: usize,
    /// How many numbers of all series together: one for a sum, and for a histogram about one for
    /// each bucket.
    pub numbers: usize,
    /// After which silence a series is forgotten.
    pub forget_after: Duration,
}

impl Default for Limits {
    /// Returns a hundred thousand series with a million numbers, some 50 MiB at worst, and an hour.
    fn default() -> Self {
        let forget_after = Duration::from_secs(3_600);
        Self { series: 100_000, numbers: 1_000_000, forget_after }
    }
}

/// Turns the cumulative metrics of requests into delta.
#[derive(Clone, Debug)]
pub struct Converter {
    limits: Limits,
    /// Series that began after this are known from their beginning, in nanoseconds since 1970.
    since: u64,
    series: HashMap<u128, Series>,
    numbers: usize,
    swept: u64,
    /// Which series the newest request changed.
    changed: Vec<u128>,
    /// Whether silent ones were looked for when it came.
    tidied: bool,
}

/// A request after its conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The request: the same memory when nothing changed.
    pub body: Bytes,
    /// How many data points it holds; it need not be sent when there are none.
    pub items: u64,
    /// How many points were left out, and why.
    pub left_out: LeftOut,
}

/// Counts points that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The first of series that began before the converter: they say where the series stand.
    pub first: u64,
    /// Not later than the one before.
    pub late: u64,
    /// Without a value, or with one that is no number.
    pub no_value: u64,
    /// Of another shape than the one before, or with more buckets than anybody draws.
    pub shape: u64,
    /// Of series for which there is no room.
    pub no_room: u64,
}

impl LeftOut {
    /// Returns how many points were left out.
    pub fn total(&self) -> u64 {
        let Self { first, late, no_value, shape, no_room } = self;
        first + late + no_value + shape + no_room
    }
}

impl Converter {
    /// Makes a converter that knows no series. `now` is in nanoseconds since 1970.
    pub fn new(limits: Limits, now: u64) -> Self {
        Self::restore(limits, Saved::empty(now))
    }

    /// Keeps as much from now on. What is known already stays known.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Returns how many series are known.
    pub fn series(&self) -> usize {
        self.series.len()
    }

    /// Converts a validated `ExportMetricsServiceRequest`. `now` is in nanoseconds since 1970.
    pub fn convert(&mut self, request: &Bytes, now: u64) -> Converted {
        self.changed.clear();
        self.tidied = false;
        self.sweep(now);
        walk::convert(self, request, now)
    }

    /// Forgets series that have been silent for too long.
    fn sweep(&mut self, now: u64) {
        let patience = u64::try_from(self.limits.forget_after.as_nanos()).unwrap_or(u64::MAX);
        if now.saturating_sub(self.swept) < patience / 8 {
            return;
        }
        self.swept = now;
        self.tidied = true;
        let (since, numbers) = (&mut self.since, &mut self.numbers);
        self.series.retain(|_, series| {
            let keep = now.saturating_sub(series.seen) < patience;
            if !keep {
                // should it come back, its beginning was passed on already
                *since = series.start.max(*since);
                *numbers -= series.value.numbers();
            }
            keep
        });
    }
}

#[cfg(test)]
mod tests;

//! Points of histograms with explicit bounds.

use super::number::no_recorded_value;
use crate::common::Attributes;
use crate::message::Message;
use crate::wire::Value;

/// Views one point of a histogram with explicit bounds. Its own fields were found in one walk;
/// bounds and counts are read when asked for.
#[derive(Clone, Debug)]
pub struct HistogramPoint<'a> {
    message: Message<'a>,
    start: u64,
    time: u64,
    flags: u64,
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl<'a> HistogramPoint<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let [mut start, mut time, mut flags, mut count] = [0; 4];
        let [mut sum, mut min, mut max] = [None; 3];
        for field in message.fields() {
            match (field.number, field.value) {
                (2, Value::Fixed64(bits)) => start = bits,
                (3, Value::Fixed64(bits)) => time = bits,
                (4, Value::Fixed64(bits)) => count = bits,
                (5, Value::Fixed64(bits)) => sum = Some(f64::from_bits(bits)),
                (10, Value::Varint(bits)) => flags = bits,
                (11, Value::Fixed64(bits)) => min = Some(f64::from_bits(bits)),
                (12, Value::Fixed64(bits)) => max = Some(f64::from_bits(bits)),
                _ => {}
            }
        }
        Self { message, start, time, flags, count, sum, min, max }
    }

    /// Returns when the series began, or the point before was, in nanoseconds since 1970; 0 when
    /// not said.
    pub fn start_time_unix_nano(&self) -> u64 {
        self.start
    }

    /// Returns the time of the point in nanoseconds since 1970.
    pub fn time_unix_nano(&self) -> u64 {
        self.time
    }

    /// Returns the flags as sent.
    pub fn flags(&self) -> u32 {
        self.flags as u32
    }

    /// Says whether the point only tells that there is no value.
    pub fn has_no_recorded_value(&self) -> bool {
        no_recorded_value(self.flags())
    }

    /// Returns how many values there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the sum of the values, if known.
    pub fn sum(&self) -> Option<f64> {
        self.sum
    }

    /// Returns the least value, if known.
    pub fn min(&self) -> Option<f64> {
        self.min
    }

    /// Returns the greatest value, if known.
    pub fn max(&self) -> Option<f64> {
        self.max
    }

    /// Iterates over the counts of the buckets. A sound point has one more of them than bounds,
    /// or none of either; whoever reads them must not trust that.
    pub fn bucket_counts(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.message.fixed64s(6)
    }

    /// Iterates over the bounds. Bucket `i` holds values up to and with bound `i`; the last one
    /// all that are greater.
    pub fn explicit_bounds(&self) -> impl Iterator<Item = f64> + use<'a> {
        self.message.fixed64s(7).map(f64::from_bits)
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.message.clone(), number: 9 }
    }
}

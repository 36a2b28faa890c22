//! Points of summaries.

use super::number::no_recorded_value;
use crate::common::Attributes;
use crate::message::Message;
use crate::wire::Value;

/// Views one point of a summary. Its own fields were found in one walk.
#[derive(Clone, Debug)]
pub struct SummaryPoint<'a> {
    message: Message<'a>,
    start: u64,
    time: u64,
    flags: u64,
    count: u64,
    sum: f64,
}

impl<'a> SummaryPoint<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let [mut start, mut time, mut flags, mut count] = [0; 4];
        let mut sum = 0.0;
        for field in message.fields() {
            match (field.number, field.value) {
                (2, Value::Fixed64(bits)) => start = bits,
                (3, Value::Fixed64(bits)) => time = bits,
                (4, Value::Fixed64(bits)) => count = bits,
                (5, Value::Fixed64(bits)) => sum = f64::from_bits(bits),
                (8, Value::Varint(bits)) => flags = bits,
                _ => {}
            }
        }
        Self { message, start, time, flags, count, sum }
    }

    /// Returns when the series began in nanoseconds since 1970; 0 when not said.
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

    /// Returns the sum of the values.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Iterates over the quantiles, in the order in which they were sent.
    pub fn quantiles(&self) -> impl Iterator<Item = Quantile> + use<'a> {
        self.message.repeated(6).map(|message| Quantile::read(&message))
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.message.clone(), number: 7 }
    }
}

/// Holds a value that a share of all values do not exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// The share, 0 to 1.
    pub quantile: f64,
    /// The value.
    pub value: f64,
}

impl Quantile {
    fn read(message: &Message<'_>) -> Self {
        let [mut quantile, mut value] = [0.0; 2];
        for field in message.fields() {
            match (field.number, field.value) {
                (1, Value::Fixed64(bits)) => quantile = f64::from_bits(bits),
                (2, Value::Fixed64(bits)) => value = f64::from_bits(bits),
                _ => {}
            }
        }
        Self { quantile, value }
    }
}

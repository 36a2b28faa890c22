//! Points of histograms with exponential buckets.

use super::number::no_recorded_value;
use crate::common::Attributes;
use crate::message::{Message, Slot};
use crate::wire::Value;

/// Views one point of a histogram with exponential buckets. Its own fields were found in one
/// walk; buckets are read when asked for.
#[derive(Clone, Debug)]
pub struct ExponentialPoint<'a> {
    message: Message<'a>,
    start: u64,
    time: u64,
    flags: u64,
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    scale: u64,
    zero_count: u64,
    zero_threshold: f64,
    positive: Option<Message<'a>>,
    negative: Option<Message<'a>>,
}

impl<'a> ExponentialPoint<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let [mut start, mut time, mut flags, mut count] = [0; 4];
        let [mut sum, mut min, mut max] = [None; 3];
        let (mut scale, mut zero_count, mut zero_threshold) = (0, 0, 0.0);
        let (mut positive, mut negative) = (Slot::default(), Slot::default());
        for (index, field) in message.fields().enumerate() {
            match (field.number, field.value) {
                (2, Value::Fixed64(bits)) => start = bits,
                (3, Value::Fixed64(bits)) => time = bits,
                (4, Value::Fixed64(bits)) => count = bits,
                (5, Value::Fixed64(bits)) => sum = Some(f64::from_bits(bits)),
                (6, Value::Varint(bits)) => scale = bits,
                (7, Value::Fixed64(bits)) => zero_count = bits,
                (8, Value::Bytes(bytes)) => positive.add(index, bytes),
                (9, Value::Bytes(bytes)) => negative.add(index, bytes),
                (10, Value::Varint(bits)) => flags = bits,
                (12, Value::Fixed64(bits)) => min = Some(f64::from_bits(bits)),
                (13, Value::Fixed64(bits)) => max = Some(f64::from_bits(bits)),
                (14, Value::Fixed64(bits)) => zero_threshold = f64::from_bits(bits),
                _ => {}
            }
        }
        let positive = positive.message(&message, 8);
        let negative = negative.message(&message, 9);
        Self {
            message,
            start,
            time,
            flags,
            count,
            sum,
            min,
            max,
            scale,
            zero_count,
            zero_threshold,
            positive,
            negative,
        }
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

    /// Returns the scale: bounds are powers of 2^(2^-scale). As sent, which may be absurd.
    pub fn scale(&self) -> i32 {
        zigzag(self.scale)
    }

    /// Returns how many values were no farther from zero than the threshold.
    pub fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// Returns the width of the zero bucket on either side.
    pub fn zero_threshold(&self) -> f64 {
        self.zero_threshold
    }

    /// Returns the buckets of positive values; without counts when absent.
    pub fn positive(&self) -> Buckets<'a> {
        Buckets(self.positive.clone().unwrap_or(Message::of(&[])))
    }

    /// Returns the buckets of negative values, by their distance from zero; without counts when
    /// absent.
    pub fn negative(&self) -> Buckets<'a> {
        Buckets(self.negative.clone().unwrap_or(Message::of(&[])))
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.message.clone(), number: 1 }
    }
}

/// Views the buckets of one sign.
#[derive(Clone, Debug)]
pub struct Buckets<'a>(Message<'a>);

impl<'a> Buckets<'a> {
    /// Returns the index of the first bucket. Bucket `i` holds values above base^i, up to and
    /// with base^(i + 1).
    pub fn offset(&self) -> i32 {
        zigzag(self.0.varint(1))
    }

    /// Iterates over the counts, from the first bucket on.
    pub fn counts(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.0.varints(2)
    }
}

/// Reads a signed integer of 32 bits as protobuf folds it; a decoder drops what is above.
fn zigzag(bits: u64) -> i32 {
    let bits = bits as u32;
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

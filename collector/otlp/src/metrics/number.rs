//! Points of gauges and sums.

use crate::common::Attributes;
use crate::message::Message;
use crate::wire::Value;

/// Holds a value of a gauge or a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
}

impl Number {
    /// Returns the nearest floating-point number.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Double(value) => value,
        }
    }
}

/// Says whether a point's flags mean that there is no value at this time: the series has ended,
/// or whatever was measured is gone.
pub(super) fn no_recorded_value(flags: u32) -> bool {
    flags & 1 != 0
}

/// Views one point of a gauge or a sum. Its own fields were found in one walk.
#[derive(Clone, Debug)]
pub struct NumberPoint<'a> {
    message: Message<'a>,
    start: u64,
    time: u64,
    flags: u64,
    value: Option<Number>,
}

impl<'a> NumberPoint<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let [mut start, mut time, mut flags] = [0; 3];
        let mut value = None;
        for field in message.fields() {
            match (field.number, field.value) {
                (2, Value::Fixed64(bits)) => start = bits,
                (3, Value::Fixed64(bits)) => time = bits,
                (4, Value::Fixed64(bits)) => value = Some(Number::Double(f64::from_bits(bits))),
                (6, Value::Fixed64(bits)) => value = Some(Number::Int(bits.cast_signed())),
                (8, Value::Varint(bits)) => flags = bits,
                _ => {}
            }
        }
        Self { message, start, time, flags, value }
    }

    /// Returns when the series began, or the point before was, in nanoseconds since 1970; 0 when
    /// not said.
    pub fn start_time_unix_nano(&self) -> u64 {
        self.start
    }

    /// Returns the time of the value in nanoseconds since 1970.
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

    /// Returns the value, if there is one.
    pub fn value(&self) -> Option<Number> {
        self.value
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.message.clone(), number: 7 }
    }
}

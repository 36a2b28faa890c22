//! What is known of one series, and what a new point of it means.

use serde::{Deserialize, Serialize};

use super::value::{Growth, Value};
use super::{Converter, LeftOut, Limits};

/// What a series has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Series {
    /// When it began; 0 when not said. Times are in nanoseconds since 1970.
    pub(super) start: u64,
    /// The time of its latest point.
    time: u64,
    /// When that came.
    pub(super) seen: u64,
    pub(super) value: Value,
}

/// What a point becomes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Delta {
    /// From when on it counts, in nanoseconds since 1970.
    pub(super) start: u64,
    pub(super) value: Value,
}

/// A point of a cumulative series.
pub(super) struct Point {
    pub(super) id: u128,
    pub(super) start: u64,
    pub(super) time: u64,
    /// Absent where there is none, or none that is a number.
    pub(super) value: Option<Value>,
}

impl Converter {
    /// Takes a point into account, and returns what it becomes; `None` when it is left out.
    pub(super) fn take(&mut self, point: Point, now: u64, left: &mut LeftOut) -> Option<Delta> {
        let Point { id, start, time, value } = point;
        let Some(value) = value else {
            left.no_value += 1;
            return None;
        };
        let Some(series) = self.series.get_mut(&id) else {
            return self.first(Point { id, start, time, value: None }, value, now, left);
        };
        if time <= series.time {
            left.late += 1;
            return None;
        }
        let growth = value.since(&series.value);
        let before = std::mem::replace(
            series,
            Series { start: series.start, time, seen: now, value: value.clone() },
        );
        self.numbers = self.numbers + value.numbers() - before.value.numbers();
        self.changed.push(id);
        match growth {
            Growth::By(value) | Growth::Anew(value) => Some(Delta { start: before.time, value }),
            Growth::Unknown => {
                left.shape += 1;
                None
            }
        }
    }

    fn first(&mut self, point: Point, value: Value, now: u64, left: &mut LeftOut) -> Option<Delta> {
        let Point { id, start, time, .. } = point;
        let Limits { series, numbers, .. } = self.limits;
        if self.series.len() >= series || self.numbers + value.numbers() > numbers {
            left.no_room += 1;
            return None;
        }
        self.numbers += value.numbers();
        self.changed.push(id);
        let known = start > self.since;
        self.series.insert(id, Series { start, time, seen: now, value: value.clone() });
        if !known {
            left.first += 1;
            return None;
        }
        Some(Delta { start, value })
    }
}

//! What is kept of the signals that fell into one slot of time.

use std::collections::VecDeque;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::packed::Packed;
use super::sketch::{Sketch, code};
use super::window::Line;

/// What slots can do, whatever they keep.
pub(crate) trait Slot: Clone + Default {
    /// What several slots come to.
    type Total;

    /// How the slots of a ring are kept: there are dozens of them for each of many thousand groups.
    type Line: Line<Self>;

    /// Adds all that another slot keeps; `other` may lie before or after in time.
    fn merge(&mut self, other: &Self);
}

/// A slot that is kept by itself.
pub(crate) trait Single: Slot {
    /// How it is kept.
    type Kept: Clone + Default + PartialEq + std::fmt::Debug;

    /// Adds to what is kept.
    fn keep(kept: &mut Self::Kept, more: &Self);

    /// Takes slots together, in whatever order they come.
    fn total<'a>(slots: impl Iterator<Item = &'a Self::Kept>) -> Self::Total
    where
        Self: 'a;
}

/// Counts the signals of a slot, and those among them that are bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) total: u32,
    pub(crate) bad: u32,
}

/// Adds up how much there is, and how much of it is bad: growth of sums, which need not be whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) total: f64,
    pub(crate) bad: f64,
}

/// How much there is of signals, and how much of it is bad.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// How much there is.
    pub total: f64,
    /// How much of it is bad, by whatever the rule calls bad.
    pub bad: f64,
}

impl Slot for Count {
    type Total = Tally;
    type Line = Packed;

    fn merge(&mut self, other: &Self) {
        self.total = self.total.saturating_add(other.total);
        self.bad = self.bad.saturating_add(other.bad);
    }
}

impl Amount {
    /// Adds an amount; what is not finite is none.
    pub(crate) fn add(&mut self, amount: f64, bad: bool) {
        if amount.is_finite() {
            self.total += amount;
            self.bad += if bad { amount } else { 0.0 };
        }
    }
}

impl Slot for Amount {
    type Total = Tally;
    type Line = VecDeque<Self>;

    fn merge(&mut self, other: &Self) {
        self.total += other.total;
        self.bad += other.bad;
    }
}

impl Single for Amount {
    type Kept = Self;

    fn keep(kept: &mut Self, more: &Self) {
        kept.merge(more);
    }

    fn total<'a>(slots: impl Iterator<Item = &'a Self>) -> Tally {
        slots.fold(Tally::default(), |sum, slot| Tally {
            total: sum.total + slot.total,
            bad: sum.bad + slot.bad,
        })
    }
}

/// Sums values up, and keeps the least, the greatest and the newest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many values there are.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least; infinite when there is none.
    pub min: f64,
    /// The greatest; negative infinity when there is none.
    pub max: f64,
    /// The newest by event time.
    pub last: f64,
    /// When that was.
    pub last_at: Timestamp,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            last: 0.0,
            last_at: Timestamp::default(),
        }
    }
}

impl Summary {
    /// Adds a value; what is not finite is none.
    pub(crate) fn add(&mut self, value: f64, at: Timestamp) {
        if value.is_finite() {
            self.merge(&Self::of_single(value, at));
        }
    }
}

impl Lone for Summary {
    fn single(&self) -> Option<(f64, Timestamp)> {
        let alike = self.count == 1 && [self.min, self.max, self.last] == [self.sum; 3];
        alike.then_some((self.sum, self.last_at))
    }

    fn of_single(value: f64, at: Timestamp) -> Self {
        Self { count: 1, sum: value, min: value, max: value, last: value, last_at: at }
    }
}

impl Slot for Summary {
    type Total = Self;
    type Line = VecDeque<Few<Self>>;

    fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 || other.last_at >= self.last_at {
            self.last = other.last;
            self.last_at = other.last_at;
        }
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

impl Single for Summary {
    type Kept = Few<Self>;

    fn keep(kept: &mut Few<Self>, more: &Self) {
        kept.add(more);
    }

    fn total<'a>(slots: impl Iterator<Item = &'a Few<Self>>) -> Self {
        let mut total = Self::default();
        slots.for_each(|slot| slot.sum_up(&mut total, |it| it));
        total
    }
}

/// What is kept of values of which there are few: those of one slot of one of many groups are
/// often a single one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Few<S> {
    /// There is none.
    #[default]
    None,
    /// There is one, of this time.
    One(f64, Timestamp),
    /// There are more.
    Many(Box<S>),
}

/// What is kept of several values, and can be kept of one.
pub(crate) trait Lone: Slot {
    /// Returns the value when it is one.
    fn single(&self) -> Option<(f64, Timestamp)>;

    /// Makes it of one value.
    fn of_single(value: f64, at: Timestamp) -> Self;
}

impl<S: Lone> Few<S> {
    fn add(&mut self, more: &S) {
        match self {
            Self::None => {
                let many = || Self::Many(Box::new(more.clone()));
                *self = more.single().map_or_else(many, |(value, at)| Self::One(value, at));
            }
            Self::One(value, at) => {
                let mut all = S::of_single(*value, *at);
                all.merge(more);
                *self = Self::Many(Box::new(all));
            }
            Self::Many(all) => all.merge(more),
        }
    }
}

impl<S> Few<S> {
    /// Adds to a summary, without a look at more.
    pub(crate) fn sum_up(&self, total: &mut Summary, summary: impl Fn(&S) -> &Summary) {
        match self {
            Self::None => {}
            Self::One(value, at) => total.add(*value, *at),
            Self::Many(all) => total.merge(summary(all)),
        }
    }
}

/// A [`Summary`] with the sketch of the values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Count, sum, least, greatest, newest.
    pub summary: Summary,
    /// The values by buckets.
    pub sketch: Sketch,
}

impl Distribution {
    /// Adds a value whose bucket is known already; what is not finite is none.
    pub(crate) fn add(&mut self, value: f64, bucket: i32, at: Timestamp) {
        if value.is_finite() {
            self.summary.add(value, at);
            self.sketch.count(bucket, 1);
        }
    }

    /// Returns a quantile (0 to 1), never beyond the least and greatest value.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let value = self.sketch.quantile(quantile)?;
        // of a histogram they may be unknown
        let (min, max) = (self.summary.min, self.summary.max);
        Some(if min <= max { value.clamp(min, max) } else { value })
    }
}

impl Lone for Distribution {
    fn single(&self) -> Option<(f64, Timestamp)> {
        self.summary.single().filter(|(value, _)| self.sketch.is_one(code(*value)))
    }

    fn of_single(value: f64, at: Timestamp) -> Self {
        let mut one = Self::default();
        one.add(value, code(value), at);
        one
    }
}

impl Slot for Distribution {
    type Total = Self;
    type Line = VecDeque<Few<Self>>;

    fn merge(&mut self, other: &Self) {
        self.summary.merge(&other.summary);
        self.sketch.merge(&other.sketch);
    }
}

impl Single for Distribution {
    type Kept = Few<Self>;

    fn keep(kept: &mut Few<Self>, more: &Self) {
        kept.add(more);
    }

    fn total<'a>(slots: impl Iterator<Item = &'a Few<Self>>) -> Self {
        let mut summary = Summary::default();
        let mut many: SmallVec<[&Sketch; 32]> = SmallVec::new();
        let mut ones: SmallVec<[i32; 32]> = SmallVec::new();
        for slot in slots {
            slot.sum_up(&mut summary, |it| &it.summary);
            match slot {
                Few::None => {}
                Few::One(value, _) => ones.push(code(*value)),
                Few::Many(all) => many.push(&all.sketch),
            }
        }
        Self { summary, sketch: Sketch::union(many.into_iter(), &ones) }
    }
}

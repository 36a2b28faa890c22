//! Histograms with exponential buckets, whose scale may fall from point to point.

use serde::{Deserialize, Serialize};

use super::value::{MOST_BUCKETS, grown, sum};
use crate::metrics::{Buckets, ExponentialPoint};

/// What a histogram with exponential buckets has come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Exponential {
    pub(super) count: u64,
    pub(super) sum: Option<u64>,
    pub(super) scale: i32,
    pub(super) zero_count: u64,
    zero_threshold: u64,
    pub(super) positive: Counts,
    pub(super) negative: Counts,
}

/// The buckets of one sign, from that with the index `offset` on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
}

impl Exponential {
    /// Reads a point; `None` when it has more buckets than anybody draws.
    pub(super) fn read(point: &ExponentialPoint<'_>) -> Option<Self> {
        Some(Self {
            count: point.count(),
            sum: sum(point.sum()),
            scale: point.scale(),
            zero_count: point.zero_count(),
            zero_threshold: point.zero_threshold().to_bits(),
            positive: Counts::read(&point.positive())?,
            negative: Counts::read(&point.negative())?,
        })
    }

    pub(super) fn numbers(&self) -> usize {
        5 + self.positive.counts.len() + self.negative.counts.len()
    }

    /// Says whether `before` cannot be brought to the same scale: that only ever falls while a
    /// series goes on.
    pub(super) fn is_finer_than(&self, before: &Self) -> bool {
        self.scale > before.scale || self.zero_threshold != before.zero_threshold
    }

    pub(super) fn since(&self, before: &Self) -> Option<Self> {
        let steps = before.scale.checked_sub(self.scale)?.cast_unsigned();
        Some(Self {
            count: self.count.checked_sub(before.count)?,
            sum: grown(self.sum, before.sum),
            scale: self.scale,
            zero_count: self.zero_count.checked_sub(before.zero_count)?,
            zero_threshold: self.zero_threshold,
            positive: self.positive.since(&before.positive, steps)?,
            negative: self.negative.since(&before.negative, steps)?,
        })
    }
}

impl Counts {
    fn read(buckets: &Buckets<'_>) -> Option<Self> {
        let counts: Vec<u64> = buckets.counts().take(MOST_BUCKETS + 1).collect();
        (counts.len() <= MOST_BUCKETS).then_some(Self { offset: buckets.offset(), counts })
    }

    /// Takes `before` off, of whose buckets 2^steps make one of ours.
    fn since(&self, before: &Self, steps: u32) -> Option<Self> {
        let mut counts = self.counts.clone();
        for (index, count) in (i64::from(before.offset)..).zip(&before.counts) {
            if *count == 0 {
                continue;
            }
            // merging neighbours halves an index, towards minus infinity
            let index = index >> steps.min(63);
            let at = usize::try_from(index - i64::from(self.offset)).ok()?;
            let ours = counts.get_mut(at)?;
            *ours = ours.checked_sub(*count)?;
        }
        Some(Self { offset: self.offset, counts })
    }
}

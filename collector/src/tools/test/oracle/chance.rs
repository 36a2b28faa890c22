//! Series that look like chance and are always the same.

use super::Values;

/// Numbers that look like chance (splitmix64).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a whole number from `least` to `most`.
    pub(super) fn from(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// Returns values that stay in one of several ranges for `runs.0` to `runs.1` steps, and then
    /// go over to another.
    pub(super) fn runs(
        &mut self,
        steps: usize,
        runs: (u64, u64),
        ranges: &[Option<(u64, u64)>],
    ) -> Values {
        let mut values = Vec::with_capacity(steps);
        while values.len() < steps {
            let last = ranges.len() as u64 - 1;
            let range = ranges[usize::try_from(self.from(0, last)).unwrap()];
            for _ in 0..self.from(runs.0, runs.1) {
                values.push(range.map(|(least, most)| self.from(least, most) as f64));
            }
        }
        values.truncate(steps);
        values
    }
}

//! Counts what is distinct: exactly as far as memory allows, and then by an estimate that says so.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use cardinality_estimator::CardinalityEstimator;
use serde::{Deserialize, Serialize};

/// How many are told apart exactly.
pub const EXACTLY: usize = 10_000;

/// 16,384 registers: a standard error of 0.8 %, so that 3 % is nearly four of them. 12 KiB.
type Estimator = CardinalityEstimator<u64, NoHasher, 14, 6>;

/// A set of which only the size is asked for. It takes up to 320 KiB while it is exact, and 12 KiB
/// from then on, whatever is added.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Distinct(Kind);

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Kind {
    Exact(HashSet<u64, BuildHasherDefault<NoHasher>>),
    Estimated(Box<Estimator>),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Exact(HashSet::default())
    }
}

/// How many there are, and whether that is an estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Whether the number is an estimate, within 3 %.
    pub estimated: bool,
}

impl Distinct {
    /// Adds something by its [`hash`].
    pub fn insert(&mut self, hash: u64) {
        match &mut self.0 {
            Kind::Exact(known) if known.len() < EXACTLY || known.contains(&hash) => {
                known.insert(hash);
            }
            Kind::Exact(known) => {
                let mut estimator = Box::new(Estimator::new());
                known.iter().for_each(|it| estimator.insert_hash(*it));
                estimator.insert_hash(hash);
                self.0 = Kind::Estimated(estimator);
            }
            Kind::Estimated(estimator) => estimator.insert_hash(hash),
        }
    }

    /// Says whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.count().count == 0
    }

    /// Returns how many there are.
    pub fn count(&self) -> Count {
        match &self.0 {
            Kind::Exact(known) => Count { count: known.len() as u64, estimated: false },
            Kind::Estimated(estimator) => {
                // there were more than that when estimating began
                let count = estimator.estimate().max(EXACTLY + 1) as u64;
                Count { count, estimated: true }
            }
        }
    }
}

impl PartialEq for Distinct {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Exact(one), Kind::Exact(other)) => one == other,
            (Kind::Estimated(one), Kind::Estimated(other)) => one == other,
            _ => false,
        }
    }
}

/// Hashes a text; the same everywhere and in every version, so that it can be stored. FNV-1a,
/// stirred until every bit depends on every other, as an estimator needs it.
pub fn hash(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let stirred = (fnv ^ (fnv >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let stirred = (stirred ^ (stirred >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    stirred ^ (stirred >> 31)
}

/// Takes a hash for its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHasher(u64);

impl Hasher for NoHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: impl Iterator<Item = u64>) -> Distinct {
        let mut distinct = Distinct::default();
        for id in ids {
            // each comes twice, as customers do
            distinct.insert(hash(&format!("customer-{id}")));
            distinct.insert(hash(&format!("customer-{id}")));
        }
        distinct
    }

    #[test]
    fn it_is_exact_to_ten_thousand() {
        for count in [0, 1, 2, 999, 9_999, 10_000] {
            assert_eq!(of(0..count).count(), Count { count, estimated: false });
        }
    }

    #[test]
    fn it_is_within_three_percent_beyond_and_says_that_it_estimates() {
        for count in [10_001_u64, 12_345, 30_000, 100_000, 300_000] {
            let told = of(0..count).count();
            assert!(told.estimated);
            let error = (told.count as f64 - count as f64).abs() / count as f64;
            assert!(error <= 0.03, "{count}: {} is {error}", told.count);
        }
    }

    #[test]
    fn it_goes_on_from_its_record() {
        for count in [100, 20_000] {
            let distinct = of(0..count);
            let json = serde_json::to_string(&distinct).unwrap();
            assert!(json.len() < 300_000, "{}", json.len());
            let mut again: Distinct = serde_json::from_str(&json).unwrap();
            assert_eq!(again, distinct);
            again.insert(hash("customer-1"));
            assert_eq!(again.count(), distinct.count());
        }
    }
}

//! A mergeable sketch of a distribution, for quantiles with a stated error.

/// Buckets to a doubling: OTLP's exponential histogram of scale 5, so that histograms of this
/// scale or finer merge without any further error.
pub(crate) const SCALE: i32 = 5;

/// How far a quantile lies from the true value at most, as a share of it: half a bucket, which is
/// `(b - 1) / (b + 1)` for `b = 2^(2^-5)`.
pub const RELATIVE_ERROR: f64 = 0.011;

/// More buckets than this are never kept; the lowest are taken together, so that the upper
/// quantiles, which people ask for, stay as exact as promised.
const MOST_BUCKETS: usize = 512;

/// Buckets that lie no farther apart than this are added up in an array.
const DENSE: i32 = 4_096;

/// Positive values have bucket numbers above this, negative ones below its negation, zero has 0.
const OFFSET: i32 = 1 << 16;

/// Values nearer to zero than 2^-1000, or farther than 2^1000, are taken for those.
const MOST_DOUBLINGS: i32 = 1_000;

/// Counts values by buckets that grow with the value. Merging sketches gives the very sketch of
/// all values, whatever the order.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sketch {
    /// Bucket numbers in rising order with how many values fell into each.
    buckets: Vec<(i32, u32)>,
}

impl Sketch {
    /// Adds a value `times` times. NaN is no value.
    pub fn add(&mut self, value: f64, times: u64) {
        if !value.is_nan() && times > 0 {
            self.count(code(value), times);
        }
    }

    /// Adds a value whose bucket is known already.
    pub(crate) fn count(&mut self, code: i32, times: u64) {
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        // values of one place resemble each other: the newest bucket is often the last one
        match self.buckets.binary_search_by_key(&code, |bucket| bucket.0) {
            Ok(at) => {
                if let Some(bucket) = self.buckets.get_mut(at) {
                    bucket.1 = bucket.1.saturating_add(times);
                }
            }
            Err(at) => {
                self.buckets.insert(at, (code, times));
                self.collapse();
            }
        }
    }

    /// Adds the values of an exponential histogram's bucket: those above `base^index` up to and
    /// with `base^(index + 1)`, where `base` is `2^(2^-scale)`, or the same below zero.
    pub(crate) fn add_exponential(&mut self, index: i32, scale: i32, negative: bool, times: u64) {
        if times == 0 {
            return;
        }
        let index = if scale >= SCALE {
            index >> (scale - SCALE).min(31)
        } else {
            // a wide bucket counts in the middle: its own width is an error that nobody can mend
            let width = 1_i64 << SCALE.saturating_sub(scale).min(32);
            let middle = i64::from(index).saturating_mul(width).saturating_add(width / 2);
            i32::try_from(middle).unwrap_or(if index < 0 { i32::MIN } else { i32::MAX })
        };
        self.count(from_index(index, negative), times);
    }

    /// Adds all values of another sketch.
    pub fn merge(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else if other.buckets.len() < self.buckets.len() / 8 {
            for &(code, times) in &other.buckets {
                self.count(code, u64::from(times));
            }
        } else {
            self.join(other.buckets.iter().copied());
        }
    }

    /// Adds values whose buckets are known already, in rising order.
    pub(crate) fn count_sorted(&mut self, codes: &[i32]) {
        let runs = codes.chunk_by(|one, next| one == next);
        self.join(runs.filter_map(|it| Some((*it.first()?, it.len() as u32))));
    }

    /// Adds buckets that come in rising order, in one pass.
    fn join(&mut self, buckets: impl Iterator<Item = (i32, u32)>) {
        let mut own = std::mem::take(&mut self.buckets).into_iter().peekable();
        self.buckets.reserve(own.len() + buckets.size_hint().1.unwrap_or(own.len()));
        for (code, mut times) in buckets {
            while let Some(bucket) = own.next_if(|it| it.0 < code) {
                self.buckets.push(bucket);
            }
            if let Some(same) = own.next_if(|it| it.0 == code) {
                times = times.saturating_add(same.1);
            }
            self.buckets.push((code, times));
        }
        self.buckets.extend(own);
        self.collapse();
    }

    /// Says whether there is one value, in this bucket.
    pub(crate) fn is_one(&self, code: i32) -> bool {
        self.buckets == [(code, 1)]
    }

    /// Takes sketches, and the buckets of single values, together: what merging them one by one
    /// comes to, in one pass.
    pub(crate) fn union<'a>(
        sketches: impl Iterator<Item = &'a Self> + Clone,
        ones: &[i32],
    ) -> Self {
        let ends = |it: &Self| Some((it.buckets.first()?.0, it.buckets.last()?.0));
        let wider = |a: (i32, i32), b: (i32, i32)| (a.0.min(b.0), a.1.max(b.1));
        let all = sketches.clone().filter_map(ends).chain(ones.iter().map(|it| (*it, *it)));
        let Some((first, last)) = all.reduce(wider) else {
            return Self::default();
        };
        if last - first >= DENSE {
            let mut union = Self::default();
            sketches.for_each(|it| union.merge(it));
            ones.iter().for_each(|it| union.count(*it, 1));
            return union;
        }
        let mut counts = vec![0_u32; (last - first) as usize + 1];
        let single = ones.iter().map(|it| (*it, 1));
        let counted = sketches.flat_map(|it| it.buckets.iter().copied()).chain(single);
        for (code, times) in counted {
            if let Some(count) = counts.get_mut((code - first) as usize) {
                *count = count.saturating_add(times);
            }
        }
        let buckets = (first..).zip(counts).filter(|bucket| bucket.1 > 0);
        let mut union = Self { buckets: buckets.collect() };
        union.collapse();
        union
    }

    /// Returns how many values there are.
    pub fn len(&self) -> u64 {
        self.buckets.iter().map(|bucket| u64::from(bucket.1)).sum()
    }

    /// Says whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Returns the value that a share of `quantile` (0 to 1) of all values do not exceed, within
    /// [`RELATIVE_ERROR`] of it; nothing when there are no values.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let total = self.len();
        let rank = (quantile.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for &(code, times) in &self.buckets {
            seen += u64::from(times);
            if seen >= rank {
                return Some(value(code));
            }
        }
        None
    }

    /// Takes the lowest buckets together until no more than allowed are left.
    fn collapse(&mut self) {
        let excess = self.buckets.len().saturating_sub(MOST_BUCKETS);
        if excess == 0 {
            return;
        }
        let lowest: u32 =
            self.buckets.drain(..excess).fold(0, |sum, bucket| sum.saturating_add(bucket.1));
        if let Some(next) = self.buckets.first_mut() {
            next.1 = next.1.saturating_add(lowest);
        }
    }
}

/// Returns the number of a value's bucket. Numbers rise with values.
pub(crate) fn code(value: f64) -> i32 {
    if value == 0.0 {
        return 0;
    }
    from_index(index(value.abs()), value < 0.0)
}

fn from_index(index: i32, negative: bool) -> i32 {
    let most = MOST_DOUBLINGS << SCALE;
    let code = OFFSET + index.clamp(-most, most);
    if negative { -code } else { code }
}

/// How many buckets a doubling has.
const STEPS: usize = 1 << SCALE;

/// The greatest mantissa (53 bits with the leading one) that lies below or on `2^(n / 32)`.
const BOUNDS: [u64; STEPS] = [
    0x10_0000_0000_0000,
    0x10_59b0_d315_8574,
    0x10_b558_6cf9_890f,
    0x11_1301_d012_5b50,
    0x11_72b8_3c7d_517a,
    0x11_d487_3168_b9aa,
    0x12_387a_6e75_6238,
    0x12_9e9d_f51f_dee1,
    0x13_06fe_0a31_b715,
    0x13_71a7_373a_a9ca,
    0x13_dea6_4c12_3422,
    0x14_4e08_6061_892d,
    0x14_bfda_d536_2a27,
    0x15_342b_569d_4f81,
    0x15_ab07_dd48_5429,
    0x16_247e_b03a_5584,
    0x16_a09e_667f_3bcc,
    0x17_1f75_e8ec_5f73,
    0x17_a114_73eb_0186,
    0x18_2589_994c_ce12,
    0x18_ace5_422a_a0db,
    0x19_3737_b0cd_c5e4,
    0x19_c491_82a3_f090,
    0x1a_5503_b23e_255c,
    0x1a_e89f_995a_d3ad,
    0x1b_7f76_f2fb_5e46,
    0x1c_199b_dd85_529c,
    0x1c_b720_dcef_9069,
    0x1d_5818_dcfb_a487,
    0x1d_fc97_337b_9b5e,
    0x1e_a4af_a2a4_90d9,
    0x1f_5076_5b6e_4540,
];

/// How many bounds lie below the mantissas that begin with some seven bits; at most one more lies
/// among these mantissas.
const BELOW: [u8; 128] = {
    let mut below = [0; 128];
    let mut at = 0;
    while at < 128 {
        let first = 1 << 52 | (at as u64) << 45;
        while (below[at] as usize) < STEPS && BOUNDS[below[at] as usize] < first {
            below[at] += 1;
        }
        at += 1;
    }
    below
};

/// Returns `i` such that the value, which is not zero, lies above `base^i`, up to and with
/// `base^(i + 1)`.
fn index(value: f64) -> i32 {
    let bits = value.to_bits();
    // subnormal numbers and infinity come out beyond what is told apart
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1_023;
    let mantissa = 1 << 52 | bits & ((1 << 52) - 1);
    let below = BELOW.get((mantissa >> 45 & 0x7f) as usize).copied().unwrap_or_default();
    let next = BOUNDS.get(usize::from(below)).is_some_and(|bound| mantissa > *bound);
    (exponent << SCALE) + i32::from(below) + i32::from(next) - 1
}

/// Returns the value that is nearest to all of a bucket, by the share that it is off.
fn value(code: i32) -> f64 {
    if code == 0 {
        return 0.0;
    }
    let upper = (f64::from(code.abs() - OFFSET + 1) / f64::from(1 << SCALE)).exp2();
    let base = (1.0 / f64::from(1 << SCALE)).exp2();
    let middle = 2.0 * upper / (1.0 + base);
    if code < 0 { -middle } else { middle }
}

#[cfg(test)]
mod tests;

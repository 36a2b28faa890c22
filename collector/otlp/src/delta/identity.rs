//! Which series a point belongs to.

use crate::wire::{Fields, Value};

/// Hashes what identifies a series: 128 bits, the same in every process, for state that outlives
/// one. Attributes count as a set: their order does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u128);

impl Identity {
    pub(super) const EMPTY: Self = Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);

    /// Adds bytes; what was added before stays apart from them.
    pub(super) fn with(self, bytes: &[u8]) -> Self {
        // FNV-1a, with the length before
        let length = (bytes.len() as u64).to_le_bytes();
        let hash = length.iter().chain(bytes).fold(self.0, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
        });
        Self(hash)
    }

    /// Adds the attributes of a message, which lie in the field of this number.
    pub(super) fn with_attributes(self, message: &[u8], number: u32) -> Self {
        let pairs = Fields::new(message).map_while(Result::ok);
        let hash = pairs.fold(0_u128, |sum, field| match field.value {
            // a sum, because its order does not matter; spread, because FNV alone is too regular
            // to be added up
            Value::Bytes(pair) if field.number == number => {
                sum.wrapping_add(Self::EMPTY.with(pair).spread())
            }
            _ => sum,
        });
        self.with(&hash.to_le_bytes())
    }

    /// Returns the hash.
    pub(super) fn finish(self) -> u128 {
        self.spread()
    }

    /// Lets every bit depend on every other.
    fn spread(self) -> u128 {
        let mix = |mut half: u64| {
            half = (half ^ half >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
            half = (half ^ half >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
            half ^ half >> 33
        };
        let (high, low) = ((self.0 >> 64) as u64, self.0 as u64);
        let low = mix(low ^ mix(high));
        u128::from(mix(high ^ low)) << 64 | u128::from(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewrite::Attribute;

    fn message(pairs: &[(&str, &str)]) -> Vec<u8> {
        let field = |(key, value): &(&str, &str)| {
            [&[0x3a][..], Attribute::string(key, value).encoded()].concat()
        };
        pairs.iter().flat_map(field).collect()
    }

    #[test]
    fn attributes_are_a_set() {
        let of = |pairs: &[_]| Identity::EMPTY.with_attributes(&message(pairs), 7).finish();
        assert_eq!(of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("a", "1")]));
        let different = [
            of(&[]),
            of(&[("a", "1"), ("b", "2")]),
            of(&[("a", "2"), ("b", "1")]),
            of(&[("a", "1"), ("a", "1")]),
            of(&[("a", "1")]),
            of(&[("a1", "")]),
        ];
        for (at, one) in different.iter().enumerate() {
            assert!(!different[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn what_is_added_stays_apart() {
        let of = |parts: &[&[u8]]| {
            parts.iter().fold(Identity::EMPTY, |identity, part| identity.with(part)).finish()
        };
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"", b""]), of(&[b""]));
        // state that was kept is found again by a later version
        assert_eq!(of(&[b"series"]), 0xbcde_d3e8_ac7f_650a_7959_3a2e_a18c_ebc3);
    }
}

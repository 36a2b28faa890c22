use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::duration::scale;
use super::{SettingError, text_setting};

/// A number of bytes as people write it: `512B`, `1MB`, `256MiB`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ByteSize(u64);

/// Units and their bytes, largest first.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// Wraps a number of bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Makes a size of binary megabytes (MiB), the largest possible when that overflows.
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// Returns the number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim_start()));
        factor
            .and_then(|(_, factor)| scale(number, u128::from(*factor)))
            .and_then(|bytes| u64::try_from(bytes).ok())
            .map(Self)
            .ok_or_else(|| {
                SettingError(format!(
                    "`{text}` is not a size: write a number with a unit B, kB, MB, GB, KiB, MiB or GiB, such as `256MiB`"
                ))
            })
    }
}

impl fmt::Display for ByteSize {
    /// Writes it in the largest unit that divides it, such as `256MiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, factor): &&(&str, u64)| self.0 != 0 && self.0.is_multiple_of(*factor);
        match UNITS.iter().find(fits) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

text_setting!(
    ByteSize,
    "A number of bytes with a unit B, kB, MB, GB, TB, KiB, MiB, GiB or TiB.",
    r"^\s*[0-9]+(\.[0-9]+)?\s*([kKmMgGtT][iI]?)?[bB]\s*$",
    ["256MiB", "1MB"]
);

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SettingError, text_setting};

/// A length of time as people write it: `800ms`, `30s`, `1h30m`, `14d`. Never negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct HumanDuration(Duration);

/// Units and their nanoseconds, longest first, as they are written out.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl HumanDuration {
    /// Wraps a duration.
    pub const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    /// Makes a duration of whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// Returns the duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<HumanDuration> for Duration {
    fn from(human: HumanDuration) -> Self {
        human.0
    }
}

impl From<Duration> for HumanDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for HumanDuration {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let wrong = || {
            SettingError(format!(
                "`{text}` is not a duration: write numbers with units ns, us, ms, s, m, h or d, such as `30s`, `1h30m` or `14d`"
            ))
        };
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut nanos: u128 = 0;
        while !rest.is_empty() {
            let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
            let (unit, after) = split(after, |c| c.is_alphabetic());
            let factor =
                UNITS.iter().find(|(name, _)| *name == unit.replace('µ', "u")).map(|(_, n)| *n);
            let part = factor.and_then(|factor| scale(number, factor)).ok_or_else(wrong)?;
            nanos = nanos.checked_add(part).ok_or_else(wrong)?;
            rest = after;
        }
        // Longer ones (292 years) would not fit what clocks count in.
        let nanos = u64::try_from(nanos).ok().filter(|n| *n <= i64::MAX as u64);
        nanos.map(|nanos| Self(Duration::from_nanos(nanos))).ok_or_else(|| {
            SettingError(format!("`{text}` is too long a duration: the longest is 106751d"))
        })
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Multiplies a decimal such as `1.5` with a factor, without floats.
pub(super) fn scale(number: &str, factor: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 18 {
        return None;
    }
    let whole = whole.parse::<u128>().ok()?.checked_mul(factor)?;
    let parts = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction = fraction.parse::<u128>().ok()?.checked_mul(factor)? / parts;
    whole.checked_add(fraction)
}

impl fmt::Display for HumanDuration {
    /// Writes it with the fewest units, such as `1h30m`; zero is `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, factor) in UNITS {
            if rest >= factor {
                write!(f, "{}{unit}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

text_setting!(
    HumanDuration,
    "A length of time: numbers with units ns, us, ms, s, m, h or d.",
    r"^\s*([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+\s*$",
    ["30s", "5m", "1h30m", "14d", "800ms"]
);

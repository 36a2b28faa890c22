use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::{SettingError, text_setting};

/// A share from `0%` to `100%`, kept as an exact decimal so that `99.9%` stays 99.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(Decimal);

impl Percent {
    /// Returns the share as a ratio from 0.0 to 1.0.
    pub fn ratio(self) -> f64 {
        (self.0 / Decimal::ONE_HUNDRED).to_f64().unwrap_or_default()
    }
}

impl FromStr for Percent {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let number = text.trim().strip_suffix('%').map(str::trim_end);
        number
            .and_then(|number| Decimal::from_str_exact(number).ok())
            .filter(|percent| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(percent))
            .map(Self)
            .ok_or_else(|| {
                SettingError(format!(
                    "`{text}` is not a percentage: write a number from 0 to 100 with a percent sign, such as `99.9%`"
                ))
            })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0.normalize())
    }
}

text_setting!(
    Percent,
    "A share from 0% to 100%.",
    r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$",
    ["99.9%", "5%"]
);

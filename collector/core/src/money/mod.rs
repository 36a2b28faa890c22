//! Money as exact decimals with a currency, never as floats.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod rates;
mod totals;

pub use rates::{ExchangeRates, Rate};
pub use totals::Totals;

/// A currency: three capital letters as in ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Says why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not `AMOUNT CURRENCY`.
    #[error(
        "`{0}` is not an amount of money: write an amount and a currency, such as `925000 GBP`"
    )]
    Shape(String),
    /// The amount is not a decimal number.
    #[error(
        "`{0}` is not a decimal amount: write digits with at most one point, such as `1200.50`"
    )]
    Amount(String),
    /// The currency is not three capital letters.
    #[error("`{0}` is not a currency: write three capital letters (ISO 4217), such as `GBP`")]
    Currency(String),
    /// The amount is more than there is.
    #[error("`{0}` is more money than there is: the most is a thousand million million")]
    TooMuch(String),
    /// The amount is below zero.
    #[error("`{0}` is below zero: revenue is written as a positive amount")]
    Negative(String),
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::Currency(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An ISO 4217 currency.",
            "pattern": "^[A-Z]{3}$",
            "examples": ["GBP"],
        })
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An amount of money. Written `925000 GBP`, shown `925,000 GBP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money {
    /// The amount, zero or more.
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency: Currency,
}

/// So that no sum of amounts leaves what decimals can hold.
const MOST: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

impl Money {
    /// Returns no money of a currency.
    pub fn nothing(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let mut words = text.split_whitespace();
        let (Some(amount), Some(currency), None) = (words.next(), words.next(), words.next())
        else {
            return Err(MoneyError::Shape(text.to_owned()));
        };
        let parsed =
            Decimal::from_str_exact(amount).map_err(|_| MoneyError::Amount(amount.to_owned()))?;
        if parsed.is_sign_negative() && !parsed.is_zero() {
            return Err(MoneyError::Negative(amount.to_owned()));
        }
        if parsed > MOST {
            return Err(MoneyError::TooMuch(amount.to_owned()));
        }
        Ok(Self { amount: parsed, currency: currency.parse()? })
    }
}

impl TryFrom<String> for Money {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        format!("{} {}", money.amount, money.currency)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An amount and an ISO 4217 currency.",
            "pattern": r"^\s*\d+(\.\d+)?\s+[A-Z]{3}\s*$",
            "examples": ["925000 GBP"],
        })
    }
}

impl fmt::Display for Money {
    /// Writes thousands apart and no less than a hundredth.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.amount.round_dp(2).normalize().to_string();
        let (whole, cents) =
            text.split_once('.').map_or((text.as_str(), None), |(w, c)| (w, Some(c)));
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if let Some(cents) = cents {
            write!(f, ".{cents:0<2}")?;
        }
        write!(f, " {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_amounts() {
        for (text, shown) in [
            ("925000 GBP", "925,000 GBP"),
            ("1200.5 EUR", "1,200.50 EUR"),
            ("0 GBP", "0 GBP"),
            ("999 USD", "999 USD"),
            (" 1000000   USD ", "1,000,000 USD"),
            ("1000000000000000 JPY", "1,000,000,000,000,000 JPY"),
            ("0.125 GBP", "0.12 GBP"),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!(money.to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_not_money_and_says_why() {
        for (text, part) in [
            ("925000", "such as `925000 GBP`"),
            ("GBP 925000", "not a decimal amount"),
            ("925000 pounds", "not a currency"),
            ("-1 GBP", "below zero"),
            ("1000000000000000.01 GBP", "more money than there is"),
            ("1 GBP extra", "such as `925000 GBP`"),
        ] {
            let error = text.parse::<Money>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

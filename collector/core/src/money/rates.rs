use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use super::{Currency, Money, Totals};

/// What one unit of a currency is worth in another: an exact decimal above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(Decimal);

impl Rate {
    /// Makes a rate, if the number can be one.
    pub fn new(rate: Decimal) -> Option<Self> {
        (rate > Decimal::ZERO).then_some(Self(rate))
    }

    /// Returns the rate as a decimal.
    pub const fn get(self) -> Decimal {
        self.0
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RateVisitor)
    }
}

/// Reads a rate from its digits, so that 0.1 is a tenth and not what a float makes of it.
struct RateVisitor;

impl Visitor<'_> for RateVisitor {
    type Value = Rate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number above zero, such as `0.86`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Rate, E> {
        let rate = Decimal::from_str_exact(text.trim()).ok().and_then(Rate::new);
        rate.ok_or_else(|| {
            E::custom(format!(
                "`{text}` is not a rate: write a decimal number above zero, such as `0.86`"
            ))
        })
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Rate, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Rate, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Rate, E> {
        // the shortest digits that mean this float, which are those that were written
        self.visit_str(&number.to_string())
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "number",
            "description": "What one unit of the currency is worth in the base currency; above zero.",
            "examples": [0.86],
        })
    }
}

/// Checked rates, by which sums in several currencies become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRates {
    base: Currency,
    rates: BTreeMap<Currency, Rate>,
}

impl ExchangeRates {
    /// Puts rates into the base currency together; the base's own is 1 whatever they say.
    pub fn new(base: Currency, rates: BTreeMap<Currency, Rate>) -> Self {
        Self { base, rates }
    }

    /// Returns the currency that sums are told in.
    pub const fn base(&self) -> Currency {
        self.base
    }

    /// Says whether an amount in this currency can be converted.
    pub fn knows(&self, currency: Currency) -> bool {
        currency == self.base || self.rates.contains_key(&currency)
    }

    /// Adds everything up in the base currency; absent when a rate is missing, or the sum is
    /// beyond what decimals hold.
    pub fn sum(&self, totals: &Totals) -> Option<Money> {
        let mut amount = Decimal::ZERO;
        for money in totals.iter() {
            let rate = match self.rates.get(&money.currency) {
                _ if money.currency == self.base => Decimal::ONE,
                rate => rate?.get(),
            };
            amount = amount.checked_add(money.amount.checked_mul(rate)?)?;
        }
        Some(Money { amount, currency: self.base })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(json: serde_json::Value) -> ExchangeRates {
        let rates: BTreeMap<String, Rate> = serde_json::from_value(json).unwrap();
        let rates = rates.into_iter().map(|(name, rate)| (name.parse().unwrap(), rate));
        ExchangeRates::new("GBP".parse().unwrap(), rates.collect())
    }

    fn totals(amounts: &[&str]) -> Totals {
        let mut totals = Totals::default();
        amounts.iter().for_each(|it| totals.add(it.parse().unwrap()));
        totals
    }

    #[test]
    fn currencies_are_summed_by_the_rates_and_never_without() {
        let rates = rates(serde_json::json!({ "EUR": 0.1, "USD": "0.79" }));
        for (amounts, sum) in [
            (&[][..], Some("0 GBP")),
            (&["925000 GBP"], Some("925,000 GBP")),
            (&["925000 GBP", "3 EUR", "100 USD"], Some("925,079.30 GBP")),
            (&["1 GBP", "1 CHF"], None),
        ] {
            let told = rates.sum(&totals(amounts)).map(|it| it.to_string());
            assert_eq!(told.as_deref(), sum, "{amounts:?}");
        }
    }

    #[test]
    fn a_rate_is_what_is_written_and_above_zero() {
        let rate: Rate = serde_json::from_str("0.1").unwrap();
        assert_eq!(rate.get() * Decimal::from(3), "0.3".parse().unwrap());
        for json in ["0", "-1", "\"x\"", "0.0"] {
            let error = serde_json::from_str::<Rate>(json).unwrap_err().to_string();
            assert!(error.contains("such as `0.86`"), "{error}");
        }
    }
}

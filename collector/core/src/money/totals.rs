use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, Money};

/// Sums of money by currency: amounts in different currencies are never added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Totals(BTreeMap<Currency, Decimal>);

impl Totals {
    /// Adds an amount to the sum of its currency.
    pub fn add(&mut self, money: Money) {
        if !money.amount.is_zero() {
            let sum = self.0.entry(money.currency).or_default();
            *sum = sum.saturating_add(money.amount);
        }
    }

    /// Adds every sum of another set of totals.
    pub fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|money| self.add(money));
    }

    /// Returns the higher of two sums, for each currency.
    #[must_use]
    pub fn highest(&self, other: &Self) -> Self {
        let mut highest = self.clone();
        for (currency, amount) in &other.0 {
            let entry = highest.0.entry(*currency).or_default();
            *entry = (*entry).max(*amount);
        }
        highest
    }

    /// Returns the sums, a currency each.
    pub fn iter(&self) -> impl Iterator<Item = Money> + '_ {
        self.0.iter().map(|(&currency, &amount)| Money { amount, currency })
    }

    /// Says whether every sum is zero.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Totals {
    /// Writes `925,000 GBP`, several currencies joined by ` + `, and `nothing` for zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("nothing");
        }
        let parts: Vec<String> = self.iter().map(|money| money.to_string()).collect();
        f.write_str(&parts.join(" + "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_kept_apart() {
        let mut totals = Totals::default();
        for text in ["10 GBP", "5 EUR", "2.50 GBP"] {
            totals.add(text.parse().unwrap());
        }
        assert_eq!(totals.to_string(), "5 EUR + 12.50 GBP");
    }
}

use bellwether_core::ids::{ComponentId, CustomerId, OpportunityId};
use bellwether_core::money::{Currency, Money, Totals};
use bellwether_core::{impact, money};
use serde::{Deserialize, Serialize};

/// An amount of money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The decimal amount as text, such as `925000` or `1200.50`.
    pub amount: String,
    /// The currency, ISO 4217.
    pub currency: Currency,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { amount: money.amount.to_string(), currency: money.currency }
    }
}

impl Amount {
    /// Returns the amount as people read it, such as `925,000 GBP`.
    pub fn text(&self) -> String {
        let plain = format!("{} {}", self.amount, self.currency);
        plain.parse::<money::Money>().map_or(plain, |money| money.to_string())
    }

    /// Returns sums of several currencies as people read them, absent when there are none.
    pub fn sum(amounts: &[Self]) -> Option<String> {
        let texts: Vec<String> = amounts.iter().map(Self::text).collect();
        (!texts.is_empty()).then(|| texts.join(" + "))
    }
}

fn amounts(totals: &Totals) -> Vec<Amount> {
    totals.iter().map(Amount::from).collect()
}

/// What is at risk; currencies are never added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Opportunities plus the loss expected over the horizon, a currency each.
    pub revenue_at_risk: Vec<Amount>,
    /// The part of it that is loss expected over the horizon.
    pub expected_loss: Vec<Amount>,
    /// The names of customers whose opportunities are at risk.
    pub customers: Vec<String>,
    /// The opportunities, each once.
    pub opportunities: Vec<Opportunity>,
}

/// An opportunity that is at risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opportunity {
    /// Its id in the catalog.
    pub id: OpportunityId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// What it is worth, at risk in full.
    pub amount: Amount,
    /// The components that put it at risk.
    pub because: Vec<ComponentId>,
}

impl From<&impact::Impact> for Impact {
    fn from(impact: &impact::Impact) -> Self {
        Self {
            revenue_at_risk: amounts(&impact.revenue_at_risk),
            expected_loss: amounts(&impact.expected_loss),
            customers: impact.customers().into_iter().map(str::to_owned).collect(),
            opportunities: impact.opportunities.iter().map(Opportunity::from).collect(),
        }
    }
}

impl From<&impact::OpportunityAtRisk> for Opportunity {
    fn from(it: &impact::OpportunityAtRisk) -> Self {
        Self {
            id: it.id.clone(),
            name: it.name.clone(),
            customer: it.customer.clone(),
            customer_name: it.customer_name.clone(),
            amount: it.amount.into(),
            because: it.because.clone(),
        }
    }
}

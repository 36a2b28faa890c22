use std::time::Duration;

use bellwether_core::ids::{ComponentId, CustomerId, OpportunityId};
use bellwether_core::impact::FailingShare;
use bellwether_core::money::{Currency, Money, Totals};
use bellwether_core::state::ComponentState;
use bellwether_core::{impact, money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// The decimal amount as text, such as `925000` or `1200.50`.
    pub amount: String,
    /// The currency, ISO 4217.
    pub currency: Currency,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        // no less than a hundredth: losses are counted more finely than anybody pays
        let amount = money.amount.round_dp(2).to_string();
        Self { amount, currency: money.currency }
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

pub(crate) fn amounts(totals: &Totals) -> Vec<Amount> {
    totals.iter().map(Amount::from).collect()
}

/// What is at risk; currencies are never added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Opportunities plus the loss expected over the horizon, a currency each.
    pub revenue_at_risk: Vec<Amount>,
    /// The same in one currency, where the catalog says how; else `null`.
    pub revenue_at_risk_total: Option<Amount>,
    /// Whether that is all there is: every opportunity and every component that earns.
    pub everything: bool,
    /// The part of it that is loss expected over the horizon.
    pub expected_loss: Vec<Amount>,
    /// What the expected loss was worked out from.
    pub rates: Vec<Rate>,
    /// What was lost so far, a currency each; of an incident.
    pub revenue_lost: Vec<Amount>,
    /// How many customers met failures so far; of an incident.
    pub customers_affected: Customers,
    /// The names of customers whose opportunities are at risk.
    pub customers: Vec<String>,
    /// The opportunities, each once.
    pub opportunities: Vec<Opportunity>,
}

/// How many customers there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Customers {
    /// How many.
    pub count: u64,
    /// Whether the number is an estimate, within 3 %.
    pub estimated: bool,
}

/// At which rate a component's revenue is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    /// Which component.
    pub component: ComponentId,
    /// Its effective state.
    pub state: ComponentState,
    /// What it earns in an hour.
    pub revenue_per_hour: Amount,
    /// Which share of its work fails: `measured` with `failed` of `total` requests, or
    /// `out_without_traffic`, which is all of it.
    pub share: FailingShare,
    /// What is lost in an hour at this rate, to the hundredth.
    pub per_hour: Amount,
}

/// An opportunity that is at risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
            revenue_at_risk_total: impact.revenue_at_risk_total.map(Amount::from),
            everything: impact.everything,
            expected_loss: amounts(&impact.expected_loss),
            rates: impact.rates.iter().map(Rate::from).collect(),
            revenue_lost: amounts(&impact.revenue_lost),
            customers_affected: Customers {
                count: impact.customers_affected.count,
                estimated: impact.customers_affected.estimated,
            },
            customers: impact.customers().into_iter().map(str::to_owned).collect(),
            opportunities: impact.opportunities.iter().map(Opportunity::from).collect(),
        }
    }
}

impl From<&impact::LossRate> for Rate {
    fn from(it: &impact::LossRate) -> Self {
        Self {
            component: it.component.clone(),
            state: it.state,
            revenue_per_hour: it.revenue_per_hour.into(),
            share: it.share,
            per_hour: it.over(Duration::from_secs(3_600)).into(),
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

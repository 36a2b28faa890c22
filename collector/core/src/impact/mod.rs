//! What a failure costs: opportunities at risk, expected and suffered loss, customers affected.
//! Every figure lists what it was worked out from.

mod meter;
mod risk;
mod score;
mod share;

pub use meter::{Loss, Meter};
pub use risk::{Protected, RiskSpan, RiskWatch};
pub use score::health_score;
pub use share::{Failing, FailingShare, Measured, Traffic};

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Opportunity};
use crate::distinct::Count;
use crate::ids::{ComponentId, CustomerId, OpportunityId};
use crate::money::{Money, Totals};
use crate::state::ComponentState;

/// The effective state of every component.
pub type States = BTreeMap<ComponentId, ComponentState>;

/// An opportunity that is at risk, and by which components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpportunityAtRisk {
    /// Which opportunity.
    pub id: OpportunityId,
    /// Its name in the catalog.
    pub name: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// The customer's name in the catalog.
    pub customer_name: String,
    /// What it is worth, at risk in full.
    pub amount: Money,
    /// The components that it requires and that are not well enough.
    pub because: Vec<ComponentId>,
}

/// At which rate a component's revenue is lost, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossRate {
    /// Which component.
    pub component: ComponentId,
    /// Its effective state.
    pub state: ComponentState,
    /// What it earns in an hour.
    pub revenue_per_hour: Money,
    /// Which share of its work fails.
    pub share: FailingShare,
}

impl LossRate {
    /// Returns what is lost over a time at this rate.
    pub fn over(&self, time: Duration) -> Money {
        const HOUR: i64 = 3_600_000_000_000;
        let (failed, total) = self.share.parts();
        let nanos = Decimal::from(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let whole = self.revenue_per_hour.amount;
        // as exact as can be: multiplied first, where that fits
        let exact = whole
            .checked_mul(failed)
            .and_then(|it| it.checked_mul(nanos))
            .and_then(|it| it.checked_div(total.saturating_mul(Decimal::from(HOUR))));
        let amount = exact.unwrap_or_else(|| {
            (whole * (failed / total)).saturating_mul(nanos / Decimal::from(HOUR))
        });
        Money { amount, currency: self.revenue_per_hour.currency }
    }
}

/// Everything that is at risk, with its inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Opportunities plus the loss expected over the horizon.
    pub revenue_at_risk: Totals,
    /// The same in one currency, where the catalog says how.
    #[serde(default)]
    pub revenue_at_risk_total: Option<Money>,
    /// Whether that is all there is: every opportunity and every component that earns.
    #[serde(default)]
    pub everything: bool,
    /// Whether nothing that is sold works: every component that earns, or that an opportunity
    /// requires, is out.
    #[serde(default)]
    pub unavailable: bool,
    /// The opportunities, each once.
    pub opportunities: Vec<OpportunityAtRisk>,
    /// The loss expected over the horizon, from revenue by the hour.
    pub expected_loss: Totals,
    /// What the expected loss was worked out from.
    #[serde(default)]
    pub rates: Vec<LossRate>,
    /// What was lost so far; of an incident.
    #[serde(default)]
    pub revenue_lost: Totals,
    /// How many customers met failures so far; of an incident.
    #[serde(default)]
    pub customers_affected: Count,
}

impl Impact {
    /// Works out what is at risk, given effective states and what was measured.
    ///
    /// An opportunity is at risk in full and once, however many of its components are out.
    pub fn of(catalog: &Catalog, effective: &States, measured: &Measured) -> Self {
        let at_risk = |it: &Opportunity| at_risk(catalog, it, effective);
        let opportunities: Vec<_> = catalog.opportunities().iter().filter_map(at_risk).collect();
        let rates = loss_rates(catalog, effective, measured);
        let earning = catalog.components().filter(|it| it.revenue_per_hour.is_some()).count();
        let all = (opportunities.len(), rates.len()) == (catalog.opportunities().len(), earning);
        let mut impact = Self {
            everything: all && !(opportunities.is_empty() && rates.is_empty()),
            unavailable: unavailable(catalog, effective),
            opportunities,
            rates,
            ..Self::default()
        };
        for rate in &impact.rates {
            impact.expected_loss.add(rate.over(catalog.horizon()));
        }
        impact.sum(catalog);
        impact
    }

    /// Adds up what is at risk again, after its parts changed.
    pub fn sum(&mut self, catalog: &Catalog) {
        let mut total = self.expected_loss.clone();
        self.opportunities.iter().for_each(|it| total.add(it.amount));
        self.revenue_at_risk_total = catalog.exchange_rates().and_then(|it| it.sum(&total));
        self.revenue_at_risk = total;
    }

    /// Returns the names of the customers whose opportunities are at risk, each once.
    pub fn customers(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.opportunities.iter().map(|it| it.customer_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Says whether every component that money hangs on is out, if there is any.
fn unavailable(catalog: &Catalog, effective: &States) -> bool {
    let required =
        |id: &ComponentId| catalog.opportunities().iter().any(|it| it.requires.contains(id));
    let sold = catalog.components().filter(|it| it.revenue_per_hour.is_some() || required(&it.id));
    let mut sold = sold.map(|it| effective.get(&it.id).copied()).peekable();
    sold.peek().is_some() && sold.all(|it| it == Some(ComponentState::MajorOutage))
}

fn at_risk(
    catalog: &Catalog,
    opportunity: &Opportunity,
    effective: &States,
) -> Option<OpportunityAtRisk> {
    let unwell = |id: &&ComponentId| {
        let state = effective.get(*id);
        state.is_some_and(|it| it.is_unwell() && *it >= opportunity.at_risk_from)
    };
    let because: Vec<_> = opportunity.requires.iter().filter(unwell).cloned().collect();
    let customer = catalog.customer(&opportunity.customer);
    (!because.is_empty()).then(|| OpportunityAtRisk {
        id: opportunity.id.clone(),
        name: opportunity.name.clone(),
        customer: opportunity.customer.clone(),
        customer_name: customer
            .map_or_else(|| opportunity.customer.to_string(), |it| it.name.clone()),
        amount: opportunity.amount,
        because,
    })
}

/// Works out at which rates revenue is lost: of components that are unwell, the share that was
/// measured to fail; all of those that are out and have no traffic.
pub fn loss_rates(catalog: &Catalog, effective: &States, measured: &Measured) -> Vec<LossRate> {
    let rate = |component: &crate::catalog::Component| {
        let state = effective.get(&component.id).copied().filter(|it| it.is_unwell())?;
        Some(LossRate {
            component: component.id.clone(),
            state,
            revenue_per_hour: component.revenue_per_hour?,
            share: FailingShare::of(state, measured.get(&component.id).copied())?,
        })
    };
    catalog.components().filter_map(rate).collect()
}

#[cfg(test)]
mod tests;

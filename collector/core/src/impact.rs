//! What a failure costs: opportunities at risk, expected loss, customers.

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, CustomerId, OpportunityId};
use crate::money::{Money, Totals};

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

/// Everything that is at risk, with its inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Opportunities plus the loss expected over the horizon.
    pub revenue_at_risk: Totals,
    /// The opportunities, each once.
    pub opportunities: Vec<OpportunityAtRisk>,
    /// The loss expected over the horizon, from revenue by the hour.
    pub expected_loss: Totals,
}

impl Impact {
    /// Returns the names of the customers whose opportunities are at risk, each once.
    pub fn customers(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.opportunities.iter().map(|it| it.customer_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

//! The catalog as it is written: shapes only, nothing checked across entries.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, CustomerId, OpportunityId, Service};
use crate::money::Money;
use crate::route::RoutePattern;
use crate::state::{ComponentState, Criticality};

/// The business map: components, customers and opportunities by their ids.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawCatalog {
    /// The parts of the product that a customer would name.
    pub components: BTreeMap<ComponentId, RawComponent>,
    /// The customers whose fate is followed by name.
    pub customers: BTreeMap<CustomerId, RawCustomer>,
    /// The deals that hang on components.
    pub opportunities: BTreeMap<OpportunityId, RawOpportunity>,
}

/// A part of the product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawComponent {
    /// What people call it; its id unless set.
    pub name: Option<String>,
    /// How much it matters.
    #[serde(default = "medium")]
    pub criticality: Criticality,
    /// The services (`service.name`) that it is a part of; every service unless set.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Its routes: paths with `*` for a segment and `**` for the rest, with or without a method before.
    #[serde(default)]
    pub routes: Vec<RoutePattern>,
    /// Components that it cannot work without.
    #[serde(default)]
    pub depends_on: Vec<ComponentId>,
    /// Components that it works worse without.
    #[serde(default)]
    pub uses: Vec<ComponentId>,
    /// What it earns in an hour, such as `1200 GBP`.
    pub revenue_per_hour: Option<Money>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCustomer {
    /// What people call it; its id unless set.
    pub name: Option<String>,
    /// Who answers for it, usually an e-mail address.
    pub owner: Option<String>,
}

/// A deal that hangs on components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOpportunity {
    /// Whose it is.
    pub customer: CustomerId,
    /// What people call it; its id unless set.
    pub name: Option<String>,
    /// What it is worth, such as `925000 GBP`.
    pub amount: Money,
    /// The components that it requires.
    pub requires: Vec<ComponentId>,
    /// From which state of a required component on it is at risk.
    #[serde(default = "partial_outage")]
    pub at_risk_from: ComponentState,
}

const fn medium() -> Criticality {
    Criticality::Medium
}

const fn partial_outage() -> ComponentState {
    ComponentState::PartialOutage
}

//! The catalog as it is written: shapes only, nothing checked across entries.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::attribute::Predicate;
use crate::ids::{ComponentId, CustomerId, JourneyId, OpportunityId, Service};
use crate::journey::RawJourney;
use crate::money::{Currency, Money, Rate};
use crate::route::RoutePattern;
use crate::settings::HumanDuration;
use crate::state::{ComponentState, Criticality};

/// The business map: components, customers, opportunities and journeys by their ids.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawCatalog {
    /// The parts of the product that a customer would name.
    pub components: BTreeMap<ComponentId, RawComponent>,
    /// The customers whose fate is followed by name.
    pub customers: BTreeMap<CustomerId, RawCustomer>,
    /// The deals that hang on components.
    pub opportunities: BTreeMap<OpportunityId, RawOpportunity>,
    /// The ordered steps by which customers get what they pay for, walked by the collector.
    pub journeys: BTreeMap<JourneyId, RawJourney>,
    /// By what sums in several currencies become one; without it they stay apart.
    pub exchange_rates: Option<RawExchangeRates>,
    /// For how long ahead the loss of what is out is counted as at risk; 1h unless set.
    pub horizon: Option<HumanDuration>,
}

/// A part of the product.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawComponent {
    /// What people call it; its id unless set.
    pub name: Option<String>,
    /// How much it matters; medium unless set.
    #[serde(default = "medium")]
    pub criticality: Criticality,
    /// Who answers for it, usually e-mail addresses.
    #[serde(default)]
    pub owners: Vec<String>,
    /// The services (`service.name`) that it is a part of; every service unless set. With
    /// neither routes nor spans beside them, all that these services do is the component's.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Its routes: paths with `*` for a segment and `**` for the rest, with or without a method before.
    #[serde(default)]
    pub routes: Vec<RoutePattern>,
    /// Routes that were taken away on purpose, so that nobody misses them.
    #[serde(default)]
    pub removed_routes: Vec<RoutePattern>,
    /// By which attributes its signals are known, such as `{ db.system.name: postgresql }`: all
    /// of them, or all of those of one map in a list.
    #[serde(default)]
    pub spans: Option<RawSpans>,
    /// Components that it cannot work without.
    #[serde(default)]
    pub depends_on: Vec<ComponentId>,
    /// Components that it works worse without.
    #[serde(default)]
    pub uses: Vec<ComponentId>,
    /// What it earns in an hour, such as `1200 GBP`.
    pub revenue_per_hour: Option<Money>,
}

/// By which attributes signals are known.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawSpans {
    /// All of these.
    One(Predicate),
    /// All of those of one of these.
    Any(Vec<Predicate>),
}

impl RawSpans {
    pub(super) fn predicates(&self) -> &[Predicate] {
        match self {
            Self::One(predicate) => std::slice::from_ref(predicate),
            Self::Any(predicates) => predicates,
        }
    }
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCustomer {
    /// What people call it; its id unless set.
    pub name: Option<String>,
    /// By which attributes its signals are known; `{ business.customer.id: ID }` with its own
    /// id unless set.
    #[serde(rename = "match")]
    pub matches: Option<Predicate>,
    /// Who answers for it, usually an e-mail address.
    pub owner: Option<String>,
}

/// A deal that hangs on components.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
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
    /// From which state of a required component on it is at risk; partial_outage unless set.
    #[serde(default = "partial_outage")]
    pub at_risk_from: ComponentState,
}

/// By what sums in several currencies become one.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawExchangeRates {
    /// The currency that sums are told in.
    pub base: Currency,
    /// What one unit of each other currency is worth in it, such as `{ EUR: 0.86 }`.
    #[serde(default)]
    pub rates: BTreeMap<Currency, Rate>,
}

const fn medium() -> Criticality {
    Criticality::Medium
}

const fn partial_outage() -> ComponentState {
    ComponentState::PartialOutage
}

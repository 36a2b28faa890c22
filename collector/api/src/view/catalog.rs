//! The business map as the catalog says it.

use bellwether_core::catalog;
use bellwether_core::ids::{ComponentId, CustomerId, JourneyId, OpportunityId};
use bellwether_core::state::{ComponentState, Criticality};
use schemars::JsonSchema;
use serde::Serialize;

use super::Amount;

/// What belongs to whom, and what it is worth.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Catalog {
    /// Every component, each after those that it stands on.
    pub components: Vec<CatalogComponent>,
    /// Every customer, by id.
    pub customers: Vec<CatalogCustomer>,
    /// Every opportunity.
    pub opportunities: Vec<CatalogOpportunity>,
    /// Every customer journey.
    pub journeys: Vec<CatalogJourney>,
}

/// A component.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogComponent {
    /// Its id.
    pub id: ComponentId,
    /// Its name.
    pub name: String,
    /// How much it matters.
    pub criticality: Criticality,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// What it cannot work without.
    pub depends_on: Vec<ComponentId>,
    /// What it works worse without.
    pub uses: Vec<ComponentId>,
    /// The services that it is a part of; none where it may be any.
    pub services: Vec<String>,
    /// What it earns in an hour.
    pub revenue_per_hour: Option<Amount>,
}

/// A customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogCustomer {
    /// Its id.
    pub id: CustomerId,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it needs: what its opportunities require, and its journeys walk through.
    pub components: Vec<ComponentId>,
}

/// An opportunity.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogOpportunity {
    /// Its id.
    pub id: OpportunityId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// What it is worth.
    pub amount: Amount,
    /// What it requires.
    pub requires: Vec<ComponentId>,
    /// From which state of any of those on it is at risk.
    pub at_risk_from: ComponentState,
}

/// A customer journey; without what its requests say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CatalogJourney {
    /// Its id.
    pub id: JourneyId,
    /// Its name.
    pub name: String,
    /// Whose it is, if it is one customer's.
    pub customer: Option<CustomerId>,
    /// What it walks through.
    pub components: Vec<ComponentId>,
    /// How often it is walked.
    pub every_seconds: u64,
    /// The names of its steps, in order.
    pub steps: Vec<String>,
}

impl From<&catalog::Catalog> for Catalog {
    fn from(catalog: &catalog::Catalog) -> Self {
        let customer = |(id, it): (&CustomerId, &catalog::Customer)| CatalogCustomer {
            id: id.clone(),
            name: it.name.clone(),
            owner: it.owner.clone(),
            components: catalog.needed_by(id).into_iter().collect(),
        };
        let opportunity = |it: &catalog::Opportunity| CatalogOpportunity {
            id: it.id.clone(),
            name: it.name.clone(),
            customer: it.customer.clone(),
            amount: it.amount.into(),
            requires: it.requires.iter().cloned().collect(),
            at_risk_from: it.at_risk_from,
        };
        let journey = |it: &bellwether_core::journey::Journey| CatalogJourney {
            id: it.id.clone(),
            name: it.name.clone(),
            customer: it.customer.clone(),
            components: it.components.iter().cloned().collect(),
            every_seconds: it.every.as_secs(),
            steps: it.steps.iter().map(|it| it.name.clone()).collect(),
        };
        Self {
            components: catalog.components().map(CatalogComponent::from).collect(),
            customers: catalog.customers().map(customer).collect(),
            opportunities: catalog.opportunities().iter().map(opportunity).collect(),
            journeys: catalog.journeys().iter().map(journey).collect(),
        }
    }
}

impl From<&catalog::Component> for CatalogComponent {
    fn from(it: &catalog::Component) -> Self {
        Self {
            id: it.id.clone(),
            name: it.name.clone(),
            criticality: it.criticality,
            owners: it.owners.clone(),
            depends_on: it.depends_on.iter().cloned().collect(),
            uses: it.uses.iter().cloned().collect(),
            services: it.services.iter().map(|it| it.as_str().to_owned()).collect(),
            revenue_per_hour: it.revenue_per_hour.map(Amount::from),
        }
    }
}

//! The catalog: the business map of components, customers, opportunities and journeys.

mod check;
mod index;
mod matcher;
mod raw;

pub use check::Flaw;
pub use index::{ComponentIndex, ComponentSet};
pub use matcher::{Found, Matcher, ResourceMatcher, ServiceMatcher};
pub use raw::{RawCatalog, RawComponent, RawCustomer, RawExchangeRates, RawOpportunity, RawSpans};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::index::MOST_COMPONENTS;
use crate::attribute::Predicate;
use crate::ids::{ComponentId, CustomerId, OpportunityId, Service};
use crate::journey::Journey;
use crate::money::{ExchangeRates, Money};
use crate::route::{Route, RoutePattern};
use crate::state::{ComponentState, Criticality};

/// What the names of the services begin with as which the collector itself tells something.
const COLLECTOR: &str = "bellwether";

/// For how long ahead a loss is expected unless the catalog says otherwise.
const HORIZON: Duration = Duration::from_secs(3_600);

/// A checked component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its id.
    pub id: ComponentId,
    /// What people call it.
    pub name: String,
    /// How much it matters.
    pub criticality: Criticality,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// The services that it is a part of; empty means every service.
    pub services: BTreeSet<Service>,
    /// Its routes.
    pub routes: Vec<RoutePattern>,
    /// Routes that were taken away on purpose.
    pub removed_routes: Vec<RoutePattern>,
    /// By which attributes its signals are known: all of those of one of these.
    pub spans: Vec<Predicate>,
    /// What it cannot work without.
    pub depends_on: BTreeSet<ComponentId>,
    /// What it works worse without.
    pub uses: BTreeSet<ComponentId>,
    /// What it earns in an hour.
    pub revenue_per_hour: Option<Money>,
}

impl Component {
    /// Makes the component of all that a service does.
    fn of_service(id: ComponentId, service: Service) -> Self {
        Self {
            name: service.as_str().to_owned(),
            id,
            criticality: Criticality::Medium,
            owners: Vec::new(),
            services: BTreeSet::from([service]),
            routes: Vec::new(),
            removed_routes: Vec::new(),
            spans: Vec::new(),
            depends_on: BTreeSet::new(),
            uses: BTreeSet::new(),
            revenue_per_hour: None,
        }
    }

    /// Says whether the component is a part of a service.
    pub fn is_part_of(&self, service: &Service) -> bool {
        self.services.is_empty() || self.services.contains(service)
    }

    /// Says whether a registered route is one of the component's.
    pub fn has_route(&self, route: &Route) -> bool {
        self.routes.iter().any(|pattern| pattern.matches(route))
    }

    /// Says whether a route was taken away on purpose.
    pub fn has_removed(&self, route: &Route) -> bool {
        self.removed_routes.iter().any(|pattern| pattern.matches(route))
    }
}

/// A checked customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// What people call it.
    pub name: String,
    /// Who answers for it, usually an e-mail address.
    pub owner: Option<String>,
    /// By which attributes its signals are known; by its id unless set.
    pub matches: Option<Predicate>,
}

/// A checked opportunity.
#[derive(Clone, Debug, PartialEq)]
pub struct Opportunity {
    /// Its id.
    pub id: OpportunityId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// What it is worth.
    pub amount: Money,
    /// The components that it requires.
    pub requires: BTreeSet<ComponentId>,
    /// From which state on it is at risk.
    pub at_risk_from: ComponentState,
}

/// The checked catalog: every name that it mentions exists, and nothing depends on itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    /// Components by id.
    components: Vec<Component>,
    /// Components, each after all that it stands on.
    order: Vec<ComponentId>,
    customers: BTreeMap<CustomerId, Customer>,
    opportunities: Vec<Opportunity>,
    journeys: Vec<Journey>,
    exchange_rates: Option<ExchangeRates>,
    horizon: Duration,
}

impl Default for Catalog {
    /// Returns the catalog of nothing.
    fn default() -> Self {
        Self {
            components: Vec::new(),
            order: Vec::new(),
            customers: BTreeMap::new(),
            opportunities: Vec::new(),
            journeys: Vec::new(),
            exchange_rates: None,
            horizon: HORIZON,
        }
    }
}

impl Catalog {
    /// Checks a catalog as it was written.
    ///
    /// # Errors
    /// Returns every flaw at once, each with the path of the value that is wrong.
    pub fn check(raw: RawCatalog) -> Result<Self, Vec<Flaw>> {
        check::check(raw)
    }

    /// Takes a service that is nobody's for a component of its own, with the service's name for
    /// its id, unless there is no room; says whether it did.
    pub fn adopt(&mut self, service: &Service) -> bool {
        let id = ComponentId::new(service.as_str());
        let claimed = self.components.iter().any(|it| it.is_part_of(service) || it.id == id);
        // what the collector itself tells is no service of anybody's
        let nobody = service.as_str().is_empty() || service.as_str().starts_with(COLLECTOR);
        if claimed || nobody || self.components.len() >= MOST_COMPONENTS {
            return false;
        }
        let at = self.components.partition_point(|it| it.id < id);
        self.order.push(id.clone());
        self.components.insert(at, Component::of_service(id, service.clone()));
        true
    }

    /// Returns all components, each after those that it stands on.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.order.iter().filter_map(|id| self.component(id))
    }

    /// Finds a component.
    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        self.at(self.index(id)?)
    }

    /// Finds the number of a component.
    pub fn index(&self, id: &ComponentId) -> Option<ComponentIndex> {
        let at = self.components.binary_search_by(|it| it.id.cmp(id)).ok()?;
        ComponentIndex::new(at)
    }

    /// Returns the component of a number that this catalog gave.
    pub fn at(&self, index: ComponentIndex) -> Option<&Component> {
        self.components.get(index.get())
    }

    /// Returns all components with their numbers, by id.
    pub fn indexed(&self) -> impl Iterator<Item = (ComponentIndex, &Component)> {
        let numbered = self.components.iter().enumerate();
        numbered.filter_map(|(at, it)| Some((ComponentIndex::new(at)?, it)))
    }

    /// Finds a customer.
    pub fn customer(&self, id: &CustomerId) -> Option<&Customer> {
        self.customers.get(id)
    }

    /// Returns all customers.
    pub fn customers(&self) -> impl Iterator<Item = (&CustomerId, &Customer)> {
        self.customers.iter()
    }

    /// Returns the components that a customer needs: those that its opportunities require, and
    /// those that its journeys walk through.
    pub fn needed_by(&self, customer: &CustomerId) -> BTreeSet<ComponentId> {
        let required = self.opportunities.iter().filter(|it| it.customer == *customer);
        let walked = self.journeys.iter().filter(|it| it.customer.as_ref() == Some(customer));
        let required = required.flat_map(|it| &it.requires);
        required.chain(walked.flat_map(|it| &it.components)).cloned().collect()
    }

    /// Returns all opportunities.
    pub fn opportunities(&self) -> &[Opportunity] {
        &self.opportunities
    }

    /// Returns all journeys.
    pub fn journeys(&self) -> &[Journey] {
        &self.journeys
    }

    /// Returns the rates by which sums in several currencies become one, if there are any.
    pub fn exchange_rates(&self) -> Option<&ExchangeRates> {
        self.exchange_rates.as_ref()
    }

    /// Returns for how long ahead a loss is expected.
    pub fn horizon(&self) -> Duration {
        self.horizon
    }

    /// Works out effective states from own states: the worst of a component's own and of the
    /// effective states of what it depends on; what it only uses takes it to
    /// `degraded_performance` at most. A component without an own state is `unknown`; one under
    /// maintenance is that, whatever it stands on.
    pub fn effective(
        &self,
        own: &BTreeMap<ComponentId, ComponentState>,
    ) -> BTreeMap<ComponentId, ComponentState> {
        let mut effective = BTreeMap::new();
        for component in self.components() {
            let mut state = own.get(&component.id).copied().unwrap_or(ComponentState::Unknown);
            if state == ComponentState::UnderMaintenance {
                effective.insert(component.id.clone(), state);
                continue;
            }
            let hard = component.depends_on.iter().map(|id| (id, ComponentState::MajorOutage));
            let soft = component.uses.iter().map(|id| (id, ComponentState::DegradedPerformance));
            for (id, most) in hard.chain(soft) {
                match effective.get(id) {
                    Some(below) if ComponentState::is_unwell(*below) => {
                        state = state.worst(most.min(*below))
                    }
                    _ => {}
                }
            }
            effective.insert(component.id.clone(), state);
        }
        effective
    }

    /// Returns what a component cannot work without, directly or not; not itself.
    pub fn foundations(&self, id: &ComponentId) -> BTreeSet<&ComponentId> {
        let mut found = BTreeSet::new();
        let mut next: Vec<&Component> = self.component(id).into_iter().collect();
        while let Some(component) = next.pop() {
            let new = component.depends_on.iter().filter(|it| found.insert(*it));
            next.extend(new.filter_map(|it| self.component(it)));
        }
        found
    }

    /// Returns the component and everything that stands on it, directly or not.
    pub fn dependents(&self, id: &ComponentId) -> BTreeSet<ComponentId> {
        let mut found = BTreeSet::from([id.clone()]);
        for component in self.components() {
            let below = component.depends_on.iter().chain(&component.uses);
            if below.into_iter().any(|it| found.contains(it)) {
                found.insert(component.id.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;

//! The business map, as far as a service needs it.

use std::collections::BTreeMap;
use std::fmt;

use super::customer::{Customer, Customers};
use super::pattern::Pattern;

/// Maps routes to the components that customers would name, and names the customers who are followed by name.
///
/// It is the catalog of the collector: read the same file with `Catalog::read` (feature `catalog`), or write it in code.
///
/// ```
/// use bellwether::business::{Catalog, Component, Criticality};
///
/// let catalog = Catalog::new()
///     .component(Component::new("auth", Criticality::Critical).route("/api/v1/auth/**")?)
///     .component(Component::new("admin", Criticality::High).route("/api/v1/admin/**")?)
///     .customer("zebra");
///
/// let component = catalog.find("shop", "GET", "/api/v1/admin/users/{id}").map(Component::id);
/// assert_eq!(component, Some("admin"));
/// # Ok::<(), bellwether::business::InvalidPattern>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Catalog {
    components: BTreeMap<String, Component>,
    customers: Customers,
    #[cfg(feature = "http")]
    journeys: BTreeMap<String, crate::journeys::Journey>,
}

impl Catalog {
    /// Creates a catalog of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a component; one with the same id is replaced.
    pub fn component(mut self, component: Component) -> Self {
        self.components.insert(component.id.clone(), component);
        self
    }

    /// Adds a customer whose fate is followed by name, by catalog id or with more to say; one with the same id is replaced.
    pub fn customer(mut self, customer: impl Into<Customer>) -> Self {
        self.customers.add(customer.into());
        self
    }

    /// Adds a journey of a customer; one with the same id is replaced.
    #[cfg(feature = "http")]
    pub fn journey(mut self, journey: crate::journeys::Journey) -> Self {
        self.journeys.insert(journey.id().to_owned(), journey);
        self
    }

    /// Lists the journeys by id. Nothing walks them by itself:
    /// [`Monitors::journeys`](crate::monitors::Monitors::journeys) does.
    #[cfg(feature = "http")]
    pub fn journeys(&self) -> impl Iterator<Item = &crate::journeys::Journey> {
        self.journeys.values()
    }

    /// Returns the component that a route of a service belongs to: the one whose pattern says the most about it.
    pub fn find(&self, service: &str, method: &str, path: &str) -> Option<&Component> {
        let fitting = self.components.values().filter(|it| it.is_part_of(service));
        let ranked = fitting.filter_map(|it| {
            let patterns = it.routes.iter().filter(|pattern| pattern.matches(method, path));
            Some((patterns.map(Pattern::precision).max()?, it))
        });
        // Of two that say the same, the first by id, so that the answer does not depend on the order of the file.
        ranked.rev().max_by_key(|(precision, _)| *precision).map(|(_, it)| it)
    }

    /// Returns the component with an id.
    pub fn get(&self, id: &str) -> Option<&Component> {
        self.components.get(id)
    }

    /// Lists the components by id.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values()
    }

    /// Lists the customers by id.
    pub fn customers(&self) -> impl Iterator<Item = &Customer> {
        self.customers.iter()
    }

    /// Finds a customer by catalog id, or by an id as which they are known to the service.
    pub fn find_customer(&self, id: &str) -> Option<&Customer> {
        self.customers.find(id)
    }
}

/// A part of the product that a customer would name.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Component {
    id: String,
    name: Option<String>,
    criticality: Criticality,
    services: Vec<String>,
    routes: Vec<Pattern>,
}

impl Component {
    /// Creates a component without routes, part of every service.
    pub fn new(id: impl Into<String>, criticality: Criticality) -> Self {
        let id = id.into();
        Self { id, name: None, criticality, services: Vec::new(), routes: Vec::new() }
    }

    /// Says what people call it; its id unless said.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a pattern of routes: a path with `*` for one segment and `**` for the rest, with or without a method before it.
    ///
    /// # Errors
    ///
    /// Fails when the path does not begin with `/`, or when `**` does not stand at its end.
    pub fn route(mut self, pattern: &str) -> Result<Self, InvalidPattern> {
        let parsed = pattern
            .parse()
            .map_err(|problem| InvalidPattern { pattern: pattern.to_owned(), problem })?;
        self.routes.push(parsed);
        Ok(self)
    }

    /// Says that the component is a part of a service (`service.name`); of every service unless said.
    pub fn part_of(mut self, service: impl Into<String>) -> Self {
        self.services.push(service.into());
        self
    }

    /// Returns the id: `business.component`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what people call it.
    pub fn name(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.id)
    }

    /// Returns how much it matters: `service.criticality`.
    pub fn criticality(&self) -> Criticality {
        self.criticality
    }

    #[cfg(feature = "axum")]
    pub(crate) fn routes(&self) -> &[Pattern] {
        &self.routes
    }

    pub(crate) fn is_part_of(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|it| it == service)
    }
}

/// Says how much a component matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Criticality {
    /// A nuisance when it fails.
    Low,
    /// Worth a look today.
    #[default]
    Medium,
    /// Customers notice.
    High,
    /// The business stands still.
    Critical,
}

impl Criticality {
    /// Returns the word of the telemetry conventions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Criticality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says why a text is no pattern of routes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is no pattern of routes: {problem}")]
pub struct InvalidPattern {
    pattern: String,
    problem: &'static str,
}

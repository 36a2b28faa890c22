//! The customers who are followed by name.

use std::collections::BTreeMap;

use crate::glob;

/// A customer whose fate is followed by name; every other customer is `other` on metrics.
///
/// ```
/// use bellwether::business::{Catalog, Customer};
///
/// let zebra = Customer::new("zebra").named("Zebra Associates").known_as("c-10482").known_as("zebra-*");
/// let catalog = Catalog::new().customer(zebra).customer("acme");
/// assert_eq!(catalog.find_customer("zebra-uk").map(Customer::id), Some("zebra"));
/// assert_eq!(catalog.find_customer("acme").map(Customer::name), Some("acme"));
/// assert_eq!(catalog.find_customer("c-1"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Customer {
    id: String,
    name: Option<String>,
    known_as: Vec<String>,
}

impl Customer {
    /// Creates a customer with a catalog id: `business.customer`.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), name: None, known_as: Vec::new() }
    }

    /// Says what people call them; their id unless said.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds an id by which the service knows them (`business.customer.id`), beside their catalog id; `*` stands for any run
    /// of characters.
    pub fn known_as(mut self, id: impl Into<String>) -> Self {
        self.known_as.push(id.into());
        self
    }

    /// Returns the catalog id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what people call them.
    pub fn name(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.id)
    }
}

impl From<&str> for Customer {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for Customer {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

/// The customers of a catalog, quickly found by whatever they are known as.
#[derive(Debug, Clone, Default)]
pub(super) struct Customers {
    by_id: BTreeMap<String, Customer>,
    /// Ids without stars, and whose they are.
    known: BTreeMap<String, String>,
    /// Ids with stars, and whose they are.
    patterns: Vec<(String, String)>,
}

impl Customers {
    pub(super) fn add(&mut self, customer: Customer) {
        self.known.retain(|_, owner| *owner != customer.id);
        self.patterns.retain(|(_, owner)| *owner != customer.id);
        for id in &customer.known_as {
            if id.contains('*') {
                self.patterns.push((id.clone(), customer.id.clone()));
            } else {
                self.known.insert(id.clone(), customer.id.clone());
            }
        }
        self.by_id.insert(customer.id.clone(), customer);
    }

    /// Finds the customer whose catalog id this is, or who is known as this.
    pub(super) fn find(&self, id: &str) -> Option<&Customer> {
        let by_pattern = || self.patterns.iter().find(|(pattern, _)| glob::fits(pattern, id));
        self.by_id.get(id).or_else(|| {
            let owner = self.known.get(id).or_else(|| by_pattern().map(|(_, owner)| owner))?;
            self.by_id.get(owner)
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Customer> {
        self.by_id.values()
    }
}

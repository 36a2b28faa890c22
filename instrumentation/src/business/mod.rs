//! Business tags: what a request means to the business, on spans, logs and metrics.
//!
//! A [`Catalog`] maps routes to components. Give it to [`Builder::catalog`](crate::Builder::catalog) (or name its file in
//! `BELLWETHER_CATALOG`), and every request that [`Telemetry::instrument`](crate::Telemetry::instrument) sees carries
//! `business.component` and `service.criticality` without a line in any handler.
//!
//! Who is served is what the service knows: it says so with [`customer`], usually where it authenticates. From there on
//! spans and logs carry `business.customer.id` (and `business.customer` for a customer of the catalog), and requests to
//! other services carry it as baggage, so that they need not know.
//!
//! Work that is no request is an [`Operation`].

mod catalog;
mod customer;
#[cfg(feature = "catalog")]
mod file;
pub(crate) mod metric;
mod operation;
pub(crate) mod pattern;
pub(crate) mod processors;
#[cfg(all(feature = "catalog", feature = "http"))]
mod substitute;
pub(crate) mod tags;
#[cfg(test)]
mod tests;

pub use catalog::{Catalog, Component, Criticality, InvalidPattern};
pub use customer::Customer;
#[cfg(feature = "catalog")]
pub use file::CatalogError;
pub use operation::{Business, Operation};

use std::sync::Arc;

use opentelemetry::Context;

use tags::Tags;

/// Says which customer the request or operation under way serves.
///
/// Any id will do: metrics name only customers of the catalog and call the rest `other`. The first call within a request
/// stands, and beats what the caller's baggage said. Outside a request or operation it does nothing.
///
/// ```
/// # struct User { tenant: String }
/// # async fn authenticate() -> User { User { tenant: "zebra".to_owned() } }
/// # async fn handler() {
/// let user = authenticate().await;
/// bellwether::business::customer(&user.tenant);
/// # }
/// ```
pub fn customer(id: &str) {
    with_tags(|tags| tags.say_customer(id));
}

/// Says which component the request or operation under way belongs to, where the catalog cannot know it by the route:
/// one GraphQL or RPC route that serves them all, for instance.
///
/// The id becomes part of metrics, so it must come from the code and never from a request. The first call within a
/// request stands. Outside a request or operation it does nothing.
pub fn component(id: &'static str) {
    with_tags(|tags| tags.say_component(id));
}

/// Returns the id of the customer whom the request or operation under way serves; `None` when nobody said.
pub fn current_customer() -> Option<Arc<str>> {
    with_tags(|tags| tags.customer().map(|it| Arc::clone(&it.id))).flatten()
}

fn with_tags<T>(f: impl FnOnce(&Tags) -> T) -> Option<T> {
    Context::map_current(|context| context.get::<Tags>().map(f))
}

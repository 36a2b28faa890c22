//! Finds the components and the customer of a signal, without an allocation for each.

mod keys;
mod predicates;
mod routes;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use self::keys::{Keys, Slot, Values};
use self::predicates::Predicates;
use self::routes::{Kind, Routes};
use super::index::{ComponentIndex, ComponentSet};
use super::{Catalog, Component};
use crate::attribute::{Predicate, Scalar, Value, Wanted};
use crate::ids::{CustomerId, Service};
use crate::route::Precision;

pub(super) use keys::MOST_KEYS;

/// Finds the components and the customer of signals; made once from a catalog.
///
/// A signal is a component's when the service is one of the component's (every service when it
/// names none) and one of these holds: its route is one of the component's; its attributes are
/// those of one of the component's `spans`; the component has neither routes nor spans, but names
/// services. It is a component's too when it says so itself (`business.component`). Several
/// components may have one signal.
#[derive(Debug)]
pub struct Matcher {
    named: HashMap<Service, ServiceMatcher>,
    others: ServiceMatcher,
}

/// What a matcher knows of one service.
#[derive(Debug)]
pub struct ServiceMatcher {
    shared: Arc<Shared>,
    routes: Routes,
    spans: Predicates<ComponentIndex>,
    /// Components whose the whole service is.
    whole: ComponentSet,
}

/// What holds whatever the service.
#[derive(Debug)]
struct Shared {
    keys: Keys,
    components: HashMap<Box<str>, ComponentIndex>,
    customers: Predicates<CustomerId>,
}

/// A matcher of the signals of one resource.
#[derive(Debug)]
pub struct ResourceMatcher<'m, 'a> {
    service: &'m ServiceMatcher,
    values: Values<'a>,
}

/// Whose a signal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'m, 'a> {
    /// The components that it is a part of.
    pub components: ComponentSet,
    /// The one of them that says the most about it: the one that the signal names itself, else
    /// that of the most precise route, else that of the most attributes, else the first by id.
    pub component: Option<ComponentIndex>,
    /// The customer of the catalog.
    pub customer: Option<&'m CustomerId>,
    /// The customer's id as the signal has it, in the catalog or not.
    pub customer_id: Option<&'a str>,
    /// Whether the path counts, because it is a request that the service answered and no route
    /// told: signals that differ in nothing but their paths may then be others'.
    pub by_path: bool,
}

/// How much a match says; the greatest names the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Service,
    Attributes(usize),
    Route(Precision),
    Named,
}

impl Matcher {
    /// Makes a matcher of a catalog.
    pub fn new(catalog: &Catalog) -> Self {
        let mut keys = Keys::new();
        let customers = customers(catalog, &mut keys);
        let services = catalog.indexed().flat_map(|(_, it)| it.services.iter().cloned());
        let mut named: BTreeMap<Service, Parts> =
            services.map(|it| (it, Parts::default())).collect();
        let mut others = Parts::default();
        for (index, component) in catalog.indexed() {
            for (service, parts) in &mut named {
                if component.is_part_of(service) {
                    parts.add(&mut keys, index, component);
                }
            }
            if component.services.is_empty() {
                others.add(&mut keys, index, component);
            }
        }
        let components =
            catalog.indexed().map(|(index, it)| (it.id.as_str().into(), index)).collect();
        let shared = Arc::new(Shared { keys, components, customers });
        Self {
            named: named.into_iter().map(|(id, it)| (id, it.with(&shared))).collect(),
            others: others.with(&shared),
        }
    }

    /// Returns what is known of a service (`service.name`); look it up once for a resource.
    pub fn service(&self, name: &str) -> &ServiceMatcher {
        self.named.get(name).unwrap_or(&self.others)
    }
}

/// The parts of a service's matcher while they are put together.
#[derive(Default)]
struct Parts {
    routes: Routes,
    spans: Predicates<ComponentIndex>,
    whole: ComponentSet,
}

impl Parts {
    fn add(&mut self, keys: &mut Keys, index: ComponentIndex, component: &Component) {
        component.routes.iter().for_each(|pattern| self.routes.add(pattern, index));
        component.spans.iter().for_each(|predicate| self.spans.add(keys, predicate, index));
        let says_how = !component.routes.is_empty() || !component.spans.is_empty();
        if !says_how && !component.services.is_empty() {
            self.whole.insert(index);
        }
    }

    fn with(self, shared: &Arc<Shared>) -> ServiceMatcher {
        let Self { routes, spans, whole } = self;
        ServiceMatcher { shared: shared.clone(), routes, spans, whole }
    }
}

/// A customer is known by what the catalog says, and by its id where a service knows the catalog.
fn customers(catalog: &Catalog, keys: &mut Keys) -> Predicates<CustomerId> {
    let is = |key: &str, id: &CustomerId| {
        let wanted = Wanted::One(Scalar::Text(id.as_str().to_owned()));
        Predicate(BTreeMap::from([(key.to_owned(), wanted)]))
    };
    let mut customers = Predicates::default();
    for (id, customer) in catalog.customers() {
        let own = customer.matches.clone();
        let own = own.unwrap_or_else(|| is(bellwether_proto::semconv::BUSINESS_CUSTOMER_ID, id));
        customers.add(keys, &own, id.clone());
        customers.add(keys, &is(bellwether_proto::semconv::BUSINESS_CUSTOMER, id), id.clone());
    }
    customers
}

impl ServiceMatcher {
    /// Takes the attributes of a resource into account. An attribute of a signal comes before one
    /// of its resource.
    pub fn resource<'m, 'a, F: FnOnce() -> Value<'a>>(
        &'m self,
        attributes: impl IntoIterator<Item = (&'a [u8], F)>,
    ) -> ResourceMatcher<'m, 'a> {
        let mut values = Values::NONE;
        values.take(&self.shared.keys, attributes);
        ResourceMatcher { service: self, values }
    }
}

impl<'m, 'a> ResourceMatcher<'m, 'a> {
    /// Finds whose a signal is, given its attributes: keys as bytes, and values that are read only
    /// when they are looked at.
    ///
    /// `served` says that it is a request which the service answered (a span of kind SERVER): only
    /// then does the path of a request without a route count, because on other signals it is that
    /// of somebody else.
    pub fn find<F: FnOnce() -> Value<'a>>(
        &self,
        served: bool,
        attributes: impl IntoIterator<Item = (&'a [u8], F)>,
    ) -> Found<'m, 'a> {
        let service = self.service;
        let shared: &'m Shared = &service.shared;
        let mut values = self.values;
        values.take(&shared.keys, attributes);

        let mut best: Option<(Weight, Reverse<ComponentIndex>)> = None;
        let mut components = service.whole;
        let mut add = |index: ComponentIndex, weight: Weight| {
            components.insert(index);
            best = best.max(Some((weight, Reverse(index))));
        };
        service.whole.iter().for_each(|index| add(index, Weight::Service));
        let by_path = service.by_route(&values, served, &mut |index, precision| {
            add(index, Weight::Route(precision));
        });
        service.spans.find(&values, &mut |index, atoms| add(*index, Weight::Attributes(atoms)));
        let named = values.text(keys::COMPONENT).and_then(|id| shared.components.get(id));
        named.into_iter().for_each(|index| add(*index, Weight::Named));

        let mut customer: Option<(usize, &'m CustomerId)> = None;
        shared.customers.find(&values, &mut |id, atoms| {
            if customer.is_none_or(|(most, _)| atoms > most) {
                customer = Some((atoms, id));
            }
        });
        let customer = customer.map(|(_, id)| id);
        let text = |slot: Slot| values.text(slot).filter(|it| !it.is_empty());
        Found {
            components,
            component: best.map(|(_, Reverse(index))| index),
            customer,
            customer_id: text(keys::CUSTOMER_ID)
                .or_else(|| text(keys::CUSTOMER).filter(|it| *it != "other")),
            by_path,
        }
    }
}

impl ServiceMatcher {
    /// Finds components by route, and by path where no route told; says whether it had to.
    fn by_route(
        &self,
        values: &Values<'_>,
        served: bool,
        found: &mut impl FnMut(ComponentIndex, Precision),
    ) -> bool {
        let method = values.text(keys::METHOD).or_else(|| values.text(keys::OLD_METHOD));
        let mut any = false;
        if let Some(route) = values.text(keys::ROUTE) {
            self.routes.find(Kind::Template, method, route, &mut |index, precision| {
                any = true;
                found(index, precision);
            });
        }
        // some frameworks give a 404 the prefix of a mounted router as its route
        let by_path = !any && served && !self.routes.is_empty();
        if by_path
            && let Some(path) = values.text(keys::PATH).or_else(|| values.text(keys::OLD_TARGET))
        {
            let path = path.split('?').next().unwrap_or_default();
            self.routes.find(Kind::Path, method, path, found);
        }
        by_path
    }

    /// Returns the components of which the path of a request is: what is found by path, for
    /// those who have found the rest already.
    pub fn of_path(&self, method: Option<&str>, path: &str) -> ComponentSet {
        let mut components = ComponentSet::default();
        let path = path.split('?').next().unwrap_or_default();
        self.routes.find(Kind::Path, method, path, &mut |index, _| components.insert(index));
        components
    }
}

#[cfg(test)]
mod tests;

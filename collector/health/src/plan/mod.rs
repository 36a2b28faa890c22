//! The queries of all rules, filed so that a signal meets only those that can concern it.

mod class;
mod keys;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bellwether_core::attribute::Scalar;
use bellwether_core::catalog::{Catalog, ComponentIndex, Matcher};
use bellwether_core::ids::Service;
use bellwether_otlp::Resource;
use bellwether_proto::semconv;

pub(crate) use self::class::{CUSTOMER, Class, EVENT, METHOD, PATH, STATUS};
pub(crate) use self::keys::Keys;
use crate::indicators::Grain;
use crate::query::Query;
use crate::subject::SignalKind;

/// The number of a query in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub(crate) u32);

impl QueryId {
    pub(crate) fn get(self) -> usize {
        self.0 as usize
    }
}

/// The queries of all rules. Made once, shared by all who observe.
#[derive(Debug)]
pub struct Plan {
    queries: Vec<Planned>,
    files: BTreeMap<SignalKind, File>,
    pub(crate) matcher: Matcher,
    /// The least and the greatest lateness that any query allows, in seconds.
    pub(crate) lateness: (u32, u32),
    /// The attributes that decide whose a signal is, but for the path of a request.
    component_names: Vec<String>,
    /// The attributes by which the catalog knows customers.
    customer_names: Vec<String>,
}

/// A query with what is worked out beforehand.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) query: Query,
    pub(crate) component: Option<ComponentIndex>,
    /// How wide the slots are that observers fill: as its narrowest window wants them.
    pub(crate) grain: Grain,
    pub(crate) volatile: bool,
    /// The services whose signals can concern it; any when absent.
    services: Option<BTreeSet<Service>>,
}

/// The queries for one kind of signal, by the name of metric or event, then by service.
#[derive(Debug, Default)]
struct File {
    named: HashMap<Arc<str>, ByService>,
    unnamed: ByService,
}

#[derive(Debug, Default)]
struct ByService {
    of: HashMap<Service, Vec<QueryId>>,
    any: Vec<QueryId>,
}

impl Plan {
    /// Files queries; equal ones become one, with the windows of all. Returns with it the number
    /// of each query, in the order in which they came.
    pub fn new(
        catalog: &Catalog,
        queries: impl IntoIterator<Item = Query>,
    ) -> (Self, Vec<QueryId>) {
        let mut planned: Vec<Planned> = Vec::new();
        let mut known: HashMap<String, QueryId> = HashMap::new();
        let mut numbers = Vec::new();
        for query in queries {
            let next = QueryId(u32::try_from(planned.len()).unwrap_or(u32::MAX));
            let id = *known.entry(query.identity()).or_insert(next);
            match planned.get_mut(id.get()) {
                Some(same) => same.query.windows.extend(query.windows),
                None => planned.push(Planned::new(query, catalog)),
            }
            numbers.push(id);
        }
        let mut files: BTreeMap<SignalKind, File> = BTreeMap::new();
        for (number, it) in (0..).map(QueryId).zip(&mut planned) {
            it.query.windows.sort_unstable();
            it.query.windows.dedup();
            it.grain = it.query.windows.first().map_or(it.grain, |window| Grain::of(*window));
            files.entry(it.query.signal).or_default().add(number, it);
        }
        let component_names = component_names(catalog);
        let customer_names = customer_names(catalog);
        let matcher = Matcher::new(catalog);
        let lateness = || planned.iter().map(Planned::lateness);
        let lateness = (lateness().min().unwrap_or_default(), lateness().max().unwrap_or_default());
        let plan =
            Self { queries: planned, files, matcher, lateness, component_names, customer_names };
        (plan, numbers)
    }

    pub(crate) fn query(&self, id: QueryId) -> Option<&Planned> {
        self.queries.get(id.get())
    }

    /// Returns the queries in the order of their numbers.
    pub(crate) fn queries(&self) -> &[Planned] {
        &self.queries
    }

    /// Says whether any query is about signals of a kind.
    pub(crate) fn asks_for(&self, signal: SignalKind) -> bool {
        self.files.contains_key(&signal)
    }

    /// Says whether any query is about a metric.
    pub(crate) fn asks_for_metric(&self, name: &str) -> bool {
        let file = self.files.get(&SignalKind::Metrics);
        file.is_some_and(|it| !it.unnamed.is_empty() || it.named.contains_key(name))
    }

    /// Makes the class of the signals of a kind that a resource sends, given the name of a metric.
    pub(crate) fn class(
        &self,
        signal: SignalKind,
        resource: &Resource<'_>,
        metric: Option<&str>,
    ) -> Class {
        let name = resource.attributes().get(semconv::SERVICE_NAME);
        let service = name.as_ref().and_then(|it| it.as_str()).unwrap_or_default();
        let candidates = match self.files.get(&signal) {
            Some(file) => file.candidates(service, metric),
            None => Vec::new(),
        };
        Class::new(self, signal, service, resource, candidates)
    }
}

impl Planned {
    /// Returns how late a signal may come and still count where it belongs, in seconds.
    pub(crate) fn lateness(&self) -> u32 {
        u32::try_from(self.query.lateness.as_secs()).unwrap_or(u32::MAX)
    }

    fn new(query: Query, catalog: &Catalog) -> Self {
        let component = query.component.as_ref().and_then(|id| catalog.index(id));
        let services = services(&query, component.and_then(|it| catalog.at(it)));
        let volatile = query.is_volatile();
        Self { query, component, grain: Grain::FINEST, volatile, services }
    }
}

/// Returns the services to which a query restricts itself.
fn services(
    query: &Query,
    component: Option<&bellwether_core::catalog::Component>,
) -> Option<BTreeSet<Service>> {
    let of_component = component.map(|it| &it.services).filter(|it| !it.is_empty()).cloned();
    let wanted = query.filter.matches.0.get(semconv::SERVICE_NAME);
    let texts: Option<BTreeSet<Service>> = wanted.and_then(|it| {
        let text = |value: &Scalar| match value {
            Scalar::Text(text) if !text.contains('*') => Some(Service::new(text)),
            _ => None,
        };
        it.values().iter().map(text).collect()
    });
    match (of_component, texts) {
        (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
        (one, other) => one.or(other),
    }
}

/// Returns the attributes that decide whose a signal is, but for the path of a request.
pub(crate) fn component_names(catalog: &Catalog) -> Vec<String> {
    let built_in = [
        semconv::HTTP_REQUEST_METHOD,
        "http.method",
        semconv::HTTP_ROUTE,
        semconv::BUSINESS_COMPONENT,
    ];
    let of_catalog = catalog.components().flat_map(|it| &it.spans).flat_map(|it| it.keys());
    let names: BTreeSet<&str> = built_in.into_iter().chain(of_catalog).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the attributes by which a catalog knows customers.
pub(crate) fn customer_names(catalog: &Catalog) -> Vec<String> {
    let customers = catalog.customers().filter_map(|it| it.1.matches.as_ref());
    customers.flat_map(|it| it.keys()).map(str::to_owned).collect()
}

impl ByService {
    fn is_empty(&self) -> bool {
        self.of.is_empty() && self.any.is_empty()
    }
}

impl File {
    fn add(&mut self, id: QueryId, planned: &Planned) {
        let by_service = match &planned.query.name {
            Some(name) => self.named.entry(name.clone()).or_default(),
            None => &mut self.unnamed,
        };
        match &planned.services {
            Some(services) => {
                for service in services {
                    by_service.of.entry(service.clone()).or_default().push(id);
                }
            }
            None => by_service.any.push(id),
        }
    }

    /// Returns the queries for signals of a service: of one metric, or of every event.
    fn candidates(&self, service: &str, metric: Option<&str>) -> Vec<QueryId> {
        let named = match metric {
            Some(metric) => self.named.get(metric).into_iter().collect(),
            None => self.named.values().collect::<Vec<_>>(),
        };
        let files = named.into_iter().chain([&self.unnamed]);
        let mut found: Vec<QueryId> = files
            .flat_map(|it| it.of.get(service).into_iter().flatten().chain(&it.any))
            .copied()
            .collect();
        found.sort_unstable();
        found
    }
}

//! What is known of each route before a request comes.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use opentelemetry::metrics::BoundHistogram;

use super::method::{KnownMethod, METHODS};
use super::series::Series;
use crate::business::Catalog;
use crate::business::tags::{ComponentTag, intern};
use crate::routing::{self, RouteManifest};

/// Every route of a service, by its template.
#[derive(Debug)]
pub(crate) struct Routes {
    service: String,
    catalog: Arc<Catalog>,
    mounted: HashMap<&'static str, Arc<Route>>,
    /// Routes that the manifest does not list, as they are seen: those of plain axum routers.
    unlisted: Mutex<HashMap<&'static str, Arc<Route>>>,
    unmatched: Arc<Route>,
}

impl Routes {
    pub(super) fn new(
        manifest: &RouteManifest,
        named: &BTreeMap<routing::Route, &'static str>,
        service: String,
        catalog: Arc<Catalog>,
    ) -> Self {
        let mut mounted: HashMap<&'static str, Route> = HashMap::new();
        for listed in manifest.iter() {
            let path = intern(listed.path());
            let route = mounted.entry(path).or_insert_with(|| Route::new(Some(path)));
            route.named.extend(named.get(listed).map(|id| (intern(listed.method()), *id)));
        }
        Self {
            service,
            catalog,
            mounted: mounted.into_iter().map(|(path, route)| (path, Arc::new(route))).collect(),
            unlisted: Mutex::default(),
            unmatched: Arc::new(Route::new(None)),
        }
    }

    /// Returns what is known of the route that a request matched.
    pub(super) fn get(&self, template: Option<&str>) -> Arc<Route> {
        let Some(template) = template else { return Arc::clone(&self.unmatched) };
        if let Some(route) = self.mounted.get(template) {
            return Arc::clone(route);
        }
        let mut unlisted = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        let path = intern(template);
        Arc::clone(unlisted.entry(path).or_insert_with(|| Arc::new(Route::new(Some(path)))))
    }

    /// Returns the component of a request that matched no route, by its path: who asks for a router that is gone.
    pub(super) fn component_of_path(&self, method: &str, path: &str) -> Option<ComponentTag> {
        self.catalog.find(&self.service, method, path).map(ComponentTag::of)
    }

    /// Returns the span's name and the component of requests with a method.
    pub(super) fn endpoint<'r>(&self, route: &'r Route, method: KnownMethod) -> &'r Endpoint {
        method.of_table(&route.endpoints).get_or_init(|| {
            let name = method.name();
            let Some(template) = route.template else { return Endpoint::nowhere(name) };
            let named = route.component(name).map(|id| ComponentTag::named(id, &self.catalog));
            let found = || self.catalog.find(&self.service, name, template).map(ComponentTag::of);
            Endpoint {
                name: intern(&format!("{name} {template}")),
                component: named.or_else(found),
                durations: Series::default(),
                requests: AtomicU64::new(0),
                failures: AtomicU64::new(0),
            }
        })
    }

    /// Lists how the requests ended so far, for each method and route that the catalog gives to a component.
    pub(crate) fn outcomes(&self) -> Vec<Outcomes> {
        let endpoints = self.mounted.values().flat_map(|route| route.endpoints.iter());
        endpoints
            .filter_map(|endpoint| endpoint.get())
            .filter_map(|endpoint| {
                Some(Outcomes {
                    route: endpoint.name,
                    component: endpoint.component?,
                    requests: endpoint.requests.load(Ordering::Relaxed),
                    failures: endpoint.failures.load(Ordering::Relaxed),
                })
            })
            .collect()
    }
}

/// How the requests of a route ended since the service started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// The route as `METHOD /path/{param}`.
    pub(crate) route: &'static str,
    pub(crate) component: ComponentTag,
    pub(crate) requests: u64,
    /// Those of them that were answered with 5xx, or not at all.
    pub(crate) failures: u64,
}

/// One route, or the place of requests that match none.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) template: Option<&'static str>,
    /// Methods whose component the code names.
    named: Vec<(&'static str, &'static str)>,
    endpoints: [OnceLock<Endpoint>; METHODS],
}

impl Route {
    fn new(template: Option<&'static str>) -> Self {
        Self { template, named: Vec::new(), endpoints: Default::default() }
    }

    /// Returns the component that the code names for a method.
    fn component(&self, method: &str) -> Option<&'static str> {
        let serves = |by: &str| {
            by == method || by == routing::Route::ANY || (by == "GET" && method == "HEAD")
        };
        self.named.iter().find(|(by, _)| serves(by)).map(|(_, id)| *id)
    }
}

/// One method of one route.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) name: &'static str,
    pub(super) component: Option<ComponentTag>,
    pub(super) durations: Series<u16, BoundHistogram<f64>>,
    requests: AtomicU64,
    failures: AtomicU64,
}

impl Endpoint {
    fn nowhere(name: &'static str) -> Self {
        Self {
            name,
            component: None,
            durations: Series::default(),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// Counts the end of a request.
    pub(super) fn count(&self, failed: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if failed {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

//! Requests by route: who still answers, and who answers 404 where a route once was.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::facts::{Hit, ServiceRecord, Source, Traffic};
use bellwether_core::ids::{Service, Version};
use bellwether_core::route::Route;
use bellwether_core::time::Timestamp;

/// Traffic older than this says nothing about now.
const WINDOW: Duration = Duration::from_secs(300);

/// More targets than this are never remembered; the oldest go first.
const MOST_TARGETS: usize = 50_000;

/// What requests for one route of one version met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTraffic {
    /// The target as a route; none where it is a pattern of the catalog. Kept, because reading it
    /// again at every evaluation cost more than all else about it.
    pub route: Option<Route>,
    /// The newest instance that served one.
    pub source: Source,
    /// Requests that met a 404 or 405 that no route answered, since the last answer.
    pub not_found: u64,
    /// The first of them, by event time.
    pub since: Timestamp,
    /// The newest request of either kind, by event time.
    pub last: Timestamp,
}

/// Remembers traffic by service, version and target. Bounded.
#[derive(Debug, Default)]
pub struct TrafficBook {
    services: BTreeMap<Service, Targets>,
    /// How many targets there are.
    count: usize,
    unmatched: u64,
}

/// What requests of one service met, by version and target.
type Targets = BTreeMap<(Version, String), RouteTraffic>;

impl TrafficBook {
    /// Adds requests. A path that fits no known template and no pattern of the catalog is
    /// counted and forgotten: strangers probe for paths all day.
    pub fn add(&mut self, traffic: &Traffic, known: Option<&ServiceRecord>, catalog: &Catalog) {
        let (target, missed) = match &traffic.hit {
            Hit::Answered { method, route } => {
                let target = self.answered(&traffic.source, method, route);
                (Some(target), false)
            }
            Hit::NotFound { method, path } => {
                (target(method, path, &traffic.source, known, catalog), true)
            }
        };
        let Some(target) = target else {
            self.unmatched = self.unmatched.saturating_add(traffic.count);
            return;
        };
        let targets = self.services.entry(traffic.source.service.clone()).or_default();
        let key = (traffic.source.version.clone(), target);
        let entry = targets.entry(key).or_insert_with_key(|(_, target)| {
            self.count += 1;
            RouteTraffic {
                route: target.parse().ok(),
                source: traffic.source.clone(),
                not_found: 0,
                since: traffic.at,
                last: traffic.at,
            }
        });
        entry.add(traffic, missed);
        if self.count > MOST_TARGETS {
            self.drop_the_oldest();
        }
    }

    /// Returns what an answer by a route counts for: what requests for it missed, when they did.
    /// That may be known as a route of every method, or as a pattern of the catalog.
    fn answered(&self, source: &Source, method: &str, route: &str) -> String {
        let own = format!("{method} {route}");
        let targets = self.services.get(&source.service);
        let known = |target: &String| {
            let key = (source.version.clone(), target.clone());
            targets.is_some_and(|it| it.contains_key(&key))
        };
        if known(&own) {
            return own;
        }
        let others = [format!("ANY {route}"), route.to_owned()];
        others.into_iter().find(known).unwrap_or(own)
    }

    fn drop_the_oldest(&mut self) {
        let all = self.services.iter().flat_map(|(service, targets)| {
            targets.iter().map(move |(key, it)| (it.last, service, key))
        });
        let oldest = all.min_by_key(|(last, ..)| *last);
        let oldest = oldest.map(|(_, service, key)| (service.clone(), key.clone()));
        if let Some((service, key)) = oldest
            && let Some(targets) = self.services.get_mut(&service)
        {
            self.count -= usize::from(targets.remove(&key).is_some());
            if targets.is_empty() {
                self.services.remove(&service);
            }
        }
    }

    /// Returns the services of which requests were seen.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.keys()
    }

    /// Returns what requests of a service met that are recent at `now`, by version and target.
    pub fn recent(
        &self,
        service: &Service,
        now: Timestamp,
    ) -> impl Iterator<Item = (&Version, &str, &RouteTraffic)> {
        let targets = self.services.get(service).into_iter().flatten();
        targets
            .filter(move |(_, it)| now.since(it.last) <= WINDOW)
            .map(|((version, target), it)| (version, target.as_str(), it))
    }

    /// Returns how many 404s fitted nothing known.
    pub fn unmatched(&self) -> u64 {
        self.unmatched
    }
}

impl RouteTraffic {
    fn add(&mut self, traffic: &Traffic, missed: bool) {
        if missed {
            if self.not_found == 0 {
                self.since = traffic.at;
            }
            self.not_found = self.not_found.saturating_add(traffic.count);
        } else if traffic.at >= self.last || self.not_found == 0 {
            self.not_found = 0;
        }
        self.last = self.last.max(traffic.at);
        self.source = traffic.source.clone();
    }
}

/// Finds which known route a path was meant for: one of those that the service reports or, of one
/// that reports none, one that answered before; else one that the catalog declares.
fn target(
    method: &str,
    path: &str,
    source: &Source,
    known: Option<&ServiceRecord>,
    catalog: &Catalog,
) -> Option<String> {
    let reports = known.is_some_and(|it| !it.routes.is_empty());
    let routes = || {
        let known = known.into_iter();
        known.flat_map(|it| it.routes.keys().chain(it.answered.keys().filter(|_| !reports)))
    };
    let fits = |route: &&Route| route.serves(method) && route.matches_path(path);
    if let Some(route) = routes().find(fits) {
        return Some(route.to_string());
    }
    // a component of every service cannot expect its routes from one that says what it serves
    let declares = |component: &&Component| {
        let service = &source.service;
        component.is_part_of(service) && (!reports || component.services.contains(service))
    };
    catalog
        .components()
        .filter(declares)
        .flat_map(|component| &component.routes)
        // where something answered, another path may be a stranger's
        .filter(|pattern| !routes().any(|route| pattern.matches(route)))
        .find(|pattern| pattern.matches_path(path))
        .map(ToString::to_string)
}

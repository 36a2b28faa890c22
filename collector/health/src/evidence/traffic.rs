//! Requests by route: who still answers, and who answers 404 where a route once was.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::facts::{Hit, ServiceRecord, Source, Traffic};
use bellwether_core::ids::{Service, Version};
use bellwether_core::route::Route;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use crate::archive::{Packer, Parts};
use crate::rules::rest::{after, next};

/// Traffic older than this says nothing about now.
const WINDOW: Duration = Duration::from_secs(300);

/// More targets than this are never remembered; the oldest go first.
const MOST_TARGETS: usize = 50_000;

/// What requests for one route of one version met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When requests came last.
    now: Timestamp,
    /// Rises when targets are forgotten.
    version: u64,
}

/// What requests of one service met.
#[derive(Debug, Default)]
struct Targets {
    /// By version and target.
    met: BTreeMap<Key, RouteTraffic>,
    /// What the answers of a route count for, as long as no target is added.
    answers: HashMap<Version, HashMap<Hit, Key, RandomState>, RandomState>,
    /// Rises when something was met that says more than that all goes on as before.
    version: u64,
}

/// What requests for one target met, as it is written down: by service, version and target.
pub(crate) type Written = (Service, Version, String, RouteTraffic);

/// What the names of snapshots of it begin with.
pub(crate) const PREFIX: &str = "requests:";

/// A version and a target.
type Key = (Version, String);

impl Targets {
    /// Adds answers of which it is known what they count for; says whether that is so.
    fn add_known(&mut self, traffic: &Traffic, now: Timestamp) -> bool {
        let Self { met, answers, version } = self;
        let key = answers.get(&traffic.source.version).and_then(|it| it.get(&traffic.hit));
        let Some(entry) = key.and_then(|key| met.get_mut(key)) else { return false };
        *version += u64::from(!entry.goes_on(traffic, now));
        true
    }
}

impl TrafficBook {
    /// Adds answers of a route that answered before; says whether it is known as one.
    pub(super) fn add_known(&mut self, traffic: &Traffic) -> bool {
        let targets = self.services.get_mut(&traffic.source.service);
        targets.is_some_and(|it| it.add_known(traffic, self.now))
    }

    /// Forgets what the answers of a service's routes count for.
    pub(super) fn forget_answers(&mut self, service: &Service) {
        if let Some(targets) = self.services.get_mut(service) {
            targets.answers.clear();
        }
    }

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
        targets.version += 1;
        if !targets.met.contains_key(&key) {
            self.count += 1;
            targets.answers.clear();
            let fresh = RouteTraffic {
                route: key.1.parse().ok(),
                source: traffic.source.clone(),
                not_found: 0,
                since: traffic.at,
                last: traffic.at,
            };
            targets.met.insert(key.clone(), fresh);
        }
        if let Some(entry) = targets.met.get_mut(&key) {
            entry.add(traffic, missed);
        }
        // of several versions the one that answered last is the one that runs
        let versions = [targets.met.first_key_value(), targets.met.last_key_value()];
        let one = versions.into_iter().flatten().all(|it| it.0.0 == key.0);
        if one && !missed {
            let answers = targets.answers.entry(key.0.clone()).or_default();
            answers.insert(traffic.hit.clone(), key);
        }
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
            targets.is_some_and(|it| it.met.contains_key(&key))
        };
        if known(&own) {
            return own;
        }
        let others = [format!("ANY {route}"), route.to_owned()];
        others.into_iter().find(known).unwrap_or(own)
    }

    fn drop_the_oldest(&mut self) {
        let all = self.services.iter().flat_map(|(service, targets)| {
            targets.met.iter().map(move |(key, it)| (it.last, service, key))
        });
        self.version += 1;
        let oldest = all.min_by_key(|(last, ..)| *last);
        let oldest = oldest.map(|(_, service, key)| (service.clone(), key.clone()));
        if let Some((service, key)) = oldest
            && let Some(targets) = self.services.get_mut(&service)
        {
            self.count -= usize::from(targets.met.remove(&key).is_some());
            targets.answers.clear();
            if targets.met.is_empty() {
                self.services.remove(&service);
            }
        }
    }

    /// Writes down what requests met.
    pub(crate) fn written(&self, packer: &mut Packer, now: Timestamp) -> Vec<Snapshot> {
        let mut parts = Parts::new(packer, PREFIX.to_owned(), now);
        for (service, targets) in &self.services {
            for ((version, target), met) in &targets.met {
                parts.put(&(service, version, target, met));
            }
        }
        parts.finish()
    }

    /// Takes over what was written down.
    pub(crate) fn take_over(&mut self, written: Vec<Written>) {
        for (service, version, target, met) in written {
            let targets = self.services.entry(service).or_default();
            self.count += usize::from(targets.met.insert((version, target), met).is_none());
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
        let targets = self.services.get(service).into_iter().flat_map(|it| &it.met);
        targets
            .filter(move |(_, it)| now.since(it.last) <= WINDOW)
            .map(|((version, target), it)| (version, target.as_str(), it))
    }

    /// Notes that what is added next came at `now`.
    pub(super) fn arrive(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Returns a number that changes when requests of a component's services meet something else
    /// than before.
    pub(crate) fn version(&self, component: &Component) -> u64 {
        let services = self.of(component);
        self.version + services.map(|it| it.version).sum::<u64>()
    }

    /// Returns until when what is recent of a component's services stays so.
    pub(crate) fn recent_until(&self, component: &Component, now: Timestamp) -> Timestamp {
        let met = self.of(component).flat_map(|it| it.met.values());
        next(met.map(|it| after(it.last.plus(WINDOW))), now)
    }

    fn of<'a>(&'a self, component: &'a Component) -> impl Iterator<Item = &'a Targets> {
        let named = component.services.iter().filter_map(|it| self.services.get(it));
        let any = component.services.is_empty().then(|| self.services.values());
        named.chain(any.into_iter().flatten())
    }

    /// Returns how many 404s fitted nothing known.
    pub fn unmatched(&self) -> u64 {
        self.unmatched
    }
}

impl RouteTraffic {
    /// Adds answers, and says whether answers came before, and not long ago: then nothing is said
    /// by them but that all goes on.
    fn goes_on(&mut self, traffic: &Traffic, now: Timestamp) -> bool {
        let goes_on = self.not_found == 0 && now.since(self.last) <= WINDOW;
        self.add(traffic, false);
        goes_on
    }

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

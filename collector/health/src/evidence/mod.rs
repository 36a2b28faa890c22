//! What is known of services: their instances, the routes of their versions, their traffic.

mod running;
pub(crate) mod traffic;

pub use traffic::{RouteTraffic, TrafficBook};

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::catalog::Catalog;
use bellwether_core::deployment::Running;
use bellwether_core::facts::{
    Fact, Hit, InstanceRecord, KnownRoute, NoRemoval, Observed, Removal, ServiceRecord, Source,
    Traffic,
};
use bellwether_core::ids::{Instance, Service, Version};
use bellwether_core::route::Route;
use bellwether_core::time::Timestamp;

use crate::rules::rest::{after, next};

/// More instances than this are never remembered; the longest silent go first.
const MOST_INSTANCES: usize = 20_000;

/// How long one that is gone, or that refused to start, counts while others run: by then somebody
/// has replaced it, or knows, or it says so again.
pub(crate) const FAILURES_COUNT_FOR: Duration = Duration::from_secs(15 * 60);

/// Of more services than this, and of more routes of one, nothing is learnt from requests: nobody
/// has as many, but some put paths where a route should stand.
const MOST_SERVICES: usize = 1_000;
const MOST_ANSWERED: usize = 2_000;

/// Remembers what services reported. Bounded.
#[derive(Debug, Default)]
pub struct Evidence {
    instances: running::Instances,
    services: BTreeMap<Service, ServiceRecord>,
    traffic: TrafficBook,
    versions: running::Versions,
    /// When the requests came that are added.
    arrived: Timestamp,
    /// Rises when something is known of instances that was not known before.
    version: u64,
}

impl Evidence {
    /// Goes on from what was stored.
    pub fn restore(instances: Vec<InstanceRecord>, services: Vec<ServiceRecord>) -> Self {
        let instances = instances.into_iter().map(|it| (key(&it.source), it)).collect();
        Self {
            versions: running::Versions::of(&instances),
            instances,
            services: services.into_iter().map(|it| (it.service.clone(), it)).collect(),
            traffic: TrafficBook::default(),
            arrived: Timestamp::default(),
            version: 0,
        }
    }

    /// Adds a fact that arrived at `now`.
    pub fn add(&mut self, observed: &Observed, now: Timestamp) {
        self.version += 1;
        self.versions.stir(&observed.source.service);
        self.instances
            .entry(key(&observed.source))
            .or_insert_with(|| InstanceRecord::new(observed.source.clone(), observed.at, now))
            .add(observed, now);
        let service = self
            .services
            .entry(observed.source.service.clone())
            .or_insert_with(|| ServiceRecord::new(observed.source.service.clone()));
        service.saw(&observed.source.version, observed.at);
        if let Fact::Routes { routes, .. } = &observed.fact {
            service.serves(&observed.source.version, routes);
        }
        if self.instances.len() > MOST_INSTANCES {
            self.drop_the_longest_silent();
        }
    }

    /// Notes that the requests which are added next came at `now`.
    pub(crate) fn arrive(&mut self, now: Timestamp) {
        self.traffic.arrive(now);
        self.arrived = now;
    }

    /// Goes on from what requests met, as it was written down.
    pub(crate) fn recall(&mut self, written: Vec<traffic::Written>) {
        self.traffic.take_over(written);
    }

    /// Adds requests, and says whether a service's record changed by it: a service that does not
    /// report what it serves is known by the routes that answer.
    pub fn count(&mut self, traffic: &Traffic, catalog: &Catalog) -> bool {
        self.versions.served(&traffic.source, self.arrived);
        // what answered before was learnt then
        if self.traffic.add_known(traffic) {
            return false;
        }
        let learnt = self.learn(traffic);
        let known = self.services.get(&traffic.source.service);
        self.traffic.add(traffic, known, catalog);
        learnt
    }

    fn learn(&mut self, traffic: &Traffic) -> bool {
        let Hit::Answered { method, route } = &traffic.hit else { return false };
        let Source { service, version, .. } = &traffic.source;
        let known = self.services.get(service);
        let room = known.map_or(self.services.len() < MOST_SERVICES, |it| {
            it.routes.is_empty() && it.answered.len() < MOST_ANSWERED
        });
        let route = Route { method: method.clone(), path: route.clone() };
        if !room || known.is_some_and(|it| it.answered.contains_key(&route)) {
            return false;
        }
        let record =
            self.services.entry(service.clone()).or_insert_with(|| Versions::new(service.clone()));
        record.answered.insert(route, version.clone());
        true
    }

    /// Notes that metrics of an instance came at `now`, if it told how it started; says whether it
    /// is known by that how often they do.
    pub fn exported(&mut self, source: &Source, now: Timestamp) -> bool {
        let known = self.instances.get_mut(&key(source)).filter(|it| it.startup.is_some());
        let Some(instance) = known else { return false };
        let before = (instance.is_running(now), instance.patience());
        let is_new = instance.exported(now);
        // that it goes on as before changes nothing
        self.version += u64::from(before != (true, instance.patience()));
        is_new
    }

    /// Returns which versions of the services run of which something was heard since this was
    /// asked last, or since the start.
    pub fn running_versions(&mut self, now: Timestamp) -> Running {
        self.versions.take(&self.instances, now)
    }

    /// Begins the record of a service of which a signal came; says whether that is new.
    pub fn meet(&mut self, service: &Service) -> bool {
        let room = self.services.len() < MOST_SERVICES && !service.as_str().is_empty();
        if !room || self.services.contains_key(service) {
            return false;
        }
        self.services.insert(service.clone(), Versions::new(service.clone()));
        true
    }

    /// Returns all services of which something is known.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &Service> {
        self.services.keys()
    }

    /// Returns requests by route.
    pub fn traffic(&self) -> &TrafficBook {
        &self.traffic
    }

    /// Returns the record of a service as it is when routes of it are gone on purpose, with those
    /// routes; it holds once it is [kept](Self::keep).
    ///
    /// # Errors
    /// Says that the service is not known, or which routes it never served.
    pub fn without(
        &self,
        removal: &Removal,
        now: Timestamp,
    ) -> Result<(ServiceRecord, Vec<Route>), NoRemoval> {
        let Some(known) = self.services.get(&removal.service) else {
            let known = self.services.keys().map(ToString::to_string).collect();
            return Err(NoRemoval::Service { service: removal.service.clone(), known });
        };
        let mut record = known.clone();
        let routes = record.accept(removal, now)?;
        Ok((record, routes))
    }

    /// Puts the record of a service in the place of the one that is known.
    pub fn keep(&mut self, record: ServiceRecord) {
        self.version += 1;
        // what it no longer says of routes is learnt anew
        self.traffic.forget_answers(&record.service);
        self.services.insert(record.service.clone(), record);
    }

    fn drop_the_longest_silent(&mut self) {
        let oldest = self.instances.iter().min_by_key(|(_, it)| it.last_seen);
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
            self.instances.remove(&oldest);
        }
    }

    /// Returns the record of one instance.
    pub fn instance(&self, source: &Source) -> Option<&InstanceRecord> {
        self.instances.get(&key(source))
    }

    /// Returns all instances.
    pub fn instances(&self) -> impl Iterator<Item = &InstanceRecord> {
        self.instances.values()
    }

    /// Returns the records of all services.
    pub fn service_records(&self) -> impl Iterator<Item = &ServiceRecord> {
        self.services.values()
    }

    /// Returns the record of a service.
    pub fn service(&self, service: &Service) -> Option<&ServiceRecord> {
        self.services.get(service)
    }

    /// Returns the instances that count as running at `now`.
    pub fn running(&self, now: Timestamp) -> impl Iterator<Item = &InstanceRecord> {
        self.instances.values().filter(move |it| it.is_running(now))
    }

    /// Returns a number that changes when what is known of instances does.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Returns until when what is known of instances means the same: until one has been silent
    /// for longer than it may, or for so long that it no longer counts. Nobody could report before
    /// `watched_since`.
    pub(crate) fn steady_until(&self, watched_since: Timestamp, now: Timestamp) -> Timestamp {
        let ends = self.instances.values().flat_map(|it| {
            let (last, patience) = (it.last_seen, it.patience());
            let monitors = it.monitors.values().map(|it| it.stale_after());
            let own = [last.plus(patience), last.max(watched_since).plus(patience)];
            own.into_iter().chain([last.plus(FAILURES_COUNT_FOR)]).chain(monitors).map(after)
        });
        next(ends, now)
    }

    /// Forgets instances that stopped, or fell silent, before `before`.
    pub fn forget_instances(&mut self, before: Timestamp) {
        self.version += 1;
        self.instances.retain(|_, it| it.last_seen >= before);
    }
}

fn key(source: &Source) -> (Service, Instance) {
    (source.service.clone(), source.instance.clone())
}

/// What a later version of a service is held against.
trait Versions {
    fn new(service: Service) -> Self;
    fn saw(&mut self, version: &Version, at: Timestamp);
    fn serves<'a>(&mut self, version: &Version, routes: impl IntoIterator<Item = &'a Route>);
}

impl Versions for ServiceRecord {
    fn new(service: Service) -> Self {
        Self {
            service,
            versions: BTreeMap::new(),
            routes: BTreeMap::new(),
            answered: BTreeMap::new(),
            accepted: BTreeMap::new(),
        }
    }

    fn saw(&mut self, version: &Version, at: Timestamp) {
        let first = self.versions.entry(version.clone()).or_insert(at);
        *first = at.min(*first);
    }

    fn serves<'a>(&mut self, version: &Version, routes: impl IntoIterator<Item = &'a Route>) {
        let since = |version: &Version| self.versions.get(version).copied().unwrap_or_default();
        for route in routes {
            // what was removed on purpose is expected again once a later version has it
            if self.accepted.get(route).is_some_and(|it| since(version) > it.at) {
                self.accepted.remove(route);
            }
            let known = self.routes.entry(route.clone()).or_insert_with(|| KnownRoute {
                introduced_by: version.clone(),
                served_by: version.clone(),
            });
            if since(version) < since(&known.introduced_by) {
                known.introduced_by = version.clone();
            }
            if since(version) > since(&known.served_by) {
                known.served_by = version.clone();
            }
        }
    }
}

/// Returns the routes that an instance of `version` is expected to serve, with the newest
/// version that served each: all that this version or an earlier one ever served.
///
/// What only later versions brought is not expected, so that a rollback alarms nobody; the
/// version itself counts, so that one broken replica among good ones is seen.
pub fn expected_routes<'a>(
    service: &'a ServiceRecord,
    version: &Version,
) -> impl Iterator<Item = (&'a Route, &'a Version)> {
    let born = |version: &Version| service.versions.get(version).copied().unwrap_or_default();
    let own = born(version);
    service
        .routes
        .iter()
        .filter(move |(_, known)| born(&known.introduced_by) <= own)
        .map(|(route, known)| (route, &known.served_by))
}

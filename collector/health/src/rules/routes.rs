//! `routes`: a route that should be there is not. The failure that no health check sees.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::catalog::Component;
use bellwether_core::facts::{InstanceRecord, ServiceRecord};
use bellwether_core::ids::{Service, Version};
use bellwether_core::reason::Reason;
use bellwether_core::route::Route;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::View;
use super::startup::worse;
use super::{Common, Judge, Kind, Scene};
use crate::evidence::{Evidence, expected_routes};
use crate::sample::{Sample, Verdict};

/// Settings of a `routes` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    /// How many requests have to meet a 404 that no route answered; 2 unless set, because a
    /// single one may be a stray of the rollout.
    #[serde(default = "two")]
    min_events: u64,
}

const fn two() -> u64 {
    2
}

pub(super) const KIND: Kind = Kind {
    name: "routes",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        Ok((settings.common, Box::new(Routes { min_events: settings.min_events })))
    },
    default: super::no_settings,
};

struct Routes {
    min_events: u64,
}

impl Judge for Routes {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        vec![Sample::of(self.verdict(scene.component, scene.evidence, scene.now))]
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Facts, View::Requests])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        scene.facts_until.min(scene.evidence.traffic().recent_until(scene.component, scene.now))
    }
}

impl Routes {
    fn verdict(&self, component: &Component, evidence: &Evidence, now: Timestamp) -> Verdict {
        let manifests = evidence
            .running(now)
            .filter(|it| component.is_part_of(&it.source.service))
            .map(|it| by_manifest(component, it, evidence))
            .fold(Verdict::Quiet, worse);
        worse(manifests, self.by_traffic(component, evidence, now))
    }
}

/// Holds the manifest of an instance against the catalog and against what this version and
/// earlier ones served.
fn by_manifest(component: &Component, instance: &InstanceRecord, evidence: &Evidence) -> Verdict {
    let Some(manifest) = &instance.routes else { return Verdict::Quiet };
    let source = &instance.source;
    let mut reasons = Vec::new();
    for (version, routes) in gone(component, instance, evidence) {
        reasons.push(Reason::RoutesGone { source: source.clone(), version, routes });
    }
    // a component of every service cannot expect its routes from each of them
    if component.services.contains(&source.service) {
        let unserved =
            component.routes.iter().filter(|it| !manifest.iter().any(|route| it.matches(route)));
        reasons.extend(unserved.map(|pattern| Reason::DeclaredRouteMissing {
            source: source.clone(),
            pattern: pattern.clone(),
        }));
    }
    let some_left = manifest.iter().any(|route| component.has_route(route));
    if !reasons.is_empty() {
        Verdict::Bad { state: outage(some_left), fault_at: instance.first_seen, reasons }
    } else if some_left {
        Verdict::Good
    } else {
        Verdict::Quiet
    }
}

fn outage(some_left: bool) -> ComponentState {
    if some_left { ComponentState::PartialOutage } else { ComponentState::MajorOutage }
}

/// Finds the routes that are gone, by the newest version that served them.
fn gone(
    component: &Component,
    instance: &InstanceRecord,
    evidence: &Evidence,
) -> BTreeMap<Version, Vec<Route>> {
    let mut gone: BTreeMap<Version, Vec<Route>> = BTreeMap::new();
    let Some(service) = evidence.service(&instance.source.service) else { return gone };
    let Some(manifest) = &instance.routes else { return gone };
    for (route, served_by) in expected_routes(service, &instance.source.version) {
        let meant = component.has_removed(route) || service.accepted.contains_key(route);
        let mine = component.has_route(route) && !meant;
        if mine && !manifest.contains(route) {
            gone.entry(served_by.clone()).or_default().push(route.clone());
        }
    }
    gone
}

impl Routes {
    /// Holds what requests met against the routes that are known.
    fn by_traffic(&self, component: &Component, evidence: &Evidence, now: Timestamp) -> Verdict {
        let traffic = evidence.traffic();
        let services = traffic.services().filter(|it| component.is_part_of(it));
        let targets = Targets::of(component);
        let mine: Vec<_> = services
            .flat_map(|service| {
                let current = current(service, evidence, now);
                let mine = targets.in_service(service, evidence.service(service));
                let recent = traffic.recent(service, now);
                recent.filter(move |it| current.contains(it.0) && mine(it.1, it.2.route.as_ref()))
            })
            .collect();
        let some_answer = mine.iter().any(|(_, _, it)| it.not_found == 0);
        mine.into_iter()
            .map(|(_, target, it)| {
                if it.not_found == 0 {
                    Verdict::Good
                } else if it.not_found < self.min_events {
                    Verdict::Quiet
                } else {
                    Verdict::Bad {
                        state: outage(some_answer),
                        fault_at: it.since,
                        reasons: vec![Reason::RouteNotAnswering {
                            source: it.source.clone(),
                            route: target.to_owned(),
                            count: it.not_found,
                        }],
                    }
                }
            })
            .fold(Verdict::Quiet, worse)
    }
}

/// Returns the versions of a service that run: what others met says nothing any more. A service
/// that reports no instances runs the version that served the newest request.
fn current<'e>(service: &Service, evidence: &'e Evidence, now: Timestamp) -> BTreeSet<&'e Version> {
    let mut reported = evidence.instances().filter(|it| it.source.service == *service).peekable();
    if reported.peek().is_some() {
        let running = reported.filter(|it| it.is_running(now));
        return running.map(|it| &it.source.version).collect();
    }
    let newest = evidence.traffic().recent(service, now).max_by_key(|it| it.2.last);
    newest.map(|it| it.0).into_iter().collect()
}

/// What of a component requests are held against: known routes or, for a service without
/// manifests, the patterns of the catalog.
struct Targets<'c> {
    component: &'c Component,
    patterns: BTreeSet<String>,
}

impl<'c> Targets<'c> {
    fn of(component: &'c Component) -> Self {
        Self { component, patterns: component.routes.iter().map(ToString::to_string).collect() }
    }

    /// Returns what says whether a target of a service is one of the component's.
    fn in_service(
        &self,
        service: &Service,
        known: Option<&ServiceRecord>,
    ) -> impl Fn(&str, Option<&Route>) -> bool {
        let Self { component, patterns } = self;
        // a component that says no more than its services has all that they do
        let says_how = !component.routes.is_empty() || !component.spans.is_empty();
        let whole = !says_how && component.services.contains(service);
        let accepted = move |route: &Route| known.is_some_and(|it| it.accepted.contains_key(route));
        let mine = move |route: &Route| {
            let meant = component.has_removed(route) || accepted(route);
            (whole || component.has_route(route)) && !meant
        };
        move |target, route| patterns.contains(target) || route.is_some_and(mine)
    }
}

#[cfg(test)]
mod tests;

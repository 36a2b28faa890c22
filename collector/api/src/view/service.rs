use std::collections::BTreeMap;

use bellwether_core::facts::{
    Acceptance, CheckOutcome, InstanceRecord, ServiceRecord, StartupOutcome,
};
use bellwether_core::ids;
use bellwether_core::ids::ComponentId;
use bellwether_core::route::Route;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// A service with its instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// `service.name`.
    #[schemars(with = "String")]
    pub name: ids::Service,
    /// Its processes, by version and id.
    pub instances: Vec<Instance>,
    /// Routes that are gone on purpose.
    #[serde(default)]
    pub accepted_removals: Vec<AcceptedRemoval>,
}

/// A route that somebody said is gone on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptedRemoval {
    /// Which route.
    pub route: Route,
    /// When that was said.
    pub at: Time,
    /// Who said it.
    pub by: String,
    /// Why it is gone.
    pub why: String,
}

/// One process of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// `service.instance.id`.
    #[schemars(with = "String")]
    pub id: ids::Instance,
    /// `service.version`, empty when the resource does not say.
    pub version: ids::Version,
    /// Whether it did not stop and said something lately.
    pub running: bool,
    /// How startup ended, once it is known.
    pub startup: Option<StartupOutcome>,
    /// The startup checks that were reported.
    pub checks: Vec<Check>,
    /// The routes that it serves; absent until a manifest came.
    pub routes: Option<Vec<Route>>,
    /// When it was first heard of.
    pub first_seen: Time,
    /// When it was last heard of.
    pub last_seen: Time,
    /// When it said that it stops, or refused to start.
    pub stopped: Option<Time>,
}

/// A startup check as the service reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// The component that it guards, when the service says so.
    pub component: Option<ComponentId>,
    /// What was wrong, empty when it passed.
    pub message: String,
}

impl Service {
    /// Groups instances by service, says which count as running at `now`, and what is gone of
    /// services on purpose. A service of which neither is known is left out.
    pub fn group<'a>(
        instances: impl IntoIterator<Item = &'a InstanceRecord>,
        services: impl IntoIterator<Item = &'a ServiceRecord>,
        now: Time,
    ) -> Vec<Self> {
        let mut records: Vec<_> = instances.into_iter().collect();
        records.sort_by_key(|it| &it.source);
        let mut all: BTreeMap<&ids::Service, Self> = BTreeMap::new();
        for record in records {
            let instance = Instance::new(record, record.is_running(now.get()));
            Self::entry(&mut all, &record.source.service).instances.push(instance);
        }
        for record in services.into_iter().filter(|it| !it.accepted.is_empty()) {
            let service = Self::entry(&mut all, &record.service);
            service.accepted_removals = AcceptedRemoval::of(record);
        }
        all.into_values().collect()
    }

    fn entry<'m, 'a>(
        all: &'m mut BTreeMap<&'a ids::Service, Self>,
        name: &'a ids::Service,
    ) -> &'m mut Self {
        let none =
            || Self { name: name.clone(), instances: Vec::new(), accepted_removals: Vec::new() };
        all.entry(name).or_insert_with(none)
    }
}

impl AcceptedRemoval {
    /// Returns what is gone of a service on purpose, by route.
    pub fn of(record: &ServiceRecord) -> Vec<Self> {
        let removal = |(route, it): (&Route, &Acceptance)| Self {
            route: route.clone(),
            at: it.at.into(),
            by: it.by.clone(),
            why: it.why.clone(),
        };
        record.accepted.iter().map(removal).collect()
    }
}

impl Instance {
    fn new(record: &InstanceRecord, running: bool) -> Self {
        let checks = record.checks.iter().map(|(name, report)| Check {
            name: name.clone(),
            outcome: report.outcome,
            component: report.component.clone(),
            message: report.message.clone(),
        });
        Self {
            id: record.source.instance.clone(),
            version: record.source.version.clone(),
            running,
            startup: record.startup,
            checks: checks.collect(),
            routes: record.routes.as_ref().map(|routes| routes.iter().cloned().collect()),
            first_seen: record.first_seen.into(),
            last_seen: record.last_seen.into(),
            stopped: record.stopped.map(Time::from),
        }
    }
}

use std::collections::BTreeMap;

use bellwether_core::facts::{CheckOutcome, InstanceRecord, StartupOutcome};
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
    /// Groups instances by service, and says which count as running at `now`.
    pub fn group<'a>(
        records: impl IntoIterator<Item = &'a InstanceRecord>,
        now: Time,
    ) -> Vec<Self> {
        let mut records: Vec<_> = records.into_iter().collect();
        records.sort_by_key(|it| &it.source);
        let mut services: BTreeMap<&ids::Service, Vec<Instance>> = BTreeMap::new();
        for record in records {
            let instance = Instance::new(record, record.is_running(now.get()));
            services.entry(&record.source.service).or_default().push(instance);
        }
        let service =
            |(name, instances): (&ids::Service, _)| Self { name: name.clone(), instances };
        services.into_iter().map(service).collect()
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

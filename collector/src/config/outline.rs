//! What a configuration is made of, so that two can be compared part by part.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::ids::Destination;
use bellwether_history::Place;

use super::{Own, Pipeline};
use crate::app::heartbeat;

/// The parts of a configuration, each as a value or as a digest of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// By receiver and protocol, such as `otlp/grpc`.
    pub(crate) receivers: BTreeMap<String, u64>,
    /// What is asked from outside, beside the journeys of the catalog.
    pub(crate) probes: u64,
    pub(crate) walk_journeys: bool,
    pub(crate) exporters: BTreeMap<Destination, u64>,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) enrich: bool,
    /// The catalog and the rules.
    pub(crate) health: u64,
    /// Who is told of incidents.
    pub(crate) alerting: u64,
    pub(crate) evaluate_every: Duration,
    pub(crate) dashboard: bellwether_api::Config,
    pub(crate) heartbeat: Option<heartbeat::Settings>,
    pub(crate) own: Option<Own>,
    pub(crate) storage: Place,
}

/// How parts of one kind differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delta<K> {
    pub(crate) added: BTreeSet<K>,
    pub(crate) changed: BTreeSet<K>,
    pub(crate) removed: BTreeSet<K>,
}

impl<K: Ord + Clone> Delta<K> {
    /// Returns one that only adds.
    pub(crate) fn adding(added: BTreeSet<K>) -> Self {
        Self { added, changed: BTreeSet::new(), removed: BTreeSet::new() }
    }

    fn of(before: &BTreeMap<K, u64>, after: &BTreeMap<K, u64>) -> Self {
        let is_new = |(key, _): &(&K, &u64)| !before.contains_key(key);
        let differs = |(key, print): &(&K, &u64)| before.get(key).is_some_and(|old| old != *print);
        let key = |(key, _): (&K, &u64)| key.clone();
        Self {
            added: after.iter().filter(is_new).map(key).collect(),
            changed: after.iter().filter(differs).map(key).collect(),
            removed: before.keys().filter(|it| !after.contains_key(it)).cloned().collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// How two configurations differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) receivers: Delta<String>,
    pub(crate) probes: bool,
    pub(crate) exporters: Delta<Destination>,
    pub(crate) pipelines: bool,
    pub(crate) enrich: bool,
    pub(crate) health: bool,
    pub(crate) alerting: bool,
    pub(crate) evaluate_every: bool,
    /// Where the dashboard is, and who may come in.
    pub(crate) dashboard: bool,
    /// What links in messages are signed with.
    pub(crate) links: bool,
    pub(crate) heartbeat: bool,
    pub(crate) own: bool,
    /// What takes a restart to change.
    pub(crate) storage: bool,
}

impl Changes {
    pub(crate) fn between(before: &Outline, after: &Outline) -> Self {
        Self {
            receivers: Delta::of(&before.receivers, &after.receivers),
            probes: (before.probes, before.walk_journeys) != (after.probes, after.walk_journeys),
            exporters: Delta::of(&before.exporters, &after.exporters),
            pipelines: before.pipelines != after.pipelines,
            enrich: before.enrich != after.enrich,
            health: before.health != after.health,
            alerting: before.alerting != after.alerting,
            evaluate_every: before.evaluate_every != after.evaluate_every,
            dashboard: without_links(&before.dashboard) != without_links(&after.dashboard),
            links: before.dashboard.links != after.dashboard.links,
            heartbeat: before.heartbeat != after.heartbeat,
            own: before.own != after.own,
            storage: before.storage != after.storage,
        }
    }

    /// Says in words what changes, a line for each part.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        delta(&mut words, "receiver", &self.receivers);
        delta(&mut words, "exporter", &self.exporters);
        for (changed, what) in [
            (self.probes, "probes"),
            (self.pipelines, "pipelines"),
            (self.enrich, "processors.health.enrich"),
            (self.health, "catalog and rules"),
            (self.alerting, "alerting"),
            (self.evaluate_every, "processors.health.evaluate_every"),
            (self.dashboard, "extensions.dashboard"),
            (self.links, "extensions.dashboard.links"),
            (self.heartbeat, "extensions.heartbeat"),
            (self.own, "receiver self"),
        ] {
            if changed {
                words.push(format!("{what} changed"));
            }
        }
        words
    }

    /// Names what was changed and takes a restart.
    pub(crate) fn needs_restart(&self) -> Vec<String> {
        if self.storage { vec!["extensions.storage".to_owned()] } else { Vec::new() }
    }
}

fn without_links(dashboard: &bellwether_api::Config) -> bellwether_api::Config {
    bellwether_api::Config { links: Default::default(), ..dashboard.clone() }
}

fn delta<K: std::fmt::Display>(words: &mut Vec<String>, what: &str, delta: &Delta<K>) {
    let mut add = |names: &BTreeSet<K>, how: &str| {
        words.extend(names.iter().map(|name| format!("{what} {name} {how}")));
    };
    add(&delta.added, "added");
    add(&delta.changed, "changed");
    add(&delta.removed, "removed");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        Outline {
            receivers: [("otlp/grpc".to_owned(), 1), ("otlp/http".to_owned(), 2)].into(),
            exporters: [("datadog".into(), 1), ("newrelic".into(), 2)].into(),
            ..Outline::default()
        }
    }

    #[test]
    fn only_what_differs_changes() {
        let before = outline();
        let same = Changes::between(&before, &outline());
        assert_eq!(same.words(), [""; 0]);
        assert!(same.receivers.is_empty() && same.exporters.is_empty());

        let mut after = outline();
        after.receivers.insert("otlp/http".to_owned(), 3);
        after.exporters.remove("newrelic");
        after.exporters.insert("otlp/eu".into(), 2);
        after.health = 7;
        assert_eq!(
            Changes::between(&before, &after).words(),
            [
                "receiver otlp/http changed",
                "exporter otlp/eu added",
                "exporter newrelic removed",
                "catalog and rules changed",
            ]
        );
        after.storage.folder = "elsewhere".into();
        assert_eq!(Changes::between(&before, &after).needs_restart(), ["extensions.storage"]);
    }
}

//! What differs between two snapshots.

use schemars::JsonSchema;
use serde::Serialize;

use crate::view::{
    Collector, Component, Destination, Escalation, Impact, Incident, Receiver, Service, Silence,
    Snapshot,
};

/// The parts of a snapshot that changed; what is not there is as it was.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Delta<'a> {
    /// The collector itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    collector: Option<&'a Collector>,
    /// What is at risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<&'a Impact>,
    /// How healthy the product is; `null` when there is no saying.
    #[serde(skip_serializing_if = "Option::is_none")]
    health_score: Option<&'a Option<String>>,
    /// Components, by `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Items<'a, Component>>,
    /// Open incidents, by `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    incidents: Option<Items<'a, Incident>>,
    /// How escalating them stands, by `id` of the incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    escalations: Option<Items<'a, Escalation>>,
    /// What nobody is told of for a while, by `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    silences: Option<Items<'a, Silence>>,
    /// Services, by `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<Items<'a, Service>>,
    /// Receivers, by `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    receivers: Option<Items<'a, Receiver>>,
    /// Destinations, by `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    destinations: Option<Items<'a, Destination>>,
}

/// What changed in a list.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "{T}Changes")]
pub(crate) struct Items<'a, T> {
    /// Those that are new or differ, whole.
    changed: Vec<&'a T>,
    /// What all are known by, in order, when any came, went or moved: what is not in it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Vec<&'a str>>,
}

impl<'a> Delta<'a> {
    /// Returns what changed, nothing when nothing did.
    pub(super) fn between(before: &'a Snapshot, after: &'a Snapshot) -> Option<Self> {
        let delta = Self {
            collector: differing(&before.collector, &after.collector),
            impact: differing(&before.impact, &after.impact),
            health_score: differing(&before.health_score, &after.health_score),
            components: items(&before.components, &after.components, |it| it.id.as_str()),
            incidents: items(&before.incidents, &after.incidents, |it| it.id.as_str()),
            escalations: items(&before.escalations, &after.escalations, |it| it.id.as_str()),
            silences: items(&before.silences, &after.silences, |it| it.id.as_str()),
            services: items(&before.services, &after.services, |it| it.name.as_str()),
            receivers: items(&before.receivers, &after.receivers, |it| it.name.as_str()),
            destinations: items(&before.destinations, &after.destinations, |it| it.name.as_str()),
        };
        (delta != Self::default()).then_some(delta)
    }
}

fn differing<'a, T: PartialEq>(before: &T, after: &'a T) -> Option<&'a T> {
    (before != after).then_some(after)
}

fn items<'a, T: PartialEq>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&T) -> &str,
) -> Option<Items<'a, T>> {
    use std::collections::HashMap;
    let known: HashMap<&str, &T> = before.iter().map(|it| (key(it), it)).collect();
    let changed: Vec<&T> = after.iter().filter(|it| known.get(key(it)) != Some(it)).collect();
    let same_order = before.iter().map(&key).eq(after.iter().map(&key));
    let order = (!same_order).then(|| after.iter().map(&key).collect());
    (!changed.is_empty() || order.is_some()).then_some(Items { changed, order })
}

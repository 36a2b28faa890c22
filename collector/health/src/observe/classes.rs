//! What was decided once for signals that look alike, so that it need not be decided again.

use std::collections::HashMap;
use std::hash::BuildHasher;

use bellwether_core::ids::Service;
use bellwether_otlp::Resource;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::decision::Target;
use super::traffic::Met;
use crate::plan::{Class, Plan};
use crate::subject::SignalKind;

/// More is not remembered; then everything is decided anew.
const MOST_RESOURCES: usize = 10_000;
const MOST_CLASSES: usize = 5_000;
const MOST_DECISIONS: usize = 10_000;

/// What was decided for signals that look alike.
#[derive(Debug)]
pub(super) struct Decision {
    /// What they have in common.
    likeness: Box<[u8]>,
    pub(super) targets: Vec<Target>,
    pub(super) met: Met,
    /// Whether it depends on the path whose they are: what holds for each of them is found under
    /// their likeness and the components that the path tells.
    pub(super) by_path: bool,
}

impl Decision {
    pub(super) fn new(likeness: &[u8], targets: Vec<Target>, met: Met, by_path: bool) -> Self {
        Self { likeness: likeness.into(), targets, met, by_path }
    }
}

/// Remembers classes and decisions. Bounded.
#[derive(Debug, Default)]
pub(super) struct Classes {
    list: Vec<Class>,
    by_likeness: HashMap<String, u32>,
    resources: HashTable<Known>,
    decisions: Decisions,
    hasher: DefaultHashBuilder,
    /// Services whose signals came for the first time, as far as is remembered.
    met: Vec<Service>,
}

/// The class of a resource, for a kind of signal and a metric.
#[derive(Debug)]
struct Known {
    signal: SignalKind,
    metric: Box<str>,
    resource: Box<[u8]>,
    class: u32,
}

/// Decisions by likeness.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    table: HashTable<Decision>,
    hasher: DefaultHashBuilder,
}

impl Classes {
    /// Finds the number of the class of a resource's signals, given the name of a metric.
    pub(super) fn find(
        &mut self,
        plan: &Plan,
        signal: SignalKind,
        resource: &Resource<'_>,
        metric: &str,
    ) -> u32 {
        // one in several pieces is looked at anew each time
        let Some(bytes) = resource.bytes() else {
            return self.make(plan, signal, resource, metric);
        };
        let hasher = &self.hasher;
        let hash = hasher.hash_one((signal, metric, bytes));
        let is =
            |it: &Known| it.signal == signal && *it.metric == *metric && *it.resource == *bytes;
        if let Some(known) = self.resources.find(hash, is) {
            return known.class;
        }
        let class = self.make(plan, signal, resource, metric);
        let known = Known { signal, metric: metric.into(), resource: bytes.into(), class };
        let hasher = &self.hasher;
        self.resources.insert_unique(hash, known, |it| {
            hasher.hash_one((it.signal, &*it.metric, &*it.resource))
        });
        class
    }

    fn make(
        &mut self,
        plan: &Plan,
        signal: SignalKind,
        resource: &Resource<'_>,
        metric: &str,
    ) -> u32 {
        let class = plan.class(signal, resource, Some(metric).filter(|it| !it.is_empty()));
        let likeness = format!("{signal:?} {metric:?} {}", class.likeness());
        if let Some(number) = self.by_likeness.get(&likeness) {
            return *number;
        }
        if self.list.len() >= MOST_CLASSES {
            self.list.clear();
            self.by_likeness.clear();
            self.resources.clear();
            self.decisions.table.clear();
        }
        let number = self.list.len() as u32;
        if !self.met.contains(&class.service) {
            self.met.push(class.service.clone());
        }
        self.list.push(class);
        self.by_likeness.insert(likeness, number);
        number
    }

    /// Takes out which services were met since the last time.
    pub(super) fn met(&mut self) -> Vec<Service> {
        std::mem::take(&mut self.met)
    }

    /// Forgets what there is too much of. Called between requests, so that numbers of classes
    /// hold as long as a request is looked at.
    pub(super) fn tidy(&mut self) {
        if self.resources.len() >= MOST_RESOURCES {
            self.resources.clear();
        }
        if self.decisions.table.len() >= MOST_DECISIONS {
            self.decisions.table.clear();
        }
    }

    /// Returns a class with the decisions, which are kept apart from it.
    #[inline]
    pub(super) fn get(&mut self, number: u32) -> Option<(&Class, &mut Decisions)> {
        Some((self.list.get(number as usize)?, &mut self.decisions))
    }
}

impl Decisions {
    /// Finds what was decided for signals with this likeness, and decides it first if need be.
    #[inline]
    pub(super) fn find(
        &mut self,
        likeness: &[u8],
        decide: impl FnOnce() -> Decision,
    ) -> &mut Decision {
        let hasher = &self.hasher;
        let hash = hasher.hash_one(likeness);
        let entry = self.table.entry(
            hash,
            |it| *it.likeness == *likeness,
            |it| hasher.hash_one(&*it.likeness),
        );
        entry.or_insert_with(decide).into_mut()
    }
}

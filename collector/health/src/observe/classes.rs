//! Signals of resources that look alike, so that what concerns them need not be found again.

use std::collections::HashMap;
use std::hash::BuildHasher;

use bellwether_core::ids::Service;
use bellwether_otlp::Resource;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::plan::{Class, Plan};
use crate::subject::SignalKind;

/// More is not remembered; then everything is decided anew.
const MOST_RESOURCES: usize = 10_000;
const MOST_CLASSES: usize = 5_000;

/// Remembers classes. Bounded.
#[derive(Debug, Default)]
pub(super) struct Classes {
    list: Vec<Class>,
    by_likeness: HashMap<String, u32>,
    resources: HashTable<Known>,
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

    /// Forgets resources when there are too many. What their signals have in common stays.
    pub(super) fn tidy(&mut self) {
        if self.resources.len() >= MOST_RESOURCES {
            self.resources.clear();
        }
    }

    /// Says whether there is no room for another class. Then all has to be forgotten before one is
    /// looked for.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST_CLASSES
    }

    /// Forgets all classes; decisions have to be forgotten with them.
    pub(super) fn forget(&mut self) {
        self.list.clear();
        self.by_likeness.clear();
        self.resources.clear();
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Class> {
        self.list.get(number as usize)
    }
}

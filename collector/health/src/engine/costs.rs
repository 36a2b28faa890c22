//! What is measured for what failures cost: which share of requests fails, and whose they are.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bellwether_core::attribute::{Predicate, Scalar, Wanted};
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::impact::{Failing, Measured, Traffic};
use bellwether_core::time::Timestamp;

use crate::indicators::Indicators;
use crate::observe::Harvest;
use crate::plan::QueryId;
use crate::query::{Bad, Filter, Measure, Query};
use crate::subject::SignalKind;

/// Over which time the share of requests that fail is measured.
const WINDOW: Duration = Duration::from_secs(60);

/// What is measured for what failures cost.
#[derive(Default)]
pub(super) struct Costs {
    /// The requests of components that earn.
    traffic: Vec<(ComponentId, QueryId)>,
    /// The customers who met failures, by component.
    customers: HashMap<QueryId, ComponentId>,
    failing: Failing,
}

impl Costs {
    /// Says what has to be known of signals: the requests that a component serves, where it earns;
    /// and whose are those that fail.
    pub(super) fn queries(catalog: &Catalog) -> Vec<Query> {
        let earning = earning(catalog).map(|id| query(id, Measure::Count(Bad::Failures)));
        let all = catalog.components();
        let customers = all.map(|it| query(&it.id, Measure::Customers(Bad::Failures)));
        earning.chain(customers).collect()
    }

    /// Begins, given the numbers of those queries.
    pub(super) fn new(catalog: &Catalog, numbers: &[QueryId]) -> Self {
        let mut numbers = numbers.iter().copied();
        let traffic = earning(catalog).cloned().zip(numbers.by_ref()).collect();
        let customers = numbers.zip(catalog.components().map(|it| it.id.clone())).collect();
        Self { traffic, customers, failing: Failing::new() }
    }

    pub(super) fn absorb(&mut self, harvest: &Harvest) {
        for (query, customer) in harvest.crops.iter().flat_map(|it| &it.customers) {
            if let Some(component) = self.customers.get(query) {
                self.failing.entry(component.clone()).or_default().push(*customer);
            }
        }
    }

    /// Returns who met failures since this was asked last.
    pub(super) fn failing(&mut self) -> Failing {
        let mut failing = std::mem::take(&mut self.failing);
        for customers in failing.values_mut() {
            // several workers may have seen the same one
            customers.sort_unstable();
            customers.dedup();
        }
        failing
    }

    /// Returns how many requests of each component that earns failed in the last minute.
    pub(super) fn measured(&self, indicators: &Indicators, now: Timestamp) -> Measured {
        let mut measured = Measured::new();
        for (component, query) in &self.traffic {
            let Some(reading) = indicators.read(*query, now) else { continue };
            let Some(group) = reading.groups().next() else { continue };
            let tally = group.tally(WINDOW);
            if tally.total > 0.0 {
                let traffic = Traffic { total: tally.total as u64, failed: tally.bad as u64 };
                measured.insert(component.clone(), traffic);
            }
        }
        measured
    }
}

fn earning(catalog: &Catalog) -> impl Iterator<Item = &ComponentId> {
    catalog.components().filter(|it| it.revenue_per_hour.is_some()).map(|it| &it.id)
}

fn query(component: &ComponentId, measure: Measure) -> Query {
    let server = Wanted::One(Scalar::Text("server".to_owned()));
    let matches = Predicate(BTreeMap::from([("span.kind".to_owned(), server)]));
    Query {
        component: Some(component.clone()),
        filter: Filter { matches, when: None },
        measure,
        windows: vec![WINDOW],
        ..Query::of(SignalKind::Spans)
    }
}

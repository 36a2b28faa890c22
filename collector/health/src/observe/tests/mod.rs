mod counting;
mod facts;
mod measuring;
mod sightings;

use bellwether_core::catalog::Catalog;

use super::*;
use crate::indicators::{GroupReading, Indicators};
use crate::query::Query;

/// What one query comes to.
struct Story {
    observer: Observer,
    indicators: Indicators,
    ids: Vec<crate::QueryId>,
    now: Timestamp,
}

impl Story {
    /// Begins at the second 1,000.
    fn of(catalog: &Catalog, queries: Vec<Query>) -> Self {
        let now = Timestamp::from_secs(1_000);
        let (plan, ids) = Plan::new(catalog, queries);
        let plan = Arc::new(plan);
        let indicators = Indicators::new(plan.clone(), now);
        Self { observer: Observer::new(plan, 2), indicators, ids, now }
    }

    fn send(&mut self, signal: Signal, body: &[u8]) {
        self.observer.observe(signal, body, self.now);
    }

    fn harvest(&mut self) {
        self.indicators.absorb(&self.observer.harvest());
    }

    /// Reads a query: `read` of each group with its labels as text, sorted.
    fn read<T>(&mut self, query: usize, read: impl Fn(GroupReading<'_>) -> T) -> Vec<(String, T)> {
        self.harvest();
        let reading = self.indicators.read(self.ids[query], self.now).unwrap();
        let labels = |group: &GroupReading<'_>| {
            let pairs = group.labels();
            pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        let mut all: Vec<_> = reading.groups().map(|it| (labels(&it), read(it))).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }
}

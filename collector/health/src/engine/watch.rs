//! What the rules ask of signals, and what is known of that.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::catalog::{Catalog, ComponentIndex};
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;

use super::costs::Costs;
use crate::indicators::Indicators;
use crate::observe::Harvest;
use crate::plan::{Plan, QueryId};
use crate::rules::Rule;
use crate::shapes::Shapes;

/// How often groups and series are looked through for those that can be forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How often what has to survive a restart is written down.
const REMEMBER_EVERY: Duration = Duration::from_secs(60);

/// What the rules ask of signals, and what is known of that.
pub(super) struct Watch {
    pub(super) plan: Arc<Plan>,
    pub(super) indicators: Indicators,
    /// The numbers of each rule's queries.
    queries: Vec<Vec<QueryId>>,
    /// The component that each rule is about.
    components: Vec<Option<ComponentIndex>>,
    pub(super) costs: Costs,
    pub(super) shapes: Shapes,
    forgot_at: Timestamp,
    remembered_at: Timestamp,
    /// Whether there may be a restart.
    pub(super) remembers: bool,
    /// What nobody asks for any more, to be taken away.
    left: Vec<Snapshot>,
    /// When watching began.
    pub(super) since: Timestamp,
}

impl Watch {
    /// Begins to watch at `now`.
    pub(super) fn new(catalog: &Catalog, rules: &[Rule], now: Timestamp) -> Self {
        let components = rules.iter().map(|it| catalog.index(&it.common.component)).collect();
        let asked: Vec<_> = rules.iter().map(Rule::queries).collect();
        let counts: Vec<usize> = asked.iter().map(Vec::len).collect();
        let queries = asked.into_iter().flatten().chain(Costs::queries(catalog));
        let (plan, numbers) = Plan::new(catalog, queries);
        let costs = Costs::new(catalog, numbers.get(counts.iter().sum()..).unwrap_or_default());
        let mut numbers = numbers.into_iter();
        let queries =
            counts.into_iter().map(|count| numbers.by_ref().take(count).collect()).collect();
        let plan = Arc::new(plan);
        let indicators = Indicators::new(plan.clone(), now);
        let shapes = Shapes::default();
        Self {
            plan,
            indicators,
            queries,
            components,
            costs,
            shapes,
            forgot_at: now,
            remembered_at: now,
            remembers: true,
            left: Vec::new(),
            since: now,
        }
    }

    /// Goes on from what was written down.
    pub(super) fn recall(&mut self, snapshots: &[Snapshot], now: Timestamp) {
        self.left = self.indicators.recall(snapshots, now);
    }

    /// Writes down once a minute what has to survive a restart.
    pub(super) fn remember(&mut self, now: Timestamp) -> Vec<Snapshot> {
        let mut snapshots = std::mem::take(&mut self.left);
        if self.remembers && now.since(self.remembered_at) >= REMEMBER_EVERY {
            self.remembered_at = now;
            snapshots.extend(self.indicators.remember(now));
        }
        snapshots
    }

    /// Goes on to watch for other rules.
    pub(super) fn replace(&mut self, catalog: &Catalog, rules: &[Rule], now: Timestamp) {
        let mut other = Self::new(catalog, rules, now);
        other.indicators.inherit(&mut self.indicators);
        other.remembers = self.remembers;
        *self = other;
    }

    /// Adds what observers counted.
    pub(super) fn absorb(&mut self, harvest: &Harvest) {
        self.shapes.absorb(&harvest.sightings, harvest.mask, harvest.at);
        self.indicators.absorb(harvest);
        self.costs.absorb(harvest);
    }

    /// Returns the numbers of each rule's queries, in the order of the rules.
    pub(super) fn queries(&self) -> impl Iterator<Item = &[QueryId]> {
        self.queries.iter().map(Vec::as_slice)
    }

    /// Returns the component that the rule at this place is about.
    pub(super) fn component(&self, rule: usize) -> Option<ComponentIndex> {
        self.components.get(rule).copied().flatten()
    }

    /// Lets go once a minute of what is too old to be asked for.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.shapes.tick(now);
        if now.since(self.forgot_at) >= FORGET_EVERY {
            self.forgot_at = now;
            self.indicators.forget(now);
        }
    }
}

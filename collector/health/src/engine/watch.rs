//! What the rules ask of signals, and what is known of that.

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_core::catalog::{Catalog, ComponentIndex};
use bellwether_core::ids::ComponentId;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;

use super::costs::Costs;
use super::journal::{Journal, Recalled};
use crate::archive::Packer;
use crate::evidence::Evidence;
use crate::indicators::Indicators;
use crate::observe::Harvest;
use crate::plan::{Plan, Planned, QueryId};
use crate::rules::Rule;
use crate::shapes::Shapes;

/// What the rules ask of signals, and what is known of that.
pub(super) struct Watch {
    pub(super) plan: Arc<Plan>,
    pub(super) indicators: Indicators,
    /// The numbers of each rule's queries.
    queries: Vec<Vec<QueryId>>,
    /// The component that each rule is about.
    components: Vec<Option<ComponentIndex>>,
    /// The queries about objectives, and whose those are.
    objectives: Vec<(QueryId, ComponentId)>,
    pub(super) costs: Costs,
    pub(super) shapes: Shapes,
    forgot_at: Timestamp,
    pub(super) journal: Journal,
    /// Whether there may be a restart.
    pub(super) remembers: bool,
    /// When watching began.
    pub(super) since: Timestamp,
    /// Since when what should come could have come: a restart that takes moments is no new
    /// beginning.
    pub(super) expected_since: Timestamp,
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
        let objective = |(id, it): (QueryId, &Planned)| Some((id, it.query.objective_of.clone()?));
        let objectives = (0..).map(QueryId).zip(plan.queries()).filter_map(objective).collect();
        let plan = Arc::new(plan);
        let indicators = Indicators::new(plan.clone(), now);
        let shapes = Shapes::default();
        Self {
            plan,
            indicators,
            queries,
            components,
            objectives,
            costs,
            shapes,
            forgot_at: now,
            journal: Journal::default(),
            remembers: true,
            since: now,
            expected_since: now,
        }
    }

    /// Goes on from what was written down, and returns what requests met by then and since.
    pub(super) fn recall(
        &mut self,
        snapshots: &[Snapshot],
        catalog: &Catalog,
        now: Timestamp,
    ) -> Option<Recalled> {
        let mut recalled = self.journal.recall(&mut self.indicators, snapshots, now)?;
        // what was forgotten since is forgotten again
        self.indicators.forget(Timestamp::from_secs(minute(now) * 60));
        self.shapes.take_over(std::mem::take(&mut recalled.shapes), catalog);
        self.expected_since = recalled.expected_since.unwrap_or(now);
        Some(recalled)
    }

    /// Writes down what has to survive a restart: all of it once a minute, and what came since
    /// whenever something did.
    pub(super) fn remember(
        &mut self,
        catalog: &Catalog,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Vec<Snapshot> {
        if !self.remembers {
            return Vec::new();
        }
        if !self.journal.is_full(now) {
            return self.journal.page(now).into_iter().collect();
        }
        let Some(mut packer) = Packer::new() else { return Vec::new() };
        let mut all = self.indicators.remember(&mut packer, now);
        all.extend(evidence.traffic().written(&mut packer, now));
        all.extend(self.shapes.written(catalog, &mut packer, now));
        self.journal.begin(&mut all, self.expected_since, &mut packer, now);
        all
    }

    /// Goes on to watch for other rules.
    pub(super) fn replace(&mut self, catalog: &Catalog, rules: &[Rule], now: Timestamp) {
        let mut other = Self::new(catalog, rules, now);
        other.indicators.inherit(&mut self.indicators);
        other.remembers = self.remembers;
        other.expected_since = self.expected_since;
        other.journal = self.journal.anew();
        *self = other;
    }

    /// Keeps what comes of components under maintenance out of objectives from now on.
    pub(super) fn maintain(&mut self, components: &BTreeSet<ComponentId>) {
        let spared = self.objectives.iter().filter(|(_, of)| components.contains(of));
        self.indicators.spare(spared.map(|(query, _)| *query).collect());
    }

    /// Adds what observers counted.
    pub(super) fn absorb(&mut self, harvest: &Harvest) {
        if self.remembers {
            self.journal.note(&self.indicators, harvest);
        }
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

    /// Returns when time alone changes what is known of signals, if nothing comes.
    pub(super) fn rests_until(&self) -> Timestamp {
        let minute = Timestamp::from_secs((minute(self.forgot_at) + 1) * 60);
        minute.min(self.shapes.rests_until())
    }

    /// Lets go once a minute of what is too old to be asked for.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.shapes.tick(now);
        // when the clock says so, so that a restart changes nothing
        if minute(now) != minute(self.forgot_at) {
            self.forgot_at = now;
            self.indicators.forget(now);
            self.journal.forgot(now);
        }
    }
}

/// Returns the minute of a time, since 1970.
fn minute(at: Timestamp) -> i64 {
    at.secs().div_euclid(60)
}

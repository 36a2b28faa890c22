//! What need not be worked out again: most of the time nothing changes.

use std::collections::BTreeMap;

use bellwether_core::catalog::{Catalog, ComponentIndex};
use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;

use super::Engine;
use super::watch::Watch;
use crate::evidence::Evidence;
use crate::plan::QueryId;
use crate::rules::rest::Rest;
use crate::rules::{Rule, View};

/// Which rules need not be judged again yet.
#[derive(Default)]
pub(super) struct Rests {
    /// In the order of the rules.
    rules: Vec<Option<Rest>>,
    facts: u64,
    /// Rises when a component's state changes.
    pub(super) states: u64,
    /// Until when what services reported means the same.
    pub(super) facts_until: Timestamp,
    /// Until when evaluations find nothing new, if nothing comes; unless it has to be worked out.
    pub(super) all_until: Option<Timestamp>,
}

/// How components stand.
#[derive(Default)]
pub(super) struct Standing {
    /// Effective states.
    pub(super) effective: BTreeMap<ComponentId, ComponentState>,
    /// When they may change though no alert does.
    pub(super) until: Timestamp,
    pub(super) any_active: bool,
    /// Whether it was worked out in this evaluation.
    pub(super) is_new: bool,
}

impl Engine {
    /// Says whether an evaluation at `now` would find nothing new, provided that nothing was
    /// absorbed or learnt since the one before. While anything is wrong each evaluation counts.
    pub fn rests(&mut self, now: Timestamp) -> bool {
        let until = match self.rests.all_until {
            Some(until) => until,
            None => *self.rests.all_until.insert(self.rests_until()),
        };
        now < until
    }

    fn rests_until(&self) -> Timestamp {
        let Standing { effective, until, any_active, .. } = &self.standing;
        if *any_active || effective.values().any(|it| it.is_unwell()) {
            return Timestamp::default();
        }
        let rules = self.rules.iter().zip(self.watch.queries()).enumerate();
        let rules = rules
            .map(|(at, (rule, queries))| self.rests.until(at, self.evidence_of(at, rule, queries)));
        rules.fold(self.watch.rests_until().min(*until), Ord::min)
    }

    /// Returns a number that changes whenever anything changes that a rule looks at; nothing of a
    /// rule that does not say.
    pub(super) fn evidence_of(&self, at: usize, rule: &Rule, queries: &[QueryId]) -> Option<u64> {
        let of = (self.watch.component(at), &self.catalog);
        let known = (&self.watch, &self.evidence);
        rule.looks_at().map(|views| self.rests.evidence(views, of, queries, known))
    }
}

impl Rests {
    pub(super) fn resize(&mut self, rules: usize) {
        self.rules.resize(rules, None);
    }

    /// Lets no rule rest.
    pub(super) fn wake(&mut self) {
        self.rules.clear();
    }

    /// Takes note of what services reported up to `now`.
    pub(super) fn look(&mut self, evidence: &Evidence, watched_since: Timestamp, now: Timestamp) {
        if self.facts != evidence.version() || now >= self.facts_until {
            self.facts = evidence.version();
            self.facts_until = evidence.steady_until(watched_since, now);
        }
    }

    /// Returns a number that changes whenever anything changes that is looked at.
    fn evidence(
        &self,
        views: &[View],
        (component, catalog): (Option<ComponentIndex>, &Catalog),
        queries: &[QueryId],
        (watch, evidence): (&Watch, &Evidence),
    ) -> u64 {
        let traffic = evidence.traffic();
        let requests = || Some(traffic.version(catalog.at(component?)?));
        // each of them only ever rises, so their sum changes when one does
        let version = |view: &View| match view {
            View::Signals => queries.iter().map(|it| watch.indicators.version(*it)).sum(),
            View::Facts => self.facts,
            View::Requests => requests().unwrap_or_default(),
            View::Shapes => component.map_or(0, |it| watch.shapes.version(it)),
            View::States => self.states,
        };
        views.iter().map(version).sum()
    }

    /// Returns until when a rule would find the same again by this evidence; a time long past
    /// when it has to be judged.
    pub(super) fn until(&self, at: usize, evidence: Option<u64>) -> Timestamp {
        let rest = self.rules.get(at).copied().flatten();
        let same = rest.filter(|it| Some(it.evidence) == evidence);
        same.map(|it| it.until).unwrap_or_default()
    }

    /// Lets a rule rest that was judged by this evidence, until then; or not, without evidence.
    pub(super) fn set(&mut self, at: usize, evidence: Option<u64>, until: Timestamp) {
        if let Some(rest) = self.rules.get_mut(at) {
            *rest = evidence.map(|evidence| Rest { evidence, until });
        }
    }
}

//! What need not be worked out again: most of the time nothing changes.

use std::collections::BTreeMap;

use bellwether_core::catalog::{Catalog, ComponentIndex};
use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;

use super::watch::Watch;
use crate::evidence::Evidence;
use crate::plan::QueryId;
use crate::rules::View;
use crate::rules::rest::Rest;

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

impl Rests {
    pub(super) fn resize(&mut self, rules: usize) {
        self.rules.resize(rules, None);
    }

    /// Lets no rule rest.
    #[cfg(test)]
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
    pub(super) fn evidence(
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

    /// Says whether a rule would find the same again.
    pub(super) fn rests(&self, at: usize, evidence: Option<u64>, now: Timestamp) -> bool {
        let rest = self.rules.get(at).copied().flatten();
        rest.zip(evidence).is_some_and(|(rest, evidence)| rest.holds(evidence, now))
    }

    /// Lets a rule rest that was judged by this evidence, until then; or not, without evidence.
    pub(super) fn set(&mut self, at: usize, evidence: Option<u64>, until: Timestamp) {
        if let Some(rest) = self.rules.get_mut(at) {
            *rest = evidence.map(|evidence| Rest { evidence, until });
        }
    }
}

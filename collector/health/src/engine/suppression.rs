//! Who is not told of, because somebody else is.
//!
//! What a component's alerts say goes on for a while after its cause is well: errors stay in a
//! window, clients wait before they try again. An alert that began while the cause was out stays
//! with the cause's incident for that time. What begins, or begins again, after that has a cause of
//! its own, and so has what still fires when the time is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::alert::{Alert, Phase, Suppression};
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;

use super::states::States;
use crate::machine::Knobs;
use crate::rules::rest::next;

/// What an alert has beside the time that its rule looks back: for signals that are late, for
/// clients that wait before they try again, and for results in a row.
const GRACE: Duration = Duration::from_secs(60);

/// However long a rule's window is, nobody waits longer than this.
const MOST: Duration = Duration::from_secs(1_800);

/// What tells why people are not told of alerts.
pub(super) struct Suppressions<'a> {
    catalog: &'a Catalog,
    own: &'a States,
    maintenance: &'a BTreeSet<ComponentId>,
    now: Timestamp,
    /// The components all of whose alerts are left from what was out before, and why.
    left: BTreeMap<ComponentId, Suppression>,
}

impl<'a> Suppressions<'a> {
    /// Looks at the alerts of rules that are enforced, as they stood before; `time` says how long
    /// an alert takes to clear.
    pub(super) fn of<'b>(
        alerts: impl Iterator<Item = &'b Alert>,
        time: impl Fn(&Alert) -> Duration,
        catalog: &'a Catalog,
        own: &'a States,
        maintenance: &'a BTreeSet<ComponentId>,
        now: Timestamp,
    ) -> Self {
        let mut all: BTreeMap<ComponentId, Option<Suppression>> = BTreeMap::new();
        for alert in alerts.filter(|it| it.phase.is_active()) {
            let left = left(alert, own, || time(alert), now);
            let known = all.entry(alert.component.clone()).or_insert_with(|| left.clone());
            *known = known.take().zip(left).map(|(one, other)| later(one, other));
        }
        let left = all.into_iter().filter_map(|(id, it)| Some((id, it?))).collect();
        Self { catalog, own, maintenance, now, left }
    }

    /// Says why people are not told of an alert now, if so.
    pub(super) fn why(
        &self,
        alert: &Alert,
        time: impl Fn(&Alert) -> Duration,
    ) -> Option<Suppression> {
        if !alert.phase.is_active() {
            return None;
        }
        if self.maintenance.contains(&alert.component) {
            return Some(Suppression::Maintenance);
        }
        match self.cause(&alert.component, alert.state) {
            Some(component) => {
                let left = self.left.get(&component).cloned();
                Some(left.unwrap_or(Suppression::Dependency { component }))
            }
            None => left(alert, self.own, || time(alert), self.now),
        }
    }

    /// Finds what explains that a component is in a state: the lowest thing that it stands on, hard
    /// dependencies all the way, that is out by its own rules, or no better than it. What a
    /// component only uses explains no more than a degradation.
    fn cause(&self, id: &ComponentId, state: ComponentState) -> Option<ComponentId> {
        let explains = |id: &ComponentId| {
            let enough = state.min(ComponentState::PartialOutage);
            self.own.get(id).is_some_and(|below| below.is_unwell() && *below >= enough)
        };
        let below = self.catalog.foundations(id);
        let all = self.catalog.components();
        let hard = all.map(|it| &it.id).find(|it| below.contains(it) && explains(it));
        let uses = &self.catalog.component(id)?.uses;
        let soft = || {
            let mild = state <= ComponentState::DegradedPerformance;
            uses.iter().find(|it| mild && explains(it))
        };
        hard.or_else(soft).cloned()
    }
}

/// Returns how long an alert takes to clear after all is well.
pub(super) fn time_to_clear(knobs: &Knobs) -> Duration {
    (knobs.looks_back + knobs.keep_firing_for + GRACE).min(MOST)
}

/// Returns until when the same alerts are suppressed for the same reason.
pub(super) fn until<'a>(alerts: impl Iterator<Item = &'a Alert>, now: Timestamp) -> Timestamp {
    let ends = alerts.filter_map(|it| match it.suppressed_by {
        Some(Suppression::Aftermath { until, .. }) => Some(until),
        _ => None,
    });
    next(ends, now)
}

/// Says whether an alert is left from something that was out and is well.
fn left(
    alert: &Alert,
    own: &States,
    time: impl Fn() -> Duration,
    now: Timestamp,
) -> Option<Suppression> {
    match alert.suppressed_by.as_ref()? {
        Suppression::Maintenance => None,
        Suppression::Dependency { component } => {
            let well = own.get(component) == Some(&ComponentState::Operational);
            let (component, until) = (component.clone(), now.plus(time()));
            well.then_some(Suppression::Aftermath { component, since: now, until })
        }
        why @ Suppression::Aftermath { since, until, .. } => {
            let again = alert.phase == Phase::Firing && alert.since > *since;
            (now < *until && !again).then(|| why.clone())
        }
    }
}

/// Returns which of two ends later.
fn later(one: Suppression, other: Suppression) -> Suppression {
    let end = |it: &Suppression| match it {
        Suppression::Aftermath { until, .. } => Some(*until),
        _ => None,
    };
    if end(&other) > end(&one) { other } else { one }
}

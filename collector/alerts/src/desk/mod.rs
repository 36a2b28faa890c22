//! The desk where alerts become incidents: one for each component whose own state is the cause.

mod incident;

use std::collections::BTreeMap;

use bellwether_core::alert::{Alert, Suppression};
use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::ids::ComponentId;
use bellwether_core::incident::Incident;
use bellwether_core::notice::{Change, Notice};
use bellwether_core::state::ComponentState;
use bellwether_core::store::Transition;
use bellwether_core::time::Timestamp;

use crate::notices::Follower;

/// Holds the open incidents and decides what becomes of them.
pub struct Desk {
    open: BTreeMap<ComponentId, Incident>,
    followers: Vec<Follower>,
}

/// What is to be stored and told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Incidents that changed.
    pub incidents: Vec<Incident>,
    /// Messages that the changes owe.
    pub notices: Vec<Notice>,
}

/// What the desk decides on: how everything stands after an evaluation.
pub struct Standing<'a> {
    /// The business map.
    pub catalog: &'a Catalog,
    /// Alerts that give their component a state.
    pub active: &'a [Alert],
    /// The effective state of every component.
    pub effective: &'a BTreeMap<ComponentId, ComponentState>,
    /// Changes of state in this step.
    pub transitions: &'a [Transition],
}

impl Desk {
    /// Opens the desk with the incidents that were open when it closed.
    pub fn new(open: Vec<Incident>, followers: Vec<Follower>) -> Self {
        let open = open.into_iter().map(|it| (it.component.clone(), it)).collect();
        Self { open, followers }
    }

    /// Returns the open incidents.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.open.values()
    }

    /// Decides what a change means for incidents, and who is told.
    pub fn decide(&mut self, standing: &Standing<'_>, now: Timestamp) -> Decision {
        let mut decision = Decision::default();
        for component in standing.catalog.components() {
            let alerts: Vec<&Alert> =
                standing.active.iter().filter(|it| it.component == component.id).collect();
            let tells = alerts.iter().any(|it| it.suppressed_by.is_none());
            if tells {
                self.gather(component, &alerts, standing, &mut decision, now);
            }
            let changed = match self.open.remove(&component.id) {
                // what nobody is told of opens nothing
                None if !tells => continue,
                None => Some((Change::Opened, incident::open(component, &alerts, standing, now))),
                Some(open) if alerts.is_empty() => {
                    Some((Change::Resolved, incident::resolve(open, standing, now)))
                }
                Some(open) => {
                    let next = incident::follow(&open, &alerts, standing, now);
                    let change = next.map(|next| (Change::Updated, next));
                    if change.is_none() {
                        self.open.insert(component.id.clone(), open);
                    }
                    change
                }
            };
            if let Some((change, incident)) = changed {
                self.tell(change, &incident, &mut decision, now);
                if incident.is_open() {
                    self.open.insert(component.id.clone(), incident.clone());
                }
                decision.incidents.push(incident);
            }
        }
        for transition in standing.transitions {
            decision
                .notices
                .extend(self.followers.iter().filter_map(|it| it.component(transition, now)));
        }
        decision
    }

    /// Gathers the incidents whose cause turns out to be this component: the oldest becomes the
    /// cause's own, so that it stays one incident with one key; the others are over.
    fn gather(
        &mut self,
        cause: &Component,
        alerts: &[&Alert],
        standing: &Standing<'_>,
        decision: &mut Decision,
        now: Timestamp,
    ) {
        let explained = |incident: &&Incident| {
            let mut own = standing.active.iter().filter(|it| it.component == incident.component);
            let by = Some(Suppression::Dependency { component: cause.id.clone() });
            incident.component != cause.id
                && own.clone().next().is_some()
                && own.all(|it| it.suppressed_by == by)
        };
        let mut victims: Vec<Incident> = self.open.values().filter(explained).cloned().collect();
        victims.sort_by_key(|it| (it.opened_at, it.id.clone()));
        for victim in victims {
            self.open.remove(&victim.component);
            let (change, incident) = match self.open.get(&cause.id) {
                None => {
                    let moved = incident::reparent(victim, cause, alerts, standing, now);
                    self.open.insert(cause.id.clone(), moved.clone());
                    (Change::Updated, moved)
                }
                Some(open) => (Change::Resolved, incident::merge(victim, open, now)),
            };
            self.tell(change, &incident, decision, now);
            decision.incidents.push(incident);
        }
    }

    fn tell(&self, change: Change, incident: &Incident, decision: &mut Decision, now: Timestamp) {
        let owed = self.followers.iter().filter_map(|it| it.incident(change, incident, now));
        decision.notices.extend(owed);
    }
}

#[cfg(test)]
mod tests;

//! The desk where alerts become incidents: one for each component whose own state is the cause.

use std::collections::BTreeMap;

use bellwether_core::alert::{Alert, Phase};
use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::ids::{ComponentId, IncidentId};
use bellwether_core::impact::Impact;
use bellwether_core::incident::{Entry, Incident, IncidentStatus};
use bellwether_core::notice::{Change, Notice};
use bellwether_core::state::{ComponentState, Severity};
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
            let changed = match (self.open.remove(&component.id), alerts.is_empty()) {
                (None, true) => continue,
                (None, false) => Some((Change::Opened, open(component, &alerts, standing, now))),
                (Some(incident), true) => {
                    Some((Change::Resolved, resolve(incident, standing, now)))
                }
                (Some(incident), false) => {
                    let next = follow(&incident, &alerts, standing, now);
                    let change = next.map(|next| (Change::Updated, next));
                    if change.is_none() {
                        self.open.insert(component.id.clone(), incident);
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

    fn tell(&self, change: Change, incident: &Incident, decision: &mut Decision, now: Timestamp) {
        let owed = self.followers.iter().filter_map(|it| it.incident(change, incident, now));
        decision.notices.extend(owed);
    }
}

fn open(
    component: &Component,
    alerts: &[&Alert],
    standing: &Standing<'_>,
    now: Timestamp,
) -> Incident {
    let mut incident = Incident {
        id: id(alerts, now),
        revision: 1,
        component: component.id.clone(),
        component_name: component.name.clone(),
        status: IncidentStatus::Investigating,
        worst: worst(alerts),
        severity: alerts.iter().map(|it| it.severity).max().unwrap_or(Severity::Low),
        fault_at: alerts.iter().filter_map(|it| it.fault_at).min().unwrap_or(now).min(now),
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        alerts: alerts.iter().map(|it| it.key.clone()).collect(),
        causes: causes(alerts),
        affected: affected(&component.id, standing),
        impact: Impact::default(),
        timeline: Vec::new(),
    };
    incident.impact = impact(&incident, standing.catalog);
    let text = format!("opened: {}", incident.causes.join("; "));
    incident.timeline.push(Entry { at: now, text });
    incident
}

/// An id that is stable for the life of the incident, and not used again by the next one.
fn id(alerts: &[&Alert], now: Timestamp) -> IncidentId {
    let dedup = alerts.first().map_or(0, |it| it.key.dedup(it.epoch));
    // the second it was opened tells lives apart even when a store was lost
    IncidentId::from(format!("inc-{:08x}{:08x}", now.secs() as u32, dedup as u32))
}

/// Follows an open incident; nothing when nothing that matters changed.
fn follow(
    incident: &Incident,
    alerts: &[&Alert],
    standing: &Standing<'_>,
    now: Timestamp,
) -> Option<Incident> {
    let mut next = incident.clone();
    let recovering = alerts.iter().all(|it| it.phase == Phase::Recovering);
    next.status = match (recovering, incident.status) {
        (true, _) => IncidentStatus::Monitoring,
        (false, IncidentStatus::Monitoring) => IncidentStatus::Investigating,
        (false, status) => status,
    };
    next.worst = incident.worst.worst(worst(alerts));
    next.severity = alerts.iter().map(|it| it.severity).fold(incident.severity, Ord::max);
    for alert in alerts {
        if !next.alerts.contains(&alert.key) {
            next.alerts.push(alert.key.clone());
        }
    }
    next.affected = affected(&incident.component, standing);
    next.impact = impact(&next, standing.catalog);
    if next == *incident {
        return None;
    }
    // a changed wording of the same cause is no news; it comes along with the next change
    next.causes = causes(alerts);
    next.revision += 1;
    next.updated_at = now;
    next.timeline.extend(story(incident, &next, now));
    Some(next)
}

fn story(before: &Incident, after: &Incident, now: Timestamp) -> Vec<Entry> {
    let mut lines = Vec::new();
    if before.status != after.status {
        lines.push(match after.status {
            IncidentStatus::Monitoring => "what failed is good again, watching".to_owned(),
            status => format!("{status} again"),
        });
    }
    let joined: Vec<String> = after
        .alerts
        .iter()
        .filter(|it| !before.alerts.contains(it))
        .map(ToString::to_string)
        .collect();
    if !joined.is_empty() {
        lines.push(format!("joined by {}", joined.join(", ")));
    }
    if before.worst != after.worst {
        lines.push(format!("now {}", after.worst));
    }
    if before.severity != after.severity {
        lines.push(format!("severity is now {}", after.severity));
    }
    if before.affected != after.affected {
        let states: Vec<String> =
            after.affected.iter().map(|(id, state)| format!("{id} {state}")).collect();
        lines.push(format!("affected: {}", states.join(", ")));
    }
    lines.into_iter().map(|text| Entry { at: now, text }).collect()
}

fn resolve(mut incident: Incident, standing: &Standing<'_>, now: Timestamp) -> Incident {
    incident.status = IncidentStatus::Resolved;
    incident.revision += 1;
    incident.updated_at = now;
    incident.resolved_at = Some(now);
    for (id, state) in &mut incident.affected {
        *state = standing.effective.get(id).copied().unwrap_or(ComponentState::Unknown);
    }
    let text = format!("resolved after {} s", now.since(incident.opened_at).as_secs());
    incident.timeline.push(Entry { at: now, text });
    incident
}

fn worst(alerts: &[&Alert]) -> ComponentState {
    alerts.iter().map(|it| it.state).max().unwrap_or(ComponentState::Unknown)
}

fn causes(alerts: &[&Alert]) -> Vec<String> {
    alerts.iter().flat_map(|it| &it.reasons).map(ToString::to_string).collect()
}

/// The component, and those that stand on it and are unwell too.
fn affected(id: &ComponentId, standing: &Standing<'_>) -> BTreeMap<ComponentId, ComponentState> {
    standing
        .catalog
        .dependents(id)
        .into_iter()
        .filter_map(|it| standing.effective.get(&it).map(|state| (it, *state)))
        .filter(|(it, state)| it == id || state.is_unwell())
        .collect()
}

/// What is at risk because of this incident: kept at its highest while the incident is open,
/// so that what it put at risk is still told when it is over.
fn impact(incident: &Incident, catalog: &Catalog) -> Impact {
    let mut highest = incident.impact.clone();
    let now = catalog.impact(&incident.affected);
    for opportunity in now.opportunities {
        match highest.opportunities.iter_mut().find(|it| it.id == opportunity.id) {
            Some(known) => known.because = opportunity.because,
            None => highest.opportunities.push(opportunity),
        }
    }
    highest.expected_loss = highest.expected_loss.highest(&now.expected_loss);
    let mut total = highest.expected_loss.clone();
    highest.opportunities.iter().for_each(|it| total.add(it.amount));
    highest.revenue_at_risk = total;
    highest
}

#[cfg(test)]
mod tests;

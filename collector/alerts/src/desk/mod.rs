//! The desk where alerts become incidents: one for each component whose own state is the cause.

mod acts;
mod dismissed;
mod incident;
mod quiet;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bellwether_core::alert::Alert;
use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::deployment::Running;
use bellwether_core::ids::ComponentId;
use bellwether_core::impact::{Failing, Impact, Loss, Measured, RiskSpan};
use bellwether_core::incident::Incident;
use bellwether_core::notice::{Change, Notice};
use bellwether_core::ruling::Ruling;
use bellwether_core::state::ComponentState;
use bellwether_core::store::{Commit, Restored, Snapshot, Transition, Withdrawal};
use bellwether_core::time::Timestamp;

pub use self::acts::amend;
use self::dismissed::Dismissed;
use self::quiet::Quiet;
use crate::announcements::Announcements;
use crate::audit::Finding;
use crate::deployments::Deployments;
use crate::dispatch::{self, Dispatch, Escalation, Owed};
use crate::ledger::{Entries, Ledger};
use crate::notices::Follower;
use crate::policy::Policy;

/// Holds the open incidents and decides what becomes of them.
pub struct Desk {
    open: BTreeMap<ComponentId, Incident>,
    ledger: Ledger,
    followers: Vec<Follower>,
    dispatch: Dispatch,
    dismissed: Dismissed,
    quiet: Quiet,
    announcements: Announcements,
    deployments: Deployments,
}

/// What is to be stored and told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Incidents that changed.
    pub incidents: Vec<Incident>,
    /// Messages that the changes owe.
    pub notices: Vec<Notice>,
    /// Lines of the ledger of what was lost.
    pub losses: Vec<Loss>,
    /// Times in which opportunities were at risk that began, changed or ended.
    pub risks: Vec<RiskSpan>,
    /// What is remembered of incidents and of who was told, where it changed.
    pub snapshots: Vec<Snapshot>,
    /// Why people are told, or not.
    pub rulings: Vec<Ruling>,
    /// Messages that are not owed any more.
    pub withdrawals: Vec<Withdrawal>,
}

impl Decision {
    /// Puts everything into what is written in one transaction.
    pub fn put_into(self, commit: &mut Commit) {
        commit.incidents.extend(self.incidents);
        commit.notices.extend(self.notices);
        commit.losses.extend(self.losses);
        commit.risks.extend(self.risks);
        commit.snapshots.extend(self.snapshots);
        commit.rulings.extend(self.rulings);
        commit.withdrawals.extend(self.withdrawals);
    }

    /// Adds what was decided later.
    pub fn append(&mut self, later: Self) {
        let Self { incidents, notices, losses, risks, snapshots, rulings, withdrawals } = later;
        self.owe(Owed { notices, rulings, withdrawals, snapshots, incidents });
        self.losses.extend(losses);
        self.risks.extend(risks);
    }

    fn owe(&mut self, owed: Owed) {
        let Owed { notices, rulings, withdrawals, snapshots, incidents } = owed;
        self.notices.extend(notices);
        self.rulings.extend(rulings);
        self.withdrawals.extend(withdrawals);
        self.snapshots.extend(snapshots);
        for incident in incidents {
            self.incidents.retain(|it| it.id != incident.id);
            self.incidents.push(incident);
        }
    }
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
    /// What is at risk now.
    pub impact: &'a Impact,
    /// What was measured of components.
    pub measured: &'a Measured,
    /// Who met failures in this step.
    pub failing: &'a Failing,
    /// Which versions run of the services of which something was heard in this step.
    pub running: &'a Running,
}

impl Desk {
    /// Opens the desk, which goes on from what was stored.
    pub fn new(restored: &Restored, followers: Vec<Follower>, policy: Arc<Policy>) -> Self {
        let open = restored.open_incidents.iter();
        let ledger = Ledger::restore(open.clone(), &restored.snapshots, &restored.risks);
        let open = open.map(|it| (it.component.clone(), it.clone())).collect();
        let dispatch = Dispatch::restore(restored, policy);
        let dismissed = Dismissed::restore(&restored.snapshots);
        let (quiet, announcements) =
            (Quiet::default(), Announcements::restore(&restored.snapshots));
        let deployments = Deployments::restore(&restored.snapshots);
        Self { open, ledger, followers, dispatch, dismissed, quiet, announcements, deployments }
    }

    /// Has others follow, and people be told by another policy, from now on.
    pub fn follow(&mut self, followers: Vec<Follower>, policy: Arc<Policy>) {
        self.followers = followers;
        self.dispatch.follow(policy);
    }

    /// Alarms of what the auditor found of an incident, and mends what can be mended.
    pub fn found(
        &mut self,
        incident: &Incident,
        findings: Vec<Finding>,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Decision {
        let mut decision = Decision::default();
        match self.open.values_mut().find(|it| it.id == incident.id) {
            Some(_) if findings.is_empty() => {}
            Some(open) => decision.owe(self.dispatch.found(open, &findings, catalog, now)),
            // what ended since it was looked at is looked at again in a minute
            None if incident.is_open() => {}
            None => decision.owe(Dispatch::left_open(incident, &findings, now)),
        }
        decision
    }

    /// Returns the policy by which people are told.
    pub fn policy(&self) -> &Arc<Policy> {
        self.dispatch.policy()
    }

    /// Returns the components that are under maintenance at a time.
    pub fn maintenance(&self, now: Timestamp) -> BTreeSet<ComponentId> {
        dispatch::maintained(self.dispatch.policy(), now)
    }

    /// Says whether it has nothing to follow: what is as before, and well, then needs no decision.
    pub fn rests(&self) -> bool {
        self.open.is_empty() && self.dispatch.rests()
    }

    /// Returns the open incidents.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.open.values()
    }

    /// Tells how the steps of the escalations of open incidents stand.
    pub fn escalations(&self, catalog: &Catalog, now: Timestamp) -> Vec<Escalation> {
        self.dispatch.escalations(self.open.values(), catalog, now)
    }

    /// Decides what a change means for incidents, and who is told.
    pub fn decide(&mut self, standing: &Standing<'_>, now: Timestamp) -> Decision {
        let mut step = Step {
            standing,
            now,
            decision: Decision::default(),
            entries: Entries::default(),
            changes: Vec::new(),
        };
        step.decision.snapshots.extend(self.dismissed.keep(standing.active, now));
        let active = by_component(standing.active);
        for component in standing.catalog.components() {
            let alerts = active.get(&component.id).map(Vec::as_slice).unwrap_or_default();
            if alerts.iter().any(|it| it.suppressed_by.is_none()) {
                self.gather(component, alerts, &active, &mut step);
            }
            self.turn(component, alerts, &mut step);
        }
        let gone = |id: &&ComponentId| standing.catalog.component(id).is_none();
        let gone: Vec<ComponentId> = self.open.keys().filter(gone).cloned().collect();
        for id in gone {
            let Some(incident) = self.open.remove(&id) else { continue };
            let incident = incident::resolve(incident, standing, now);
            self.settle(Change::Resolved, incident, &mut step);
        }
        self.ledger.follow(standing, self.open.values(), &mut step.entries, now);
        let Step { mut decision, entries, changes, .. } = step;
        (decision.losses, decision.risks) = (entries.losses, entries.risks);
        decision.snapshots.extend(entries.snapshots);
        decision.owe(self.tell(&changes, standing, now));
        let policy = self.dispatch.policy();
        let (announced, record) =
            self.announcements.look(policy, standing.catalog, &self.followers, now);
        decision.notices.extend(announced);
        decision.snapshots.extend(record);
        let (deployed, records) =
            self.deployments.look(standing.running, standing.catalog, &self.followers, now);
        decision.notices.extend(deployed);
        decision.snapshots.extend(records);
        for transition in standing.transitions {
            decision
                .notices
                .extend(self.followers.iter().filter_map(|it| it.component(transition, now)));
        }
        decision
    }

    /// Decides which people are told now.
    fn tell(
        &mut self,
        changes: &[(Change, Incident)],
        standing: &Standing<'_>,
        now: Timestamp,
    ) -> Owed {
        let mut owed = self.dispatch.take(changes, now);
        self.dispatch.inhibit(self.open.values(), standing.active);
        self.dispatch.attend(self.open.values_mut(), standing.catalog, now, &mut owed);
        let over = self.dispatch.silences.forget(self.open.values(), standing.catalog, now);
        owed.snapshots.extend(over);
        owed
    }

    /// Lets the alerts of an incident that a person ended open no other one.
    fn dismiss(&mut self, incident: &Incident, decision: &mut Decision, now: Timestamp) {
        self.quiet.forget(incident);
        decision.snapshots.push(self.dismissed.add(incident, now));
    }

    /// Decides what becomes of the incident of one component.
    fn turn(&mut self, component: &Component, alerts: &[&Alert], step: &mut Step<'_>) {
        let (standing, now) = (step.standing, step.now);
        let opens = |it: &&Alert| it.suppressed_by.is_none() && !self.dismissed.has(it);
        let tells = alerts.iter().copied().any(|it| opens(&it));
        match self.open.remove(&component.id) {
            // what nobody is told of opens nothing
            None if !tells => {}
            None => {
                let incident = incident::open(component, alerts, standing, now);
                self.settle(Change::Opened, incident, step);
            }
            Some(open)
                if alerts.is_empty()
                    && !incident::lingers(component, standing)
                    && self.is_over(&open, now) =>
            {
                self.settle(Change::Resolved, incident::resolve(open, standing, now), step);
            }
            Some(open) => {
                if !alerts.is_empty() {
                    self.quiet.fires(&open);
                }
                let (mut next, news) = incident::follow(open, alerts, standing, now);
                if news {
                    self.settle(Change::Updated, next, step);
                } else {
                    self.ledger.read(&mut next, standing, &mut step.entries, now);
                    self.open.insert(component.id.clone(), next);
                }
            }
        }
    }

    /// Says whether an incident of which nothing fires is over: one that somebody heard of is
    /// watched while it may come back.
    fn is_over(&mut self, incident: &Incident, now: Timestamp) -> bool {
        self.quiet.has_lasted(incident, now) || !self.dispatch.is_told(&incident.id)
    }

    /// Reads the account of an incident that changed, and tells the change.
    fn settle(&mut self, change: Change, mut incident: Incident, step: &mut Step<'_>) {
        let Step { standing, now, entries, decision, .. } = &mut *step;
        if incident.is_open() {
            self.ledger.read(&mut incident, standing, entries, *now);
            self.ledger.keep(&incident, entries, *now);
        } else {
            self.ledger.close(&mut incident, entries, *now);
            self.quiet.forget(&incident);
        }
        let owed = self.followers.iter().filter_map(|it| it.incident(change, &incident, *now));
        decision.notices.extend(owed);
        if incident.is_open() {
            self.open.insert(incident.component.clone(), incident.clone());
        }
        step.changes.push((change, incident.clone()));
        step.decision.incidents.push(incident);
    }

    /// Gathers the incidents whose cause turns out to be this component: the oldest becomes the
    /// cause's own, so that it stays one incident with one key; the others are over.
    fn gather(
        &mut self,
        cause: &Component,
        alerts: &[&Alert],
        active: &ByComponent<'_>,
        step: &mut Step<'_>,
    ) {
        let (standing, now) = (step.standing, step.now);
        let explained = |incident: &&Incident| {
            let own = active.get(&incident.component);
            incident.component != cause.id
                && own.is_some_and(|it| it.iter().all(|it| it.cause() == Some(&cause.id)))
        };
        let mut victims: Vec<Incident> = self.open.values().filter(explained).cloned().collect();
        victims.sort_by_key(|it| (it.opened_at, it.id.clone()));
        for victim in victims {
            self.open.remove(&victim.component);
            let (change, incident) = match self.open.get(&cause.id) {
                None => (Change::Updated, incident::reparent(victim, cause, alerts, standing, now)),
                Some(open) => (Change::Resolved, incident::merge(victim, open, now)),
            };
            self.settle(change, incident, step);
        }
    }
}

/// Alerts in their order, by the component to which they give a state; none has no alert.
type ByComponent<'a> = BTreeMap<&'a ComponentId, Vec<&'a Alert>>;

fn by_component(active: &[Alert]) -> ByComponent<'_> {
    let mut by = ByComponent::new();
    for alert in active {
        by.entry(&alert.component).or_default().push(alert);
    }
    by
}

/// One step of the desk while it is taken.
struct Step<'a> {
    standing: &'a Standing<'a>,
    now: Timestamp,
    decision: Decision,
    entries: Entries,
    changes: Vec<(Change, Incident)>,
}

#[cfg(test)]
pub(crate) mod tests;

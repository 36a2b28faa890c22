//! Dispatch: follows the life of every incident, and decides who is told of it, when and why. What
//! is to be sent goes into the outbox with the state that it follows from.

mod attend;
mod case;
mod escalate;
mod mend;
mod steady;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::alert::Alert;
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::{ComponentId, IncidentId};
use bellwether_core::incident::{Acknowledgement, Entry, Incident};
use bellwether_core::notice::{Change, Notice};
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::silence::Silence;
use bellwether_core::store::{Restored, Snapshot, Withdrawal};
use bellwether_core::time::Timestamp;

use self::attend::{Attended, Scene};
pub(crate) use self::case::AGAIN;
use self::case::{Acknowledged, Case};
pub(crate) use self::escalate::Wanted;
pub use self::escalate::{Escalation, Stands, StepStand};
use self::steady::Steady;
use self::told::{notices, ruling};
use crate::audit::{Finding, What};
use crate::grouping;
use crate::policy::Policy;
use crate::recipient::Recipient;
use crate::silences::Silences;
use crate::suppression;

/// An incident that follows another one of its component within this time waits before it is told.
const SHORTLY: Duration = Duration::from_secs(600);

/// Follows the life of every incident, and decides who is told of it.
pub(crate) struct Dispatch {
    policy: Arc<Policy>,
    cases: BTreeMap<IncidentId, Case>,
    pub(crate) silences: Silences,
    /// The incidents that are told by another one, as of the newest evaluation.
    inhibited: BTreeMap<IncidentId, Why>,
    /// When the newest incidents of components ended; of those before a start nothing is known.
    ended: BTreeMap<ComponentId, Timestamp>,
    steady: Steady,
}

/// What is to be stored and told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Owed {
    pub(crate) notices: Vec<Notice>,
    pub(crate) rulings: Vec<Ruling>,
    pub(crate) withdrawals: Vec<Withdrawal>,
    pub(crate) snapshots: Vec<Snapshot>,
    /// Incidents that have another line in their story.
    pub(crate) incidents: Vec<Incident>,
}

impl Dispatch {
    /// Goes on from what was stored. An incident of which it is not known who was told is told
    /// anew; providers that know it forget what they are told twice.
    pub(crate) fn restore(restored: &Restored, policy: Arc<Policy>) -> Self {
        let mut cases = Case::restore(&restored.snapshots);
        for it in &restored.open_incidents {
            case_of(&mut cases, it, it.opened_at);
        }
        let newest = cases.values().map(Case::newest).max().unwrap_or_default();
        let mut silences = Silences::restore(&restored.snapshots);
        silences.write(&policy.silences);
        let steady = Steady::restore(&restored.snapshots, newest);
        Self { policy, cases, silences, inhibited: BTreeMap::new(), ended: BTreeMap::new(), steady }
    }

    /// Follows another policy from now on.
    pub(crate) fn follow(&mut self, policy: Arc<Policy>) {
        self.silences.write(&policy.silences);
        self.policy = policy;
    }

    pub(crate) fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Takes what became of incidents in a step.
    pub(crate) fn take(&mut self, changes: &[(Change, Incident)], now: Timestamp) -> Owed {
        let mut owed = Owed::default();
        let steady = self.steady.at(now);
        for (change, incident) in changes {
            match change {
                Change::Opened => {
                    let ended = self.ended.get(&incident.component);
                    let again = ended.is_some_and(|at| steady < at.plus(SHORTLY));
                    let case = Case { again, ..Case::new(steady, incident) };
                    self.cases.insert(incident.id.clone(), case);
                }
                Change::Resolved => {
                    self.ended.retain(|_, at| steady < at.plus(SHORTLY));
                    self.ended.insert(incident.component.clone(), steady);
                    self.close(incident, &mut owed, now);
                }
                Change::Updated | Change::Acknowledged | Change::Reminded => {
                    if let Some(case) = self.cases.get_mut(&incident.id) {
                        case.news = grouping::picture(incident);
                    }
                }
            }
        }
        owed
    }

    /// Notes which incidents are told by another one.
    pub(crate) fn inhibit<'i>(
        &mut self,
        open: impl Iterator<Item = &'i Incident>,
        active: &[Alert],
    ) {
        let inhibited = |it: &Incident| Some((it.id.clone(), suppression::inhibited(it, active)?));
        self.inhibited = open.filter_map(inhibited).collect();
    }

    /// Decides for every open incident who is told of it now.
    pub(crate) fn attend<'i>(
        &mut self,
        open: impl Iterator<Item = &'i mut Incident>,
        catalog: &Catalog,
        now: Timestamp,
        owed: &mut Owed,
    ) {
        let steady = self.steady.at(now);
        let policy = Arc::clone(&self.policy);
        let maintenance = policy.maintenance(now);
        owed.snapshots.extend(self.steady.record(now));
        for incident in open {
            let case = case_of(&mut self.cases, incident, steady);
            let before = (case.clone(), incident.revision);
            let hush = self.inhibited.get(&incident.id).cloned();
            let unwanted =
                || suppression::unwanted(incident, &self.silences, &maintenance, catalog, now);
            let hush = hush.or_else(unwanted);
            let scene = Scene { policy: &policy, catalog, now, steady, hush };
            let mut attended = Attended::new(scene, incident, case);
            attended.decide();
            owed.settle(&policy, attended, now);
            if *case != before.0 {
                owed.snapshots.push(case.record(&incident.id, now));
            }
            if incident.revision != before.1 {
                owed.incidents.push(incident.clone());
            }
        }
    }

    /// Tells those who know of an incident that it is over.
    fn close(&mut self, incident: &Incident, owed: &mut Owed, now: Timestamp) {
        let Some(case) = self.cases.remove(&incident.id) else { return };
        self.inhibited.remove(&incident.id);
        owed.snapshots.push(Case::gone(&incident.id, now));
        let mut rule = |recipient: Option<Recipient>, outcome: Outcome, why: Why| {
            owed.rulings.push(ruling(incident, recipient, outcome, why, now));
        };
        if case.told.is_empty() {
            return rule(None, Outcome::Cancelled, Why::OverBefore);
        }
        let left = case.ladders.iter().any(|(name, ladder)| {
            self.policy.escalation.get(name).is_some_and(|it| ladder.left(it) > 0)
        });
        if left && case.acknowledged.is_none() {
            rule(None, Outcome::Cancelled, Why::Resolved);
        }
        let is_there = |it: &&Recipient| self.policy.channel(&it.destination).is_some();
        let told: Vec<&Recipient> = case.told.keys().filter(is_there).collect();
        told.iter().for_each(|it| rule(Some((*it).clone()), Outcome::Told, Why::Resolved));
        let over = told.into_iter().map(|it| (it, Change::Resolved));
        owed.notices.extend(notices(over, incident, now));
    }

    /// Notes that somebody works on an incident: nobody else is told of it for a while.
    pub(crate) fn acknowledge(
        &mut self,
        incident: &mut Incident,
        by: &str,
        hold: Duration,
        now: Timestamp,
    ) -> Owed {
        let mut owed = Owed::default();
        let steady = self.steady.at(now);
        let policy = Arc::clone(&self.policy);
        let case = case_of(&mut self.cases, incident, steady);
        let severity = incident.severity;
        let (until, at) = (steady.plus(hold), now);
        case.acknowledged = Some(Acknowledged { by: by.to_owned(), until, severity });
        let until = now.plus(hold);
        incident.revision += 1;
        incident.updated_at = now;
        incident.response.first_acknowledged.get_or_insert(now);
        incident.response.owner = Some(by.to_owned());
        incident.response.acknowledged =
            Some(Acknowledgement { by: by.to_owned(), at, until, severity });
        let text = format!("acknowledged by {by}, until {until}");
        incident.timeline.push(Entry { at, text });
        let why = Why::Acknowledged { by: by.to_owned() };
        let told: Vec<Recipient> = case.told.keys().cloned().collect();
        let is_hushed = case.hushed.is_some();
        let scene =
            Scene { policy: &policy, catalog: &Catalog::default(), now, steady, hush: None };
        let mut attended = Attended::new(scene, incident, case);
        attended.rule(None, Outcome::Cancelled, why.clone());
        attended.withdraw = Some(why.clone());
        if !is_hushed {
            told.into_iter().for_each(|it| attended.send(it, Change::Acknowledged, why.clone()));
        }
        owed.settle(&policy, attended, now);
        owed.snapshots.push(case.record(&incident.id, now));
        owed
    }

    /// Takes a step of an escalation now, because somebody asks for it.
    ///
    /// # Errors
    /// Says why there is no such step, or that it would tell nobody; then nothing changes.
    pub(crate) fn escalate(
        &mut self,
        incident: &mut Incident,
        wanted: &Wanted,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<Owed, String> {
        let mut owed = Owed::default();
        let steady = self.steady.at(now);
        let policy = Arc::clone(&self.policy);
        let case = case_of(&mut self.cases, incident, steady);
        let scene = Scene { policy: &policy, catalog, now, steady, hush: None };
        let mut attended = Attended::new(scene, incident, case);
        attended.escalate(wanted)?;
        owed.settle(&policy, attended, now);
        owed.snapshots.push(case.record(&incident.id, now));
        Ok(owed)
    }

    /// Tells how the steps of the escalations of incidents stand.
    pub(crate) fn escalations<'i>(
        &self,
        open: impl Iterator<Item = &'i Incident>,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Vec<Escalation> {
        let times = (now, self.steady.ahead_of(now));
        let stand = |incident: &Incident| {
            let case = self.cases.get(&incident.id)?;
            let mut steps = escalate::stands(&self.policy, incident, case, catalog, times);
            steps.iter_mut().for_each(|it| it.stands.shift(|at| self.steady.clock(at)));
            let incident = incident.id.clone();
            (!steps.is_empty()).then_some(Escalation { incident, steps })
        };
        open.filter_map(stand).collect()
    }

    /// Alarms of what the auditor found of an open incident: who was not told is told, and what
    /// does not get there is told through other channels.
    pub(crate) fn found(
        &mut self,
        incident: &mut Incident,
        findings: &[Finding],
        catalog: &Catalog,
        now: Timestamp,
    ) -> Owed {
        let mut owed = Owed::default();
        let steady = self.steady.at(now);
        let policy = Arc::clone(&self.policy);
        let case = case_of(&mut self.cases, incident, steady);
        let (before, revision) = (case.clone(), incident.revision);
        let scene = Scene { policy: &policy, catalog, now, steady, hush: None };
        let mut attended = Attended::new(scene, incident, case);
        findings.iter().for_each(|it| attended.audited(it));
        attended.write_story();
        owed.settle(&policy, attended, now);
        if *case != before {
            owed.snapshots.push(case.record(&incident.id, now));
        }
        if incident.revision != revision {
            owed.incidents.push(incident.clone());
        }
        owed
    }

    /// Tells those who were not told that an incident is over.
    pub(crate) fn left_open(incident: &Incident, findings: &[Finding], now: Timestamp) -> Owed {
        let mut owed = Owed::default();
        let left = findings.iter().filter(|it| it.what == What::LeftOpen);
        for finding in left.clone() {
            let why = Why::Audit { finding: finding.to_string() };
            let to = Some(finding.recipient.clone());
            owed.rulings.push(ruling(incident, to, Outcome::Told, why, now));
        }
        let over = left.map(|it| (&it.recipient, Change::Resolved));
        owed.notices.extend(notices(over, incident, now));
        owed
    }

    /// Says whether anybody was told of an incident.
    pub(crate) fn is_told(&self, id: &IncidentId) -> bool {
        self.cases.get(id).is_some_and(|it| !it.told.is_empty())
    }

    /// Says whether no case is followed, and nothing begins or ends by time alone.
    pub(crate) fn rests(&self) -> bool {
        self.cases.is_empty() && !self.silences.any_given() && self.policy.windows.is_empty()
    }

    /// Returns the silences that hold or will hold.
    pub(crate) fn silences(&self, now: Timestamp) -> impl Iterator<Item = &Silence> {
        self.silences.list(now)
    }
}

impl Owed {
    /// Takes what was decided about one incident.
    fn settle(&mut self, policy: &Policy, attended: Attended<'_>, now: Timestamp) {
        let Attended { incident, rulings, sends, withdraw, .. } = attended;
        self.rulings.extend(rulings);
        if let Some(why) = withdraw {
            self.withdrawals.push(Withdrawal {
                subject: Notice::incident_subject(&incident.id),
                destinations: policy
                    .channels
                    .iter()
                    .map(|it| it.destination.clone())
                    .collect::<BTreeSet<_>>(),
                at: now,
                why: why.to_string(),
            });
        }
        let sends = sends.iter().map(|(to, change)| (to, *change));
        self.notices.extend(notices(sends, incident, now));
    }
}

/// Returns the case of an incident, a new one where there is none.
fn case_of<'c>(
    cases: &'c mut BTreeMap<IncidentId, Case>,
    incident: &Incident,
    at: Timestamp,
) -> &'c mut Case {
    cases.entry(incident.id.clone()).or_insert_with(|| Case::new(at, incident))
}

/// Returns the components that are under maintenance at a time.
pub(crate) fn maintained(policy: &Policy, now: Timestamp) -> BTreeSet<ComponentId> {
    policy.maintenance(now).into_keys().collect()
}

#[cfg(test)]
pub(crate) mod tests;

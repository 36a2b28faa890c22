//! What the store of a collector must do. One conformance suite holds for every store.

mod observation;
mod outbox;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use self::observation::{Observation, Span, Summary};
pub use self::outbox::{Addressed, Attempt, Notification, Outbox, Receipts, Withdrawal};
use crate::BoxFuture;
use crate::alert::{Alert, AlertKey, AlertLife};
use crate::facts::{InstanceRecord, ServiceRecord};
use crate::ids::{ComponentId, IncidentId, RuleId};
use crate::impact::{Loss, RiskSpan};
use crate::incident::Incident;
use crate::notice::Notice;
use crate::period::Period;
use crate::reason::Reason;
use crate::ruling::Ruling;
use crate::state::ComponentState;
use crate::time::Timestamp;

/// A change of a component's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Which component.
    pub component: ComponentId,
    /// When it changed.
    pub at: Timestamp,
    /// What it was, by its own rules.
    pub own_before: ComponentState,
    /// What it is, by its own rules.
    pub own: ComponentState,
    /// What it was, with what it depends on.
    pub effective_before: ComponentState,
    /// What it is, with what it depends on.
    pub effective: ComponentState,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// A component as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentStatus {
    /// Which component.
    pub component: ComponentId,
    /// The worst that its own rules give.
    pub own: ComponentState,
    /// The worst of its own and of what it depends on.
    pub effective: ComponentState,
    /// Since when the effective state holds.
    pub since: Timestamp,
}

/// Something that has to survive a restart and that only its owner can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is, such as `account:inc-4f1c`.
    pub name: String,
    /// When it was taken.
    pub at: Timestamp,
    /// What its owner wrote, which may be much; nothing takes the one of this name away.
    pub body: Option<Bytes>,
}

/// How long what is kept. What things cost the business is kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Observations as they were made.
    pub observations: Duration,
    /// Their summaries by hour and day.
    pub summaries: Duration,
    /// Alerts, incidents, changes of state and messages, with all that was found.
    pub details: Duration,
    /// The same without: what, when, how bad.
    pub lives: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            observations: 30 * DAY,
            summaries: 365 * DAY,
            details: 90 * DAY,
            lives: 2 * 365 * DAY,
        }
    }
}

/// Everything that one step changed. It is written whole or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// Instances that changed.
    pub instances: Vec<InstanceRecord>,
    /// Services that changed.
    pub services: Vec<ServiceRecord>,
    /// Alerts that changed.
    pub alerts: Vec<Alert>,
    /// Alerts of which nothing is left.
    pub forgotten: Vec<AlertKey>,
    /// Lives of alerts that began, changed or ended, for the history.
    pub lives: Vec<AlertLife>,
    /// Components that changed.
    pub components: Vec<ComponentStatus>,
    /// Changes of state, for the history.
    pub transitions: Vec<Transition>,
    /// Incidents that changed.
    pub incidents: Vec<Incident>,
    /// Lines of the ledger of what was lost.
    pub losses: Vec<Loss>,
    /// Times in which opportunities were at risk that began, changed or ended.
    pub risks: Vec<RiskSpan>,
    /// Snapshots that were taken, or are needed no longer.
    pub snapshots: Vec<Snapshot>,
    /// Why people are told, or not.
    pub rulings: Vec<Ruling>,
    /// Messages that are not owed any more; of those that wait before this step.
    pub withdrawals: Vec<Withdrawal>,
    /// Messages that the change owes.
    pub notices: Vec<Notice>,
    /// What was measured.
    pub observations: Vec<Observation>,
}

impl Commit {
    /// Says whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a later step. Where both write one record the later one stays, so that a commit
    /// that waits for its store grows with what changed and not with time.
    pub fn append(&mut self, later: Self) {
        newest(&mut self.instances, later.instances, |it| it.source.clone());
        newest(&mut self.services, later.services, |it| it.service.clone());
        // what is forgotten and then begun again is there, and the other way round
        self.alerts.retain(|it| !later.forgotten.contains(&it.key));
        self.forgotten.retain(|it| !later.alerts.iter().any(|alert| alert.key == *it));
        self.forgotten.extend(later.forgotten);
        newest(&mut self.alerts, later.alerts, |it| it.key.clone());
        newest(&mut self.lives, later.lives, |it| (it.key.clone(), it.epoch));
        newest(&mut self.components, later.components, |it| it.component.clone());
        newest(&mut self.incidents, later.incidents, |it| it.id.clone());
        newest(&mut self.risks, later.risks, |it| (it.opportunity.clone(), it.from));
        newest(&mut self.snapshots, later.snapshots, |it| it.name.clone());
        self.transitions.extend(later.transitions);
        self.losses.extend(later.losses);
        self.rulings.extend(later.rulings);
        // what waits for the store is withdrawn before it is there
        let withdrawn = |notice: &Notice| later.withdrawals.iter().any(|it| it.covers(notice));
        self.notices.retain(|it| !withdrawn(it));
        self.withdrawals.extend(later.withdrawals);
        self.notices.extend(later.notices);
        self.observations.extend(later.observations);
    }
}

/// Adds records, each in place of an older one with the same key.
fn newest<T, K: Ord>(records: &mut Vec<T>, later: Vec<T>, key: impl Fn(&T) -> K) {
    let keys: BTreeSet<K> = later.iter().map(&key).collect();
    records.retain(|it| !keys.contains(&key(it)));
    records.extend(later);
}

/// What a restarted collector goes on from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restored {
    /// Every instance that is remembered.
    pub instances: Vec<InstanceRecord>,
    /// Every service.
    pub services: Vec<ServiceRecord>,
    /// Every alert.
    pub alerts: Vec<Alert>,
    /// Every component.
    pub components: Vec<ComponentStatus>,
    /// Incidents that are not resolved.
    pub open_incidents: Vec<Incident>,
    /// Times in which opportunities are at risk that have not ended.
    pub risks: Vec<RiskSpan>,
    /// The newest snapshot of each name.
    pub snapshots: Vec<Snapshot>,
}

/// Says why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("store: {what}: {source}")]
pub struct StoreError {
    /// What was tried.
    pub what: &'static str,
    /// What went wrong.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Keeps state and history; [`Records`] reads the history back. When `commit` returns `Ok`, the change survives a crash.
pub trait Store: Send + Sync {
    /// Writes a change whole, or fails and leaves everything as it was.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Reads what a restarted collector goes on from.
    fn restore(&self) -> BoxFuture<'_, Result<Restored, StoreError>>;

    /// Forgets instances that stopped or fell silent before `before`.
    fn forget_instances(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Puts what is too old together or away, a little at a time and in a transaction of its own,
    /// and returns how many records that were; none is left when it returns 0.
    fn compact(
        &self,
        now: Timestamp,
        retention: Retention,
    ) -> BoxFuture<'_, Result<u64, StoreError>>;

    /// Writes a little and waits until it is on disk, so that who asks knows that the store
    /// can. What is written differs from time to time, so that the disk is not spared it.
    fn prove(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Reads the history that a store keeps.
pub trait Records: Send + Sync {
    /// Reads the newest incidents, open ones included, newest first.
    fn incidents(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Incident>, StoreError>>;

    /// Reads the newest changes of state, newest first.
    fn transitions(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Transition>, StoreError>>;

    /// Reads the newest lives of alerts, those that fire included, newest first.
    fn alerts(&self, limit: u32) -> BoxFuture<'_, Result<Vec<AlertLife>, StoreError>>;

    /// Reads the newest incidents that were open at any time in a period, newest first.
    fn incidents_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Incident>, StoreError>>;

    /// Reads the changes of state in a period, in the order in which they came, after the last
    /// one of each component before it, which tell how it began: the first so many of all these.
    fn transitions_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Transition>, StoreError>>;

    /// Reads the times in which opportunities were at risk that have any time in common with a
    /// period, in the order in which they began, at most so many.
    fn risks_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<RiskSpan>, StoreError>>;

    /// Reads alerts as they stand, by rule and labels: of a rule or of all, at most so many.
    fn standing_alerts<'a>(
        &'a self,
        rule: Option<&'a RuleId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Alert>, StoreError>>;

    /// Reads the newest messages, whatever became of them, newest first.
    fn notifications<'a>(
        &'a self,
        of: &'a Addressed,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Notification>, StoreError>>;

    /// Reads the messages about a subject, whatever became of them, in the order in which they
    /// were written.
    fn messages_about<'a>(
        &'a self,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Notification>, StoreError>>;

    /// Reads why people were told of an incident, or not, in the order in which that was decided.
    fn rulings<'a>(
        &'a self,
        incident: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Vec<Ruling>, StoreError>>;

    /// Reads an incident, absent when there is none of this id.
    fn incident<'a>(
        &'a self,
        id: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Option<Incident>, StoreError>>;

    /// Reads the observations of a series in a period, its end left out, oldest first.
    fn observations<'a>(
        &'a self,
        series: &'a str,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Observation>, StoreError>>;

    /// Reads the names of series of which there are observations and that begin with a text, in
    /// their order by bytes, at most so many.
    fn series<'a>(
        &'a self,
        prefix: &'a str,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>>;

    /// Reads the summaries of a series whose spans began in a period, its end left out, oldest
    /// first. They tell of observations that are too old to be there themselves.
    fn summaries<'a>(
        &'a self,
        series: &'a str,
        span: Span,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Summary>, StoreError>>;

    /// Reads what an incident lost, oldest first.
    fn losses<'a>(
        &'a self,
        incident: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Vec<Loss>, StoreError>>;

    /// Reads what was lost in a period: lines that ended after its begin and began before its
    /// end, in the order in which they ended, at most so many.
    fn losses_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Loss>, StoreError>>;

    /// Reads the times in which opportunities were at risk that ended in a period, its end left
    /// out, in the order in which they ended.
    fn risks_ended_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<RiskSpan>, StoreError>>;
}

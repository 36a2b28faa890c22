//! The health plane: one task that owns all state, one writer of it.

mod accept;
mod hold;
mod people;

use std::sync::Arc;
use std::time::Duration;

use bellwether_alerts::{Desk, Escalation, Follower, Policy, Standing, Waking};
use bellwether_core::alert::Alert;
use bellwether_core::catalog::Catalog;
use bellwether_core::facts::Observed;
use bellwether_core::incident::Incident;
use bellwether_core::silence::Silence;
use bellwether_core::store::{Commit, Store};
use bellwether_core::time::Timestamp;
use bellwether_health::rules::Rule;
use bellwether_health::{Engine, Evaluation, Observer};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

pub(super) use self::hold::Holds;
use super::acts::Ask;
use super::clock::Clock;
use super::measured;
use super::pipeline::Report;
use super::probes::Probes;

/// How many reports are taken together; their facts are stored in one transaction.
const BATCH: usize = 256;

/// Instances that stopped, or fell silent, this long ago are forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// How often that is looked after.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// How everything stands after an evaluation, for whoever shows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stand {
    pub(super) at: Timestamp,
    pub(super) evaluation: Evaluation,
    pub(super) incidents: Vec<Incident>,
    /// How escalating those stands.
    pub(super) escalations: Vec<Escalation>,
    /// The incidents that changed.
    pub(super) told: Vec<Incident>,
    /// What people do not want to be told of.
    pub(super) silences: Vec<Silence>,
    /// What the auditor found last.
    pub(super) audit: Vec<String>,
    /// Why the newest change could not be stored.
    pub(super) store_error: Option<String>,
    pub(super) took: Took,
}

/// How long the parts of an evaluation took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Took {
    /// Evaluating the rules, and deciding who is told.
    pub(super) judging: Duration,
    /// Storing what changed, if anything did.
    pub(super) storing: Option<Duration>,
}

/// Shows how everything stands to whoever looks.
pub(super) type Show = Box<dyn Fn(&Engine, &Stand) + Send + Sync>;

/// Other rules to go on with.
pub(super) struct Order {
    pub(super) catalog: Catalog,
    pub(super) rules: Vec<Rule>,
    pub(super) every: Duration,
    /// Who follows incidents without a route.
    pub(super) followers: Vec<Follower>,
    /// Who else is told of them.
    pub(super) policy: Arc<Policy>,
    /// Answered when they hold.
    pub(super) done: oneshot::Sender<()>,
}

/// Owns the engine and the desk.
pub(super) struct Plane {
    pub(super) engine: Engine,
    pub(super) desk: Desk,
    pub(super) store: Arc<dyn Store>,
    /// What the workers of receivers count in.
    pub(super) observer: Arc<Observer>,
    pub(super) reports: mpsc::Receiver<Report>,
    pub(super) orders: mpsc::Receiver<Order>,
    /// What people and the auditor ask for.
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) every: Duration,
    pub(super) clock: Clock,
    /// Shows how everything stands.
    pub(super) show: Show,
    /// Told whenever the rules were evaluated.
    pub(super) evaluated: watch::Sender<Option<Instant>>,
    /// Rises when a commit owed messages.
    pub(super) owed: watch::Sender<u64>,
    /// Changes that are not stored yet, because the store failed.
    pub(super) unstored: Commit,
    /// Where services look whether their probes arrived.
    pub(super) probes: Probes,
    /// What waits until others were asked.
    pub(super) holds: Holds,
    /// What waits after a start.
    pub(super) waking: Waking,
    /// Incidents that people or the auditor changed since the newest evaluation.
    pub(super) told: Vec<Incident>,
    /// What the auditor found last.
    pub(super) audit: Vec<String>,
}

impl Plane {
    /// Runs until told to stop and every report is taken.
    pub(super) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut tick = ticking(self.every);
        let mut forget = tokio::time::interval(FORGET_EVERY);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                taken = self.reports.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        // every sender is gone: the receivers have ended
                        break;
                    }
                    self.learn(&mut batch).await;
                }
                Some(order) = self.orders.recv() => {
                    self.follow(order);
                    tick = ticking(self.every);
                }
                Some(ask) = self.asks.recv() => self.answer(ask).await,
                _ = tick.tick() => self.evaluate().await,
                _ = forget.tick() => self.forget().await,
                () = stop.cancelled(), if self.reports.is_empty() => self.reports.close(),
            }
        }
        self.evaluate().await;
        anyhow::ensure!(self.unstored.is_empty(), "the last change of state could not be stored");
        Ok(())
    }

    /// Goes on with other rules; what they judge is kept.
    fn follow(&mut self, order: Order) {
        self.engine.absorb(&self.observer.harvest());
        self.engine.replace(order.catalog, order.rules, self.clock.now());
        self.observer.follow(&self.engine.plan());
        self.desk.follow(order.followers, order.policy);
        self.every = order.every;
        // who asked may have gone, and it holds all the same
        let _ = order.done.send(());
    }

    /// Takes reports in; facts are answered when they are stored.
    async fn learn(&mut self, batch: &mut Vec<Report>) {
        let now = self.clock.now();
        let facts: Vec<Observed> =
            batch.iter_mut().flat_map(|it| std::mem::take(&mut it.facts)).collect();
        let observations = measured::observations(&facts, self.engine.evidence());
        let commit =
            Commit { observations: observations.clone(), ..self.engine.learn(&facts, now) };
        match self.store.commit(commit).await {
            Ok(()) => {
                self.probes.saw(&facts, now);
                for report in batch.drain(..) {
                    // nobody waits any more: the sender hung up, and will send again
                    let _ = report.committed.send(());
                }
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "facts not stored; their senders are told to try again"
                );
                measured::wait(&mut self.unstored.observations, observations);
                batch.clear();
            }
        }
    }

    /// Judges everything, decides who is told, and stores both in one transaction.
    async fn evaluate(&mut self) {
        let now = self.clock.now();
        let began = Instant::now();
        self.engine.maintain(self.desk.maintenance(now));
        self.engine.absorb(&self.observer.harvest());
        if self.engine.adopt(now) {
            self.observer.follow(&self.engine.plan());
        }
        let mut evaluation = self.engine.evaluate(now);
        let active = self.awake(evaluation.active.clone(), now);
        let active = self.holds.sift(active, self.engine.catalog(), now);
        let decision = self.desk.decide(
            &Standing {
                catalog: self.engine.catalog(),
                active: &active,
                effective: &evaluation.effective,
                transitions: &evaluation.commit.transitions,
                impact: &evaluation.impact,
                measured: &evaluation.measured,
                failing: &evaluation.failing,
                running: &evaluation.running,
            },
            now,
        );
        for it in &evaluation.commit.transitions {
            let reason = it.reasons.first().map(ToString::to_string).unwrap_or_default();
            tracing::info!(component = %it.component, from = %it.effective_before, to = %it.effective, reason, "component changed state");
        }
        for it in &decision.incidents {
            tracing::info!(incident = %it.id, component = %it.component, status = %it.status, severity = %it.severity, at_risk = %it.impact.revenue_at_risk, "incident changed");
        }
        let judging = began.elapsed();
        // they may be large, and nobody looks at them
        let snapshots = std::mem::take(&mut evaluation.commit.snapshots);
        let mut commit = Commit { snapshots, ..evaluation.commit.clone() };
        let mut told = std::mem::take(&mut self.told);
        told.extend(decision.incidents.iter().cloned());
        decision.put_into(&mut commit);
        let mut stand = Stand { at: now, evaluation, told, ..Stand::default() };
        let (began, stores) = (Instant::now(), !commit.is_empty() || !self.unstored.is_empty());
        stand.store_error = self.store(commit).await.err().map(|error| error.to_string());
        stand.took = Took { judging, storing: stores.then(|| began.elapsed()) };
        stand.incidents = self.desk.open().cloned().collect();
        stand.escalations = self.desk.escalations(self.engine.catalog(), now);
        stand.silences = self.desk.silences(now).cloned().collect();
        stand.audit.clone_from(&self.audit);
        self.evaluated.send_replace(Some(Instant::now()));
        (self.show)(&self.engine, &stand);
    }

    /// Returns the alerts that people may be told of so soon after a start.
    fn awake(&mut self, active: Vec<Alert>, now: Timestamp) -> Vec<Alert> {
        let open = self.desk.open().map(|it| it.component.clone()).collect();
        let delay = self.desk.policy().startup_delay();
        self.waking.sift(active, self.engine.evidence().instances(), &open, delay, now)
    }

    /// Stores a change together with what could not be stored before it.
    async fn store(&mut self, commit: Commit) -> Result<(), bellwether_core::store::StoreError> {
        self.unstored.append(commit);
        measured::bound(&mut self.unstored.observations);
        if self.unstored.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.store.commit(self.unstored.clone()).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "state not stored; trying again with the next evaluation"
            );
            return Err(error);
        }
        // who waits to be told looks again when it is not to be told any more, too
        let owed = !self.unstored.notices.is_empty() || !self.unstored.withdrawals.is_empty();
        self.unstored = Commit::default();
        if owed {
            self.owed.send_modify(|count| *count += 1);
        }
        Ok(())
    }

    async fn forget(&mut self) {
        let before = self.clock.now().minus(FORGET_AFTER);
        self.engine.forget_instances(before);
        if let Err(error) = self.store.forget_instances(before).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old instances not forgotten; trying again in an hour"
            );
        }
    }
}

/// Ticks at once and then every so often; what is late is not made up for.
fn ticking(every: Duration) -> Interval {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

#[cfg(test)]
mod tests;

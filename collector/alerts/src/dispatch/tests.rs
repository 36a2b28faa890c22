//! Who is told, by a policy and under a clock of the test's: alerts go in, messages come out.

mod audited;
mod escalate;
mod life;
mod matrix;
mod owners;
mod property;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::act::{Act, Done, Refused, Wish};
use bellwether_core::alert::{Alert, Phase, Suppression};
use bellwether_core::catalog::Catalog;
use bellwether_core::deployment::Running;
use bellwether_core::ids::{ComponentId, Destination, IncidentId};
use bellwether_core::impact::{Failing, Impact, Measured};
use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change, Notice, Owed};
use bellwether_core::ruling::Ruling;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::store::{Commit, Notification, Restored, Snapshot, Withdrawal};
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

use crate::audit::{Books, Finding};
use crate::desk::tests::alert;
use crate::policy::tests::{catalog, checked, example};
use crate::{Desk, Follower, Policy, Standing};

/// Thursday 26 November 2026, 08:00 in UTC.
const START: Timestamp = Timestamp::from_secs(1_795_680_000);

/// How long alerts have to clear after their cause is well.
const TO_CLEAR: Duration = Duration::from_secs(120);

/// A desk with its store, in memory.
pub(crate) struct Story {
    pub(crate) desk: Desk,
    policy: Arc<Policy>,
    pub(crate) catalog: Catalog,
    pub(crate) now: Timestamp,
    pub(crate) active: Vec<Alert>,
    /// What the store holds.
    snapshots: BTreeMap<String, Snapshot>,
    incidents: BTreeMap<IncidentId, Incident>,
    pub(crate) rulings: Vec<Ruling>,
    /// Every message that was ever owed and not withdrawn before it was looked at.
    pub(crate) notices: Vec<Notice>,
    looked: usize,
    /// What was withdrawn and what is owed, by transaction.
    transactions: Vec<(Vec<Withdrawal>, Vec<Notice>)>,
    /// What became of messages, where they were not delivered.
    states: BTreeMap<Destination, &'static str>,
    /// Whether nothing is stored, because the collector is killed before.
    loses: bool,
}

pub(crate) fn policy(raw: Value) -> Arc<Policy> {
    Arc::new(checked(raw).unwrap_or_else(|flaws| panic!("{flaws:#?}")).0)
}

fn followers() -> Vec<Follower> {
    vec![Follower {
        destination: "datadog".into(),
        components: false,
        incidents: true,
        maintenance: false,
        deployments: false,
        newest_only: false,
        hold_open: Duration::ZERO,
        hold_resolve: Duration::ZERO,
    }]
}

impl Story {
    pub(crate) fn of(raw: Value) -> Self {
        Self::by(policy(raw))
    }

    pub(crate) fn by(policy: Arc<Policy>) -> Self {
        let desk = Desk::new(&Restored::default(), followers(), policy.clone());
        Self {
            desk,
            policy,
            catalog: catalog(),
            now: START,
            active: Vec::new(),
            snapshots: BTreeMap::new(),
            incidents: BTreeMap::new(),
            rulings: Vec::new(),
            notices: Vec::new(),
            looked: 0,
            transactions: Vec::new(),
            states: BTreeMap::new(),
            loses: false,
        }
    }

    pub(crate) fn example() -> Self {
        Self::of(example())
    }

    /// Lets a component's alert fire; what it stands on decides whether it is suppressed.
    pub(crate) fn fire(&mut self, component: &str, state: ComponentState) {
        let id: ComponentId = component.into();
        let criticality = self.catalog.component(&id).unwrap().criticality;
        let epoch = self.now.secs().unsigned_abs();
        let alert = Alert {
            epoch,
            since: self.now,
            severity: Severity::default_for(criticality, state),
            fault_at: Some(self.now),
            fired_at: Some(self.now),
            reasons: vec![],
            ..alert(&format!("{component}-down"), component, Phase::Firing, state)
        };
        self.active.retain(|it| it.component != id);
        self.active.push(alert);
    }

    pub(crate) fn mend(&mut self, component: &str) {
        self.active.retain(|it| it.component.as_str() != component);
    }

    pub(crate) fn alert(&mut self, component: &str) -> &mut Alert {
        self.active.iter_mut().find(|it| it.component.as_str() == component).unwrap()
    }

    /// Lets time pass, with an evaluation each second.
    pub(crate) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now.plus(Duration::from_secs(1));
            self.evaluate();
        }
    }

    /// Evaluates once, now.
    pub(crate) fn evaluate(&mut self) {
        let maintained = self.desk.maintenance(self.now);
        let own: BTreeMap<ComponentId, ComponentState> = self
            .catalog
            .components()
            .map(|it| {
                let states = self.active.iter().filter(|alert| alert.component == it.id);
                let state = states.map(|it| it.state).max().unwrap_or(ComponentState::Operational);
                let maintained = maintained.contains(&it.id);
                let state = if maintained { ComponentState::UnderMaintenance } else { state };
                (it.id.clone(), state)
            })
            .collect();
        for alert in &mut self.active {
            let below = self.catalog.foundations(&alert.component);
            let cause = self
                .catalog
                .components()
                .find(|it| below.contains(&it.id) && own[&it.id].is_unwell());
            alert.suppressed_by = if maintained.contains(&alert.component) {
                Some(Suppression::Maintenance)
            } else if let Some(cause) = cause {
                Some(Suppression::Dependency { component: cause.id.clone() })
            } else {
                left(alert.suppressed_by.take(), &own, self.now)
            };
        }
        let effective = self.catalog.effective(&own);
        let measured = Measured::new();
        let standing = Standing {
            catalog: &self.catalog,
            active: &self.active,
            effective: &effective,
            transitions: &[],
            impact: &Impact::of(&self.catalog, &effective, &measured),
            measured: &measured,
            failing: &Failing::new(),
            running: &Running::new(),
        };
        let decision = self.desk.decide(&standing, self.now);
        self.store(decision);
    }

    pub(crate) fn store(&mut self, decision: crate::Decision) {
        let mut commit = Commit::default();
        decision.put_into(&mut commit);
        if self.loses {
            return;
        }
        self.transactions.push((commit.withdrawals, commit.notices.clone()));
        for it in commit.snapshots {
            match it.body {
                None => drop(self.snapshots.remove(&it.name)),
                Some(_) => drop(self.snapshots.insert(it.name.clone(), it)),
            }
        }
        self.incidents.extend(commit.incidents.into_iter().map(|it| (it.id.clone(), it)));
        self.rulings.extend(commit.rulings);
        self.notices.extend(commit.notices);
    }

    /// Kills the collector, and starts another one over the same store.
    pub(crate) fn restart(&mut self) {
        let restored = Restored {
            open_incidents: self.incidents.values().filter(|it| it.is_open()).cloned().collect(),
            snapshots: self.snapshots.values().cloned().collect(),
            ..Restored::default()
        };
        self.desk = Desk::new(&restored, followers(), self.policy.clone());
    }

    pub(crate) fn act(&mut self, act: Act) -> Result<Done, Refused> {
        let (decision, done) = self.desk.act(act, &self.catalog, self.now)?;
        self.store(decision);
        Ok(done)
    }

    pub(crate) fn acknowledge(&mut self, by: &str) {
        let incident = self.incident().id;
        self.act(Act::Acknowledge { incident, by: by.to_owned(), hold: None }).unwrap();
    }

    pub(crate) fn silence(&mut self, wish: Wish) -> String {
        match self.act(Act::Silence(wish)).unwrap() {
            Done::Silence(silence) => silence.id,
            Done::Incident(_) => unreachable!("a silence was given"),
        }
    }

    /// Returns what the auditor finds of an incident in what is stored.
    pub(crate) fn audit(&self, incident: &Incident) -> Vec<Finding> {
        let subject = Notice::incident_subject(&incident.id);
        let mut messages: Vec<Notification> = Vec::new();
        for (withdrawals, notices) in &self.transactions {
            for message in messages.iter_mut().filter(|it| it.state == "waiting") {
                if withdrawals.iter().any(|it| it.covers(&message.owed.notice)) {
                    message.state = "withdrawn".to_owned();
                }
            }
            messages.extend(notices.iter().filter(|it| it.subject == subject).map(|notice| {
                let state = self.states.get(&notice.destination).copied().unwrap_or("delivered");
                Notification {
                    owed: Owed { number: 0, attempts: 0, notice: notice.clone() },
                    state: state.to_owned(),
                    why: None,
                    settled_at: None,
                }
            }));
        }
        let rulings: Vec<Ruling> =
            self.rulings.iter().filter(|it| it.incident == incident.id).cloned().collect();
        let books = Books { incident, messages: &messages, rulings: &rulings };
        self.policy.audit(books, &self.catalog, self.now)
    }

    /// Returns the only open incident.
    pub(crate) fn incident(&self) -> Incident {
        let open: Vec<&Incident> = self.desk.open().collect();
        assert_eq!(open.len(), 1, "{open:#?}");
        open[0].clone()
    }

    /// Returns the messages to people since this was asked last, as `channel change`.
    pub(crate) fn told(&mut self) -> Vec<String> {
        let new = &self.notices[self.looked..];
        self.looked = self.notices.len();
        let told = new.iter().filter(|it| it.destination.as_str() != "datadog");
        let mut told: Vec<String> = told
            .map(|it| match &it.body {
                Body::Incident { change, recipients, .. } => {
                    let whom: String = recipients.iter().map(|it| format!(" <{it}>")).collect();
                    format!("{}{whom} {change}", it.destination)
                }
                _ => unreachable!("no channel follows anything else"),
            })
            .collect();
        told.sort();
        told
    }

    /// Returns why something was decided about a channel or a person, newest last.
    pub(crate) fn whys(&self, whom: &str) -> Vec<String> {
        let about = |it: &&Ruling| it.to_string().starts_with(&format!("{whom}: "));
        self.rulings.iter().filter(about).map(|it| format!("{}: {}", it.outcome, it.why)).collect()
    }

    /// Returns the decisions about everybody, newest last.
    pub(crate) fn of_all(&self) -> Vec<String> {
        let all = self.rulings.iter().filter(|it| it.destination.is_none());
        all.map(|it| format!("{}: {}", it.outcome, it.why)).collect()
    }
}

/// Says whether an alert is left from what was out and is well, as the engine does.
fn left(
    before: Option<Suppression>,
    own: &BTreeMap<ComponentId, ComponentState>,
    now: Timestamp,
) -> Option<Suppression> {
    match before? {
        Suppression::Maintenance => None,
        Suppression::Dependency { component } => {
            let well = own[&component] == ComponentState::Operational;
            let until = now.plus(TO_CLEAR);
            well.then_some(Suppression::Aftermath { component, since: now, until })
        }
        Suppression::Aftermath { until, .. } if now >= until => None,
        why => Some(why),
    }
}

/// Returns what a notice says of an incident.
pub(crate) fn says(notice: &Notice) -> (Change, &Incident) {
    match &notice.body {
        Body::Incident { change, incident, .. } => (*change, incident),
        _ => unreachable!("it is about an incident"),
    }
}

fn wish(component: &str, until: Option<Timestamp>) -> Wish {
    Wish {
        author: "ann".to_owned(),
        reason: "we know".to_owned(),
        component: Some(component.into()),
        until,
        ..Wish::default()
    }
}

/// A policy with one route to one channel that hears each message.
fn one_route(more: Value) -> Value {
    let mut raw = json!({ "routes": [{ "to": ["slack/emergency"] }] });
    raw.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    raw
}

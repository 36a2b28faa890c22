//! What the API shows, made anew after every evaluation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bellwether_alerts::{Stands, StepStand};
use bellwether_api::view::{
    Collector, Component, Destination, Escalation, EscalationState, EscalationStep, Heartbeat,
    Impact, Incident, Reason, Receiver, Rule, Service, Silence, Stream, StreamState,
};
use bellwether_api::{Known, Snapshot};
use bellwether_core::impact::health_score;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use bellwether_exporters::status::{DestinationSnapshot, DestinationStatus, Health, LaneSnapshot};
use bellwether_health::rules::Mode;
use bellwether_health::{Engine, Plan};
use tokio::sync::watch;

use super::board::Board;
use super::heartbeat::{Door, Pulse};
use super::own::Own;
use super::plane::Stand;
use super::reload::Standing;

/// Publishes snapshots.
pub(super) struct Shower {
    destinations: watch::Receiver<Vec<Arc<DestinationStatus>>>,
    pulse: watch::Receiver<Pulse>,
    standing: watch::Receiver<Standing>,
    doors: watch::Receiver<Vec<Door>>,
    own: Arc<Own>,
    started_at: Timestamp,
    known: watch::Sender<Arc<Known>>,
    /// What the rules asked of signals when that was published: another plan, other rules.
    plan: Mutex<Weak<Plan>>,
    snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Shower {
    pub(super) fn new(board: &Board, own: Arc<Own>, started_at: Timestamp) -> Self {
        Self {
            destinations: board.statuses.subscribe(),
            pulse: board.pulse.subscribe(),
            standing: board.standing.subscribe(),
            doors: board.doors.subscribe(),
            own,
            started_at,
            known: board.known.clone(),
            plan: Mutex::default(),
            snapshots: board.snapshots.clone(),
        }
    }

    pub(super) fn show(&self, engine: &Engine, stand: &Stand) {
        self.show_known(engine);
        let pulse = self.pulse.borrow().clone();
        let standing = self.standing.borrow().clone();
        let destinations: Vec<Destination> =
            self.destinations.borrow().iter().map(|it| destination(it)).collect();
        let mut problems: Vec<String> = stand.store_error.iter().cloned().collect();
        problems.extend(pulse.withheld.iter().cloned());
        let snapshot = Snapshot {
            collector: Collector {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                started_at: self.started_at.into(),
                now: stand.at.into(),
                ready: problems.is_empty(),
                problems,
                warnings: pulse
                    .warnings()
                    .into_iter()
                    .chain(standing.warnings())
                    .chain(unobserved(engine))
                    .chain(destinations.iter().flat_map(misled))
                    .chain(unwritten(engine))
                    .chain(stand.audit.iter().map(|it| format!("the auditor found of {it}")))
                    .collect(),
                store_error: stand.store_error.clone(),
                heartbeat: heartbeat(pulse),
                configuration: standing.into(),
            },
            components: components(engine, &stand.evaluation.effective),
            impact: Impact::from(&stand.evaluation.impact),
            health_score: health_score(engine.catalog(), &stand.evaluation.effective)
                .map(|it| it.round_dp(2).normalize().to_string()),
            incidents: stand.incidents.iter().map(Incident::from).collect(),
            escalations: stand.escalations.iter().map(escalation).collect(),
            silences: stand.silences.iter().map(Silence::from).collect(),
            services: Service::group(
                engine.evidence().instances(),
                engine.evidence().service_records(),
                stand.at.into(),
            ),
            receivers: self.doors.borrow().iter().map(|it| self.receiver(it)).collect(),
            destinations,
        };
        self.snapshots.send_replace(Arc::new(snapshot));
    }
}

impl Shower {
    /// Shows catalog and rules, where they are others than before.
    fn show_known(&self, engine: &Engine) {
        let plan = Arc::downgrade(&engine.plan());
        let mut shown = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.ptr_eq(&plan) {
            return;
        }
        *shown = plan;
        let rules = engine.rules().iter().map(rule).collect();
        self.known.send_replace(Arc::new(Known { catalog: engine.catalog().clone(), rules }));
    }

    fn receiver(&self, door: &Door) -> Receiver {
        let (accepted, refused) = self.own.tally(&door.name).totals();
        let (name, address) = (door.name.clone(), door.address.to_string());
        Receiver { name, address, accepted, refused }
    }
}

/// Says that the history is not whole, where there are more numbers than it has room for.
fn unobserved(engine: &Engine) -> Option<String> {
    let left_out = engine.unobserved();
    (left_out > 0).then(|| {
        format!("{left_out} of the numbers that rules go by are not kept in the history each minute: there are too many")
    })
}

/// Says what of a destination is not as somebody meant it.
fn misled(of: &Destination) -> impl Iterator<Item = String> {
    let streams = [&of.signals, &of.notices, &of.metrics].into_iter().flatten();
    let warnings = streams.flat_map(|it| &it.warnings);
    warnings.map(|it| format!("exporters.{}.{it}", of.name))
}

/// Says that a kill would cost counts, where more came than is written down with an evaluation.
fn unwritten(engine: &Engine) -> Option<String> {
    let left_out = engine.unwritten();
    (left_out > 0).then(|| {
        format!("{left_out} counts of the newest minutes would not survive a kill of the collector: rules have too many groups")
    })
}

fn rule(rule: &bellwether_health::rules::Rule) -> Rule {
    Rule {
        id: rule.id.clone(),
        component: rule.common.component.clone(),
        kind: rule.common.kind.clone(),
        enforced: rule.common.mode == Mode::Enforce,
        state: rule.common.state,
        severity: rule.common.severity,
    }
}

fn escalation(it: &bellwether_alerts::Escalation) -> Escalation {
    let step = |it: &StepStand| {
        let (state, at, why) = match &it.stands {
            Stands::Over => (EscalationState::Over, None, None),
            Stands::Due(at) => (EscalationState::Pending, Some(*at), None),
            Stands::Stopped { why, at } => (EscalationState::Stopped, *at, Some(why.to_string())),
        };
        EscalationStep {
            policy: it.policy.clone(),
            step: u32::try_from(it.step).unwrap_or(u32::MAX),
            after: HumanDuration::new(it.after),
            to: it.to.iter().map(ToString::to_string).collect(),
            state,
            at: at.map(Into::into),
            why,
        }
    };
    Escalation { id: it.incident.clone(), steps: it.steps.iter().map(step).collect() }
}

/// Shows the heartbeat, once anything is known of it.
fn heartbeat(pulse: Pulse) -> Option<Heartbeat> {
    let is_known = pulse != Pulse::default();
    is_known.then(|| Heartbeat {
        last_sent: pulse.sent.map(Into::into),
        withheld: pulse.withheld,
        failing: pulse.failing,
    })
}

fn components(
    engine: &Engine,
    effective: &BTreeMap<bellwether_core::ids::ComponentId, ComponentState>,
) -> Vec<Component> {
    let component = |it: &bellwether_core::catalog::Component| {
        let status = engine.status(&it.id);
        Component {
            id: it.id.clone(),
            name: it.name.clone(),
            criticality: it.criticality,
            own: status.map_or(ComponentState::Unknown, |it| it.own),
            effective: effective.get(&it.id).copied().unwrap_or(ComponentState::Unknown),
            since: status.map(|it| it.since.into()),
            reasons: engine.reasons(&it.id).iter().map(Reason::from).collect(),
        }
    };
    engine.catalog().components().map(component).collect()
}

fn destination(status: &DestinationStatus) -> Destination {
    let DestinationSnapshot { destination, kind, signals, notices, metrics } = status.snapshot();
    Destination {
        name: destination,
        kind: kind.to_owned(),
        signals: signals.map(stream),
        notices: notices.map(stream),
        metrics: metrics.map(stream),
    }
}

fn stream(lane: LaneSnapshot) -> Stream {
    let (state, since, why) = match lane.health {
        Health::Healthy => (StreamState::Healthy, None, None),
        Health::Retrying { since, why } => (StreamState::Retrying, Some(since), Some(why)),
        Health::Refusing { since, why } => (StreamState::Refusing, Some(since), Some(why)),
        Health::Paused { since, why } => (StreamState::Paused, Some(since), Some(why)),
    };
    Stream {
        state,
        since: since.map(Into::into),
        why,
        queued: lane.queued,
        queued_items: lane.queued_items,
        queued_bytes: lane.queued_bytes,
        oldest: lane.oldest.map(Into::into),
        accepted: lane.accepted,
        refused: lane.refused,
        sent: lane.sent,
        sent_items: lane.sent_items,
        skipped: lane.skipped,
        repeated: lane.repeated,
        dropped: lane.dropped,
        refused_items: lane.refused_items,
        left_out: lane.left_out,
        last_sent: lane.last_sent.map(Into::into),
        warnings: lane.warnings,
    }
}

//! Puts the health plane together.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use bellwether_alerts::{Desk, Follower, Policy, Waking};
use bellwether_core::catalog::Catalog;
use bellwether_core::store::{Commit, Restored, Store};
use bellwether_exporters::Exporter;
use bellwether_exporters::notices::{Audience, NoticePolicy};
use bellwether_health::rules::Rule;
use bellwether_health::{Engine, Observer};
use bellwether_probes::Urgency;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::acts::Ask;
use super::clock::Clock;
use super::pipeline::Report;
use super::plane::{Holds, Order, Plane, Show};
use super::probes::Probes;

/// How many reports may wait for the health plane; further requests are told to come again.
const MOST_REPORTS: usize = 4_096;

/// What the health plane is made of.
pub(super) struct Health {
    pub(super) catalog: Catalog,
    pub(super) rules: Vec<Rule>,
    pub(super) every: Duration,
    /// Who follows incidents without a route.
    pub(super) followers: Vec<Follower>,
    /// Who else is told of them.
    pub(super) policy: Arc<Policy>,
}

/// What the health plane has to do with others.
pub(super) struct Around {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Clock,
    pub(super) show: Show,
    /// Told whenever the rules were evaluated.
    pub(super) evaluated: watch::Sender<Option<Instant>>,
    pub(super) probes: Probes,
    /// How what is asked from outside is asked at once.
    pub(super) urgency: Urgency,
    /// What people and the auditor ask for.
    pub(super) asks: mpsc::Receiver<Ask>,
}

/// The ways to and from a health plane.
pub(super) struct Ways {
    /// Counts what rules ask for.
    pub(super) observer: Arc<Observer>,
    /// Takes the facts that requests told.
    pub(super) reports: mpsc::Sender<Report>,
    /// Takes other rules.
    pub(super) orders: mpsc::Sender<Order>,
    /// Changes whenever a commit owed messages.
    pub(super) owed: watch::Receiver<u64>,
}

impl Health {
    /// Builds the plane, which goes on from what the store held. Runs nothing.
    pub(super) fn build(self, restored: &Restored, around: Around) -> (Plane, Ways) {
        let (reports, inbox) = mpsc::channel(MOST_REPORTS);
        let (orders, ordered) = mpsc::channel(1);
        let (owed, owed_seen) = watch::channel(0);
        let engine = Engine::new(self.catalog, self.rules, restored, around.clock.now());
        // as many as the runtime has workers
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        let observer = Arc::new(Observer::new(engine.plan(), workers));
        let waking = Waking::new(&restored.instances, around.clock.now());
        let plane = Plane {
            desk: Desk::new(restored, self.followers, self.policy),
            engine,
            observer: observer.clone(),
            store: around.store,
            reports: inbox,
            orders: ordered,
            asks: around.asks,
            told: Vec::new(),
            audit: Vec::new(),
            every: self.every,
            clock: around.clock,
            show: around.show,
            evaluated: around.evaluated,
            owed,
            unstored: Commit::default(),
            probes: around.probes,
            holds: Holds::new(around.urgency),
            waking,
        };
        (plane, Ways { observer, reports, orders, owed: owed_seen })
    }
}

/// Returns the destinations that take notices without a route: status pages and streams of events.
pub(crate) fn followers<'e>(exporters: impl Iterator<Item = &'e Exporter>) -> Vec<Follower> {
    let follower = |exporter: &Exporter| {
        let NoticePolicy {
            follows_components,
            follows_incidents,
            follows_maintenance,
            follows_deployments,
            newest_only,
            hold_open,
            hold_resolve,
            audience,
            once: _,
        } = exporter.notice_policy()?;
        // people are told of everything else by routes
        let stream = audience == Audience::Stream;
        (stream || follows_deployments).then(|| Follower {
            destination: exporter.destination().clone(),
            components: stream && follows_components,
            incidents: stream && follows_incidents,
            maintenance: stream && follows_maintenance,
            deployments: follows_deployments,
            newest_only,
            hold_open,
            hold_resolve,
        })
    };
    exporters.filter_map(follower).collect()
}

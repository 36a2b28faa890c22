//! What parts tell one another at any time: each has one writer, and whoever looks sees the newest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwether_api::{Known, Snapshot};
use bellwether_core::time::Timestamp;
use bellwether_exporters::Drafter;
use bellwether_exporters::status::DestinationStatus;
use bellwether_receivers::Admission;
use tokio::sync::watch;
use tokio::time::Instant;

use super::heartbeat::{Door, Pulse};
use super::reload::Standing;

/// The newest of everything.
pub(super) struct Board {
    /// When the rules were last evaluated.
    pub(super) evaluated: watch::Sender<Option<Instant>>,
    /// How often they should be.
    pub(super) every: watch::Sender<Duration>,
    /// How the heartbeat is.
    pub(super) pulse: watch::Sender<Pulse>,
    /// Where receivers should answer.
    pub(super) doors: watch::Sender<Vec<Door>>,
    /// The room that receivers have for requests.
    pub(super) rooms: watch::Sender<BTreeMap<String, Admission>>,
    /// How destinations are.
    pub(super) statuses: watch::Sender<Vec<Arc<DestinationStatus>>>,
    /// What writes drafts for destinations.
    pub(super) drafters: watch::Sender<Vec<Drafter>>,
    /// Which configuration is in force.
    pub(super) standing: watch::Sender<Standing>,
    /// What that says, with services that are nobody's.
    pub(super) known: watch::Sender<Arc<Known>>,
    /// What the API shows.
    pub(super) snapshots: watch::Sender<Arc<Snapshot>>,
}

impl Board {
    pub(super) fn new(every: Duration, now: Timestamp) -> Self {
        Self {
            evaluated: watch::Sender::new(None),
            every: watch::Sender::new(every),
            pulse: watch::Sender::default(),
            doors: watch::Sender::default(),
            rooms: watch::Sender::default(),
            statuses: watch::Sender::default(),
            drafters: watch::Sender::default(),
            standing: watch::Sender::new(Standing::new(now)),
            known: watch::Sender::default(),
            snapshots: watch::Sender::default(),
        }
    }
}

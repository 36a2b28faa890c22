//! What can be told about a destination at any time: how it is, what waits, what went, what not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bellwether_core::ids::Destination;
use bellwether_core::queue::Queue;
use bellwether_core::time::Timestamp;
use bellwether_otlp::delta::LeftOut;
use serde::Serialize;

/// How a destination is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Health {
    /// The last call went well, or none was made yet.
    #[default]
    Healthy,
    /// The last call failed and is tried again.
    Retrying {
        /// Since when calls fail.
        since: Timestamp,
        /// Why, for people; without secrets.
        why: String,
    },
    /// The destination answers, and refuses for good what it is sent.
    Refusing {
        /// Since when.
        since: Timestamp,
        /// Why, for people; without secrets.
        why: String,
    },
    /// The destination refuses our key; it is asked again from time to time.
    Paused {
        /// Since when.
        since: Timestamp,
        /// Why, for people; without secrets.
        why: String,
    },
}

/// How one stream to a destination is: its signals, its notices, or its points of metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LaneSnapshot {
    /// How it is.
    pub health: Health,
    /// How many requests, notices or points wait; of notices at most those that were read last.
    pub queued: u64,
    /// How many spans, points and records those requests hold.
    pub queued_items: u64,
    /// How many bytes those requests have.
    pub queued_bytes: u64,
    /// When the oldest of those requests came.
    pub oldest: Option<Timestamp>,
    /// How many requests its queue took.
    pub accepted: u64,
    /// How many requests there was no room for; their senders were told to come again.
    pub refused: u64,
    /// How many requests, notices or points the destination took.
    pub sent: u64,
    /// How many spans, points and records those requests held.
    pub sent_items: u64,
    /// How many needed no call, with the reason, such as a component that is not on the page.
    pub skipped: BTreeMap<String, u64>,
    /// How many were given up, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// How many notices may have arrived twice: an earlier try had no answer, and each is heard.
    #[serde(skip_serializing_if = "is_none")]
    pub repeated: u64,
    /// How many spans, points or records the destination refused out of requests that it took.
    pub refused_items: u64,
    /// How many points were left out where cumulative metrics became delta, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, u64>,
    /// When the destination last took something.
    pub last_sent: Option<Timestamp>,
    /// What goes well and is not as somebody meant it, for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The counters of one stream; one worker writes them, everybody may read them.
#[derive(Debug, Default)]
pub struct Lane(Mutex<LaneSnapshot>);

impl Lane {
    /// Returns everything at once.
    pub fn snapshot(&self) -> LaneSnapshot {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, LaneSnapshot> {
        // the data is plain numbers; a panic elsewhere cannot leave them half written
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_queued(&self, notices: usize) {
        self.lock().queued = notices.try_into().unwrap_or(u64::MAX);
    }

    /// Notes how many points wait, and since when.
    pub(crate) fn set_waiting(&self, points: usize, oldest: Option<Timestamp>) {
        let mut lane = self.lock();
        lane.queued = points.try_into().unwrap_or(u64::MAX);
        lane.oldest = oldest;
    }

    /// Takes warnings in the place of those before, and returns which are new.
    pub(crate) fn warns(&self, warnings: Vec<String>) -> Vec<String> {
        let before = std::mem::replace(&mut self.lock().warnings, warnings.clone());
        warnings.into_iter().filter(|it| !before.contains(it)).collect()
    }

    pub(crate) fn sent(&self, now: Timestamp, count: u64, items: u64) {
        let mut lane = self.lock();
        lane.sent += count;
        lane.sent_items += items;
        lane.last_sent = Some(now);
    }

    pub(crate) fn skipped(&self, reason: &str) {
        *self.lock().skipped.entry(reason.to_owned()).or_default() += 1;
    }

    pub(crate) fn dropped(&self, reason: &str, count: u64) {
        *self.lock().dropped.entry(reason.to_owned()).or_default() += count;
    }

    pub(crate) fn repeated(&self) {
        self.lock().repeated += 1;
    }

    pub(crate) fn refused_items(&self, count: u64) {
        self.lock().refused_items += count;
    }

    pub(crate) fn left_out(&self, left_out: &LeftOut) {
        let LeftOut { first, late, no_value, shape, no_room } = *left_out;
        let reasons = [
            ("first", first),
            ("late", late),
            ("no_value", no_value),
            ("shape", shape),
            ("no_room", no_room),
        ];
        let mut lane = self.lock();
        for (reason, count) in reasons.into_iter().filter(|(_, count)| *count > 0) {
            *lane.left_out.entry(reason.to_owned()).or_default() += count;
        }
    }

    /// Becomes healthy and says whether it was not.
    pub(crate) fn healthy(&self) -> bool {
        std::mem::take(&mut self.lock().health) != Health::Healthy
    }

    /// Becomes retrying and says whether it was not.
    pub(crate) fn retrying(&self, now: Timestamp, why: String) -> bool {
        let mut lane = self.lock();
        let before = match lane.health {
            Health::Retrying { since, .. } => Some(since),
            _ => None,
        };
        lane.health = Health::Retrying { since: before.unwrap_or(now), why };
        before.is_none()
    }

    /// Becomes refusing.
    pub(crate) fn refusing(&self, now: Timestamp, why: String) {
        let mut lane = self.lock();
        let since = match lane.health {
            Health::Refusing { since, .. } => since,
            _ => now,
        };
        lane.health = Health::Refusing { since, why };
    }

    /// Becomes paused and says whether it was not.
    pub(crate) fn paused(&self, now: Timestamp, why: String) -> bool {
        let mut lane = self.lock();
        let before = match lane.health {
            Health::Paused { since, .. } => Some(since),
            _ => None,
        };
        lane.health = Health::Paused { since: before.unwrap_or(now), why };
        before.is_none()
    }
}

/// How a destination is, with its streams.
#[derive(Debug)]
pub struct DestinationStatus {
    /// The name in the configuration.
    pub destination: Destination,
    /// The kind of exporter.
    pub kind: &'static str,
    /// OTLP to it, absent when it takes none.
    pub signals: Option<Arc<Lane>>,
    /// Where that waits, once it runs.
    pub(crate) queue: OnceLock<Arc<dyn Queue>>,
    /// Notices to it, absent when it takes none.
    pub notices: Option<Arc<Lane>>,
    /// Points of metrics to it, absent when it takes none.
    pub metrics: Option<Arc<Lane>>,
}

/// A copy of a destination's status, ready for the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DestinationSnapshot {
    /// The name in the configuration.
    pub destination: Destination,
    /// The kind of exporter.
    pub kind: &'static str,
    /// OTLP to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signals: Option<LaneSnapshot>,
    /// Notices to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<LaneSnapshot>,
    /// Points of metrics to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<LaneSnapshot>,
}

impl DestinationStatus {
    /// Returns everything at once.
    pub fn snapshot(&self) -> DestinationSnapshot {
        DestinationSnapshot {
            destination: self.destination.clone(),
            kind: self.kind,
            signals: self.signals.as_deref().map(|lane| self.with_queue(lane.snapshot())),
            notices: self.notices.as_deref().map(Lane::snapshot),
            metrics: self.metrics.as_deref().map(Lane::snapshot),
        }
    }

    /// Adds what the queue knows.
    fn with_queue(&self, mut lane: LaneSnapshot) -> LaneSnapshot {
        let Some(queue) = self.queue.get() else { return lane };
        let depth = queue.depth();
        lane.queued = depth.requests;
        lane.queued_items = depth.items;
        lane.queued_bytes = depth.bytes;
        lane.oldest = depth.oldest;
        lane.accepted = depth.accepted;
        lane.refused = depth.refused;
        for (reason, count) in depth.dropped {
            *lane.dropped.entry(reason.to_owned()).or_default() += count;
        }
        lane
    }
}

impl DestinationSnapshot {
    /// Says whether every stream is healthy.
    pub fn is_healthy(&self) -> bool {
        [&self.signals, &self.notices, &self.metrics]
            .into_iter()
            .flatten()
            .all(|lane| lane.health == Health::Healthy)
    }
}

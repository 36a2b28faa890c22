//! The alerts of incidents that a person ended while they fired: they open no other incident in
//! this life of theirs.

use std::collections::{BTreeSet, HashSet};

use bellwether_core::alert::{Alert, AlertKey};
use bellwether_core::incident::Incident;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;

/// The name of their record.
const RECORD: &str = "dismissed";

/// Alerts that open no incident.
#[derive(Default)]
pub(super) struct Dismissed(BTreeSet<AlertKey>);

impl Dismissed {
    /// Goes on from what was stored.
    pub(super) fn restore(snapshots: &[Snapshot]) -> Self {
        let stored = snapshots.iter().find(|it| it.name == RECORD);
        let read = |it: &Snapshot| serde_json::from_slice(it.body.as_deref()?).ok();
        Self(stored.and_then(read).unwrap_or_default())
    }

    /// Adds the alerts of an incident.
    pub(super) fn add(&mut self, incident: &Incident, now: Timestamp) -> Snapshot {
        self.0.extend(incident.alerts.iter().cloned());
        self.record(now)
    }

    pub(super) fn has(&self, alert: &Alert) -> bool {
        self.0.contains(&alert.key)
    }

    /// Forgets those that fire no longer; returns the record when there were any.
    pub(super) fn keep(&mut self, active: &[Alert], now: Timestamp) -> Option<Snapshot> {
        let before = self.0.len();
        if before == 0 {
            return None;
        }
        let fires: HashSet<&AlertKey> = active.iter().map(|it| &it.key).collect();
        self.0.retain(|key| fires.contains(key));
        (self.0.len() != before).then(|| self.record(now))
    }

    fn record(&self, now: Timestamp) -> Snapshot {
        let body = if self.0.is_empty() { None } else { serde_json::to_vec(&self.0).ok() };
        Snapshot { name: RECORD.to_owned(), at: now, body: body.map(Into::into) }
    }
}

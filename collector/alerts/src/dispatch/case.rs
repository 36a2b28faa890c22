//! What is remembered of who was told of one incident. It survives a restart: it is written in the
//! transaction of the messages that it speaks of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::ids::IncidentId;
use bellwether_core::incident::Incident;
use bellwether_core::ruling::{Outcome, Why};
use bellwether_core::state::Severity;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::escalation::Ladder;
use crate::grouping::{Told, picture};
use crate::recipient::Recipient;

/// What the names of records begin with.
const RECORD: &str = "case:";

/// How long the first message about an incident waits whose component had another one shortly
/// before.
pub(crate) const AGAIN: Duration = Duration::from_secs(30);

/// Who was told of one incident. Times are those of [`super::Steady`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    /// When it was opened.
    pub(crate) opened: Timestamp,
    /// Whether another one of the component had ended shortly before.
    #[serde(default)]
    pub(crate) again: bool,
    /// What those who know of it want to know now; see [`picture`](crate::grouping::picture).
    pub(crate) news: u64,
    pub(crate) told: BTreeMap<Recipient, Told>,
    /// How far escalation has come, by policy.
    pub(crate) ladders: BTreeMap<String, Ladder>,
    pub(crate) acknowledged: Option<Acknowledged>,
    /// Why nobody is told anything now.
    pub(crate) hushed: Option<Why>,
    /// What was decided last about each recipient, so that it is stored once.
    pub(crate) decided: BTreeMap<String, (Outcome, Why)>,
    /// What the auditor found, so that it is told once.
    #[serde(default)]
    pub(crate) audited: BTreeSet<String>,
}

/// That somebody works on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Acknowledged {
    pub(crate) by: String,
    pub(crate) until: Timestamp,
    pub(crate) severity: Severity,
}

impl Case {
    pub(crate) fn new(opened: Timestamp, incident: &Incident) -> Self {
        Self {
            opened,
            again: false,
            news: picture(incident),
            told: BTreeMap::new(),
            ladders: BTreeMap::new(),
            acknowledged: None,
            hushed: None,
            decided: BTreeMap::new(),
            audited: BTreeSet::new(),
        }
    }

    /// Says how long the first message waits at the least: what comes and goes is told once it
    /// stays.
    pub(super) fn least_wait(&self) -> Duration {
        if self.again { AGAIN } else { Duration::ZERO }
    }

    /// Returns the newest moment that it knows of that has passed.
    pub(super) fn newest(&self) -> Timestamp {
        let told = self.told.values().map(|it| it.last);
        let ladders = self.ladders.values().map(Ladder::newest);
        told.chain(ladders).fold(self.opened, Ord::max)
    }

    pub(super) fn record(&self, id: &IncidentId, at: Timestamp) -> Snapshot {
        // of what this is made of, nothing can fail to be written
        Snapshot {
            name: format!("{RECORD}{id}"),
            at,
            body: serde_json::to_vec(self).ok().map(Into::into),
        }
    }

    pub(super) fn gone(id: &IncidentId, at: Timestamp) -> Snapshot {
        Snapshot { name: format!("{RECORD}{id}"), at, body: None }
    }

    /// Reads those that were stored.
    pub(super) fn restore(snapshots: &[Snapshot]) -> BTreeMap<IncidentId, Self> {
        let read = |it: &Snapshot| {
            let id = it.name.strip_prefix(RECORD)?;
            Some((IncidentId::new(id), serde_json::from_slice(it.body.as_deref()?).ok()?))
        };
        snapshots.iter().filter_map(read).collect()
    }
}

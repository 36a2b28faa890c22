//! What has only just begun, and is good again already, may come back: its incident is watched for
//! a while before it is over, so that what comes and goes is one.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::ids::IncidentId;
use bellwether_core::incident::Incident;
use bellwether_core::time::Timestamp;

/// An incident that lasted longer, and never came back, is over at once.
const YOUNG: Duration = Duration::from_secs(60);

/// No incident is watched longer.
const MOST: Duration = Duration::from_secs(30);

/// The incidents that may come back, and those that did. A restart forgets them.
#[derive(Default)]
pub(super) struct Quiet(BTreeMap<IncidentId, Watch>);

struct Watch {
    /// Since when it is good again; absent while it is not.
    since: Option<Timestamp>,
    /// For how long it has to be.
    wait: Duration,
}

impl Quiet {
    /// Says whether an incident of which nothing fires has been good for long enough to be over:
    /// for as long as it lasted, where that is not long.
    pub(super) fn has_lasted(&mut self, incident: &Incident, now: Timestamp) -> bool {
        let lasted = now.since(incident.opened_at);
        let wait = if lasted < YOUNG { lasted.min(MOST) } else { Duration::ZERO };
        let watch = || Watch { since: None, wait };
        let watch = self.0.entry(incident.id.clone()).or_insert_with(watch);
        let since = *watch.since.get_or_insert(now);
        // whoever sets the clock back makes nobody wait for that
        now < since || now.since(since) >= watch.wait
    }

    /// Notes that something of an incident fires: where it came back it may do so again.
    pub(super) fn fires(&mut self, incident: &Incident) {
        if let Some(watch) = self.0.get_mut(&incident.id) {
            *watch = Watch { since: None, wait: MOST };
        }
    }

    /// Forgets an incident that is over.
    pub(super) fn forget(&mut self, incident: &Incident) {
        self.0.remove(&incident.id);
    }
}

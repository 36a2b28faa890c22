//! Who follows what, and the notices that a change owes them.

use std::time::Duration;

use bellwether_core::ids::Destination;
use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::notice::{Body, Change, Notice};
use bellwether_core::state::ComponentState;
use bellwether_core::store::Transition;
use bellwether_core::time::Timestamp;

/// A destination that wants to know without a route: status pages and vendors' event streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Who it is.
    pub destination: Destination,
    /// Whether it follows the effective states of components.
    pub components: bool,
    /// Whether it follows incidents.
    pub incidents: bool,
    /// Whether it announces maintenance.
    pub maintenance: bool,
    /// Whether it follows which versions services run.
    pub deployments: bool,
    /// Whether only the newest state matters to it.
    pub newest_only: bool,
    /// How long it waits with news of a failure.
    pub hold_open: Duration,
    /// How long it waits with news of a recovery.
    pub hold_resolve: Duration,
}

impl Follower {
    /// Writes what this follower is owed for a change of an incident.
    pub(crate) fn incident(
        &self,
        change: Change,
        incident: &Incident,
        now: Timestamp,
    ) -> Option<Notice> {
        let hold = match change {
            Change::Opened => self.hold_open,
            Change::Updated | Change::Acknowledged | Change::Reminded => Duration::ZERO,
            Change::Resolved => self.hold_resolve,
        };
        self.incidents.then(|| Notice {
            destination: self.destination.clone(),
            subject: Notice::incident_subject(&incident.id),
            newest_only: self.newest_only,
            at: now,
            // an update of what is not told yet waits with it
            not_before: match change {
                Change::Updated if incident.status == IncidentStatus::Monitoring => {
                    now.plus(self.hold_resolve)
                }
                Change::Updated | Change::Acknowledged => {
                    now.max(incident.opened_at.plus(self.hold_open))
                }
                _ => now.plus(hold),
            },
            body: Body::Incident {
                change,
                incident: Box::new(incident.clone()),
                recipients: Vec::new(),
            },
        })
    }

    /// Writes what this follower is owed when a person has something published: at once, since whoever
    /// does it has seen how things are.
    pub(crate) fn published(&self, incident: &Incident, now: Timestamp) -> Option<Notice> {
        let notice = self.incident(Change::Updated, incident, now)?;
        Some(Notice { not_before: now, ..notice })
    }

    /// Writes what this follower is owed for a change of a component.
    pub(crate) fn component(&self, transition: &Transition, now: Timestamp) -> Option<Notice> {
        let (before, after) = (transition.effective_before, transition.effective);
        // the first evidence that all is well is no news, and not knowing is no state to show
        let news = before != after
            && after != ComponentState::Unknown
            && !(before == ComponentState::Unknown && after == ComponentState::Operational);
        let hold = if after.is_unwell() { self.hold_open } else { self.hold_resolve };
        (self.components && news).then(|| Notice {
            destination: self.destination.clone(),
            subject: Notice::component_subject(&transition.component),
            newest_only: self.newest_only,
            at: now,
            not_before: now.plus(hold),
            body: Body::Component { component: transition.component.clone(), state: after },
        })
    }
}

//! What people do about incidents, and about routes that are gone on purpose.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::BoxFuture;
use crate::facts::Removal;
use crate::ids::{ComponentId, IncidentId};
use crate::incident::{Incident, Verdict};
use crate::route::Route;
use crate::silence::Silence;
use crate::time::Timestamp;

/// Something that a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Says to work on an incident, so that nobody else is told for a while.
    Acknowledge {
        /// Which one.
        incident: IncidentId,
        /// Who.
        by: String,
        /// For how long; as the policy says unless set.
        hold: Option<Duration>,
    },
    /// Takes a step of an escalation now, whatever its time.
    Escalate {
        /// Which one.
        incident: IncidentId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
        /// The escalation policy; where there are several, the one whose next step comes first.
        policy: Option<String>,
        /// The number of the step, from 1; the next one unless set.
        step: Option<usize>,
    },
    /// Writes something about an incident.
    Note {
        /// Which one.
        incident: IncidentId,
        /// Who.
        by: String,
        /// What.
        text: String,
    },
    /// Ends an incident, whatever its alerts say; it comes again when another one fires.
    Resolve {
        /// Which one.
        incident: IncidentId,
        /// Who.
        by: String,
        /// What it turned out to be.
        verdict: Option<Verdict>,
    },
    /// Says what an incident turned out to be, while it is open or afterwards.
    Judge {
        /// Which one.
        incident: IncidentId,
        /// Who.
        by: String,
        /// What it was.
        verdict: Verdict,
    },
    /// Gives an incident to somebody.
    Assign {
        /// Which one.
        incident: IncidentId,
        /// Who gives it.
        by: String,
        /// Who gets it.
        to: String,
    },
    /// Has customers read of an incident.
    Publish {
        /// Which one.
        incident: IncidentId,
        /// Who.
        by: String,
        /// The headline; as drafted unless set.
        headline: Option<String>,
        /// What is said; as drafted unless set.
        text: Option<String>,
    },
    /// Does not want to be told of something for a while.
    Silence(Wish),
    /// Wants to be told again.
    Unsilence {
        /// The silence.
        id: String,
        /// Who.
        by: String,
    },
}

/// What somebody does not want to be told of; at least one of `incident`, `component` and `when`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Only this incident.
    pub incident: Option<IncidentId>,
    /// Only incidents of this component.
    pub component: Option<ComponentId>,
    /// Only incidents for which this condition holds, in CEL.
    pub when: Option<String>,
    /// Until when; without one, until the incident is resolved.
    pub until: Option<Timestamp>,
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// The incident as it stands now.
    Incident(Box<Incident>),
    /// The silence that was given or ended.
    Silence(Silence),
}

/// Says why an act was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such incident, silence, service or route.
    #[error("{0}")]
    Unknown(String),
    /// It cannot be done as asked.
    #[error("{0}")]
    Wrong(String),
    /// It could not be stored, or the collector is stopping: ask again.
    #[error("{0}")]
    Later(String),
}

/// Does what people ask for, durably: what is answered with `Ok` survives a crash.
pub trait Acts: Send + Sync {
    /// Does something, and says what came of it.
    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Refused>>;

    /// Takes the removal of routes for meant, and returns which those are.
    fn accept(&self, removal: Removal) -> BoxFuture<'_, Result<Vec<Route>, Refused>>;
}

impl Act {
    /// Returns the incident that it is about, if it is about one.
    pub fn incident(&self) -> Option<&IncidentId> {
        match self {
            Self::Acknowledge { incident, .. }
            | Self::Escalate { incident, .. }
            | Self::Note { incident, .. }
            | Self::Resolve { incident, .. }
            | Self::Assign { incident, .. }
            | Self::Publish { incident, .. }
            | Self::Judge { incident, .. } => Some(incident),
            Self::Silence(_) | Self::Unsilence { .. } => None,
        }
    }
}

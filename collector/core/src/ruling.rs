//! Why somebody was told of an incident, or was not. What is decided is stored with its reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, Destination, IncidentId};
use crate::settings::HumanDuration;
use crate::state::{Severity, words};
use crate::time::Timestamp;

words!(
    /// What was decided.
    Outcome {
        /// A message is owed.
        Told = "told",
        /// None is, for now.
        Waits = "waits",
        /// None is, though a route or a step asked for it.
        Withheld = "withheld",
        /// What was to come is not to come any more.
        Cancelled = "cancelled",
    }
);

/// One decision about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Which incident.
    pub incident: IncidentId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who it is about; absent when it is about everybody.
    pub destination: Option<Destination>,
    /// The address of the person that it is about, where the destination writes to whoever a
    /// notice names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// What was decided.
    pub outcome: Outcome,
    /// Why.
    pub why: Why,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(destination) = &self.destination {
            match &self.recipient {
                Some(recipient) => write!(f, "{destination} <{recipient}>: ")?,
                None => write!(f, "{destination}: ")?,
            }
        }
        write!(f, "{}: {}", self.outcome, self.why)
    }
}

/// Why something was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Why {
    /// A route holds.
    Route {
        /// Its number in the configuration, from 0.
        route: usize,
    },
    /// No route holds, or none reaches anybody: then everybody is told.
    NoRoute,
    /// The time of a step of an escalation has come.
    Step {
        /// The escalation policy.
        policy: String,
        /// The number of the step, from 1.
        step: usize,
        /// How long after the opening.
        after: HumanDuration,
    },
    /// Somebody does not want to wait for the time of a step.
    Escalated {
        /// The escalation policy.
        policy: String,
        /// The number of the step, from 1.
        step: usize,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Something changed that those who know of it want to know.
    Changed,
    /// It is time to say again that it is still open.
    Repeat {
        /// After how long.
        every: HumanDuration,
    },
    /// Those who answer for a customer are kept informed.
    Update {
        /// How often.
        every: HumanDuration,
    },
    /// It is over.
    Resolved,
    /// Somebody works on it.
    Acknowledged {
        /// Who.
        by: String,
    },
    /// Whoever said to work on it did not say so again.
    AcknowledgementExpired {
        /// Who it was.
        by: String,
    },
    /// It is louder than what was acknowledged.
    Worse {
        /// Who had acknowledged it.
        by: String,
        /// How loud it is now.
        severity: Severity,
    },
    /// What made people be told nothing is over, so that it is told as new.
    Heard {
        /// What it was, in plain words.
        after: String,
    },
    /// More may come together with it.
    GroupWait {
        /// Until when.
        until: Timestamp,
    },
    /// Those who know of it were told something just now.
    GroupInterval {
        /// Until when.
        until: Timestamp,
    },
    /// Something that it stands on is out, which is told instead.
    Inhibited {
        /// What is out; absent where that is told by several.
        by: Option<ComponentId>,
    },
    /// The route is not active at this time.
    OutsideActiveTime {
        /// The time intervals in which it would be.
        intervals: Vec<String>,
    },
    /// The route is muted at this time.
    Muted {
        /// The time interval.
        interval: String,
    },
    /// Somebody does not want to be told.
    Silenced {
        /// The silence.
        id: String,
        /// Who.
        author: String,
        /// Why.
        reason: String,
    },
    /// The component is under maintenance.
    Maintenance {
        /// The window.
        window: String,
    },
    /// The same people were told already, by this destination.
    AlreadyTold {
        /// Which one.
        by: Destination,
    },
    /// It was over before anybody had to be told.
    OverBefore,
    /// No channel leads to somebody who answers for it.
    OwnerUnknown {
        /// Who that is, as the catalog says.
        owner: String,
    },
    /// The auditor found that somebody should have been told and was not, or the other way round.
    Audit {
        /// What it found.
        finding: String,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route { route } => write!(f, "alerting.routes[{route}] holds"),
            Self::NoRoute => f.write_str("no route holds or reaches anybody, so everybody is told"),
            Self::Step { policy, step, after } => {
                write!(f, "step {step} of {policy}, {after} after the opening")
            }
            Self::Escalated { policy, step, by, reason } => {
                write!(f, "escalated to step {step} of {policy} by {by}: {reason}")
            }
            Self::Changed => f.write_str("it changed"),
            Self::Repeat { every } => write!(f, "still open, told every {every}"),
            Self::Update { every } => {
                write!(f, "those who answer for a customer are kept informed every {every}")
            }
            Self::Resolved => f.write_str("it is over"),
            Self::Acknowledged { by } => write!(f, "acknowledged by {by}"),
            Self::AcknowledgementExpired { by } => {
                write!(f, "the acknowledgement of {by} expired")
            }
            Self::Worse { by, severity } => {
                write!(f, "{severity} now, which is more than {by} acknowledged")
            }
            Self::Heard { after } => write!(f, "told as new after {after}"),
            Self::GroupWait { until } => write!(f, "more may come together with it, until {until}"),
            Self::GroupInterval { until } => write!(f, "told something just now, next at {until}"),
            Self::Inhibited { by: Some(by) } => {
                write!(f, "{by}, which it stands on, is out and is told instead")
            }
            Self::Inhibited { by: None } => f.write_str("what it stands on is told instead"),
            Self::OutsideActiveTime { intervals } => {
                write!(f, "the route is active in {} only", intervals.join(", "))
            }
            Self::Muted { interval } => write!(f, "the route is muted in {interval}"),
            Self::Silenced { id, author, reason } => {
                write!(f, "silenced by {author} ({id}): {reason}")
            }
            Self::Maintenance { window } => write!(f, "under maintenance: {window}"),
            Self::AlreadyTold { by } => write!(f, "{by} told the same people already"),
            Self::OverBefore => f.write_str("it was over before anybody had to be told"),
            Self::OwnerUnknown { owner } => write!(f, "no channel leads to {owner}"),
            Self::Audit { finding } => write!(f, "the auditor found: {finding}"),
        }
    }
}

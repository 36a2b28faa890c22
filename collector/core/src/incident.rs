//! Incidents: alerts with one cause, handled together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::alert::AlertKey;
use crate::ids::{ComponentId, CustomerId, IncidentId};
use crate::impact::Impact;
use crate::state::{ComponentState, Severity, words};
use crate::time::Timestamp;
use crate::trace::TraceId;

words!(
    /// Where an incident stands, in Statuspage's words.
    IncidentStatus {
        /// Something is wrong.
        Investigating = "investigating",
        /// The cause is known.
        Identified = "identified",
        /// It looks mended, and is watched until that is sure.
        Monitoring = "monitoring",
        /// It is over.
        Resolved = "resolved",
    }
);

words!(
    /// What an incident turned out to be; said by a person.
    Verdict {
        /// Something was wrong.
        Real = "real",
        /// Nothing was.
        False = "false",
        /// Another incident tells of the same.
        Duplicate = "duplicate",
    }
);

/// That somebody works on an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// When it expires, and others are told.
    pub until: Timestamp,
    /// How loud the incident was then; a louder one is not what was acknowledged.
    pub severity: Severity,
}

/// Something that a person wrote about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// What a person wants customers to read about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The headline; as drafted unless set.
    pub headline: Option<String>,
    /// What is said next; as drafted unless set.
    pub text: Option<String>,
}

/// What people did about an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Response {
    /// That somebody works on it; absent when nobody does, or no longer.
    pub acknowledged: Option<Acknowledgement>,
    /// When anybody first did.
    pub first_acknowledged: Option<Timestamp>,
    /// Who it belongs to: who acknowledged it last, or was given it since.
    pub owner: Option<String>,
    /// What people wrote about it, in order.
    pub notes: Vec<Note>,
    /// What it turned out to be, once a person said so.
    pub verdict: Option<Verdict>,
    /// What a person last wanted customers to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Publication>,
}

/// One line of an incident's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, in plain words.
    pub text: String,
}

/// An incident as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its stable id, the key under which vendors know it.
    pub id: IncidentId,
    /// Rises with every change; vendors that keep events get it as their sequence.
    pub revision: u64,
    /// The component whose own state is the cause.
    pub component: ComponentId,
    /// The component's name in the catalog.
    pub component_name: String,
    /// Where the incident stands.
    pub status: IncidentStatus,
    /// The worst own state of the component since the incident began.
    pub worst: ComponentState,
    /// How loud it is: the loudest of its alerts so far.
    pub severity: Severity,
    /// When the fault first showed, by event time.
    pub fault_at: Timestamp,
    /// When the incident was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// The alerts that make it up.
    pub alerts: Vec<AlertKey>,
    /// The alerts of what stands on the component that are not told because of it.
    #[serde(default)]
    pub suppressed: Vec<AlertKey>,
    /// What is wrong, in plain words, newest evidence.
    pub causes: Vec<String>,
    /// Traces that show it: of each of its first alerts one, where there is one.
    #[serde(default)]
    pub traces: Vec<TraceId>,
    /// The effective states of the component and of those that stand on it.
    pub affected: BTreeMap<ComponentId, ComponentState>,
    /// The customers of the catalog who met failures, or whose opportunities were at risk, since
    /// it began.
    #[serde(default)]
    pub customers: BTreeSet<CustomerId>,
    /// Whether any of its alerts flapped.
    #[serde(default)]
    pub flapping: bool,
    /// What is at risk; at its highest while open, kept when resolved.
    pub impact: Impact,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
    /// What people did about it.
    #[serde(default)]
    pub response: Response,
}

impl Incident {
    /// Says whether the incident is not over.
    pub fn is_open(&self) -> bool {
        self.status != IncidentStatus::Resolved
    }

    /// Returns the headline for people, such as `Admin panel: major outage`.
    pub fn title(&self) -> String {
        format!("{}: {}", self.component_name, self.worst.as_str().replace('_', " "))
    }
}

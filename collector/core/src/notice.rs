//! Notices: what is owed to a destination, kept until it is delivered or given up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;
use crate::ids::{ComponentId, Destination, Service};
use crate::incident::Incident;
use crate::state::{ComponentState, words};
use crate::time::Timestamp;

words!(
    /// What became of an incident.
    Change {
        /// It began.
        Opened = "opened",
        /// It changed.
        Updated = "updated",
        /// Somebody works on it.
        Acknowledged = "acknowledged",
        /// It is still open, and nobody works on it.
        Reminded = "reminded",
        /// It is over.
        Resolved = "resolved",
    }
);

/// What a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Body {
    /// An incident as it stood when the notice was written.
    Incident {
        /// What became of it.
        change: Change,
        /// The incident.
        incident: Box<Incident>,
        /// Addresses of those who are to be told in place of those whom the destination's own
        /// settings name, such as a customer's owner. Empty for those of the settings.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recipients: Vec<String>,
    },
    /// The effective state of a component.
    Component {
        /// Which component.
        component: ComponentId,
        /// The state that it has now.
        state: ComponentState,
    },
    /// Work on components that customers are told of before it begins.
    Maintenance {
        /// What became of it: it was announced, moved, or called off.
        change: Change,
        /// The work.
        maintenance: Maintenance,
    },
    /// That a service runs another version: it stands beside what people are told of incidents.
    Deployment {
        /// Which one.
        deployment: Deployment,
    },
}

/// Work on components at a known time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Its stable id.
    pub id: String,
    /// The components that are worked on, with what people call them.
    pub components: BTreeMap<ComponentId, String>,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// A message that is owed, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who is to be told.
    pub destination: Destination,
    /// What it is about, such as `incident:inc-4f1c`, `component:admin`, `maintenance:upgrade` or
    /// `deployment:api`. Notices about one subject leave in order.
    pub subject: String,
    /// Whether a newer notice about the same subject replaces one that still waits.
    pub newest_only: bool,
    /// When it was written.
    pub at: Timestamp,
    /// When it may leave at the earliest.
    pub not_before: Timestamp,
    /// What it says.
    pub body: Body,
}

impl Notice {
    /// Returns the subject of notices about an incident.
    pub fn incident_subject(id: &crate::ids::IncidentId) -> String {
        format!("incident:{id}")
    }

    /// Returns the subject of notices about a maintenance.
    pub fn maintenance_subject(id: &str) -> String {
        format!("maintenance:{id}")
    }

    /// Returns the subject of notices about what a service runs.
    pub fn deployment_subject(service: &Service) -> String {
        format!("deployment:{service}")
    }

    /// Returns when it is dropped unless it was told, where it is: what stands only beside other
    /// notices, so that it holds up none of them.
    pub fn lapses_at(&self) -> Option<Timestamp> {
        let aside = matches!(self.body, Body::Deployment { .. });
        aside.then(|| self.at.plus(Deployment::TOLD_WITHIN))
    }

    /// Returns the subject of notices about a component.
    pub fn component_subject(id: &ComponentId) -> String {
        format!("component:{id}")
    }
}

/// A notice in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Its number in the outbox; numbers rise.
    pub number: i64,
    /// How often delivery was tried and failed.
    pub attempts: u32,
    /// The notice.
    pub notice: Notice,
}

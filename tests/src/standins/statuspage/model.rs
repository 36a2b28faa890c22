//! Components, incidents and their words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// State of a component, from well to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are Statuspage's own words")]
pub enum ComponentStatus {
    Operational,
    UnderMaintenance,
    DegradedPerformance,
    PartialOutage,
    MajorOutage,
}

impl ComponentStatus {
    /// All states in Statuspage's spelling.
    pub(super) const NAMES: [&str; 5] = [
        "operational",
        "under_maintenance",
        "degraded_performance",
        "partial_outage",
        "major_outage",
    ];

    /// Returns Statuspage's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operational => "operational",
            Self::UnderMaintenance => "under_maintenance",
            Self::DegradedPerformance => "degraded_performance",
            Self::PartialOutage => "partial_outage",
            Self::MajorOutage => "major_outage",
        }
    }

    /// Computes the impact of an incident from its worst component.
    pub(super) fn impact(self) -> Impact {
        match self {
            Self::Operational => Impact::None,
            Self::UnderMaintenance => Impact::Maintenance,
            Self::DegradedPerformance => Impact::Minor,
            Self::PartialOutage => Impact::Major,
            Self::MajorOutage => Impact::Critical,
        }
    }
}

/// Impact of an incident, from least to greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are Statuspage's own words")]
pub enum Impact {
    None,
    Maintenance,
    Minor,
    Major,
    Critical,
}

impl Impact {
    /// All impacts in Statuspage's spelling.
    pub(super) const NAMES: [&str; 5] = ["none", "maintenance", "minor", "major", "critical"];

    /// Returns Statuspage's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Maintenance => "maintenance",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// Status of an incident; the last four are for scheduled ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are Statuspage's own words")]
pub enum IncidentStatus {
    Investigating,
    Identified,
    Monitoring,
    Resolved,
    Scheduled,
    InProgress,
    Verifying,
    Completed,
}

impl IncidentStatus {
    /// Statuses of real-time incidents.
    pub(super) const REALTIME: [&str; 4] =
        ["investigating", "identified", "monitoring", "resolved"];
    /// Statuses of scheduled maintenance.
    pub(super) const SCHEDULED: [&str; 4] = ["scheduled", "in_progress", "verifying", "completed"];

    /// Returns Statuspage's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Scheduled => "scheduled",
            Self::InProgress => "in_progress",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
        }
    }

    /// Tells whether the incident is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Completed)
    }
}

/// A component of the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of Statuspage's API")]
pub struct Component {
    pub id: String,
    pub page_id: String,
    pub name: String,
    pub description: Option<String>,
    pub status: ComponentStatus,
    pub position: usize,
    pub group: bool,
    pub group_id: Option<String>,
    pub showcase: bool,
    pub only_show_if_degraded: bool,
    pub start_date: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who changed a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedBy {
    /// An incident, by its id.
    Incident(String),
    /// A request for the component itself.
    Component,
    /// A person, in the vendor's own pages.
    Hand,
}

/// One step in a component's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusChange {
    /// When.
    pub at: Timestamp,
    /// Component id.
    pub component_id: String,
    /// Component name.
    pub component: String,
    /// State before.
    pub from: ComponentStatus,
    /// State after.
    pub to: ComponentStatus,
    /// Who.
    pub by: ChangedBy,
}

/// A component as an incident update changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of Statuspage's API")]
pub struct AffectedComponent {
    pub code: String,
    pub name: String,
    pub old_status: ComponentStatus,
    pub new_status: ComponentStatus,
}

/// One entry under an incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of Statuspage's API")]
pub struct IncidentUpdate {
    pub id: String,
    pub incident_id: String,
    pub status: IncidentStatus,
    pub body: String,
    pub affected_components: Vec<AffectedComponent>,
    pub deliver_notifications: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub display_at: Timestamp,
}

/// An incident or a scheduled maintenance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of Statuspage's API")]
pub struct Incident {
    pub id: String,
    pub page_id: String,
    pub name: String,
    pub status: IncidentStatus,
    pub impact: Impact,
    pub impact_override: Option<Impact>,
    pub metadata: Value,
    pub shortlink: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub monitoring_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub scheduled_for: Option<Timestamp>,
    pub scheduled_until: Option<Timestamp>,
    pub postmortem_body: Option<String>,
    pub postmortem_published_at: Option<Timestamp>,
    /// Ids of the affected components; rendered as `components` in answers.
    #[serde(skip)]
    pub component_ids: Vec<String>,
    /// What a scheduled one does by itself.
    #[serde(flatten)]
    pub automatic: Automatic,
    /// Newest first.
    pub incident_updates: Vec<IncidentUpdate>,
}

/// What a scheduled incident does by itself when its time comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of Statuspage's API")]
pub struct Automatic {
    pub scheduled_auto_in_progress: bool,
    pub scheduled_auto_completed: bool,
    pub auto_transition_to_maintenance_state: bool,
    pub auto_transition_to_operational_state: bool,
    pub auto_transition_deliver_notifications_at_start: bool,
    pub auto_transition_deliver_notifications_at_end: bool,
}

/// Mail that a notified update sent to the page's subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// When.
    pub at: Timestamp,
    /// The incident.
    pub incident_id: String,
    /// Its status at that moment.
    pub status: IncidentStatus,
    /// How many people got it.
    pub recipients: u64,
}

/// The fields of an incident in a request, after the schema was checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IncidentFields {
    pub(super) name: Option<String>,
    pub(super) status: Option<IncidentStatus>,
    pub(super) body: Option<String>,
    pub(super) impact_override: Option<Impact>,
    pub(super) components: BTreeMap<String, ComponentStatus>,
    pub(super) component_ids: Option<Vec<String>>,
    pub(super) deliver_notifications: Option<bool>,
    pub(super) metadata: Option<Value>,
    pub(super) scheduled_for: Option<Timestamp>,
    pub(super) scheduled_until: Option<Timestamp>,
    #[serde(flatten)]
    pub(super) automatic: Automatic,
}

/// The fields of a component in a request, after the schema was checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ComponentFields {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) status: Option<ComponentStatus>,
    pub(super) group_id: Option<String>,
    pub(super) showcase: Option<bool>,
    pub(super) only_show_if_degraded: Option<bool>,
    pub(super) start_date: Option<String>,
}

use std::collections::BTreeMap;

use bellwether_core::alert::AlertKey;
use bellwether_core::ids::{ComponentId, CustomerId, IncidentId};
use bellwether_core::incident;
use bellwether_core::incident::IncidentStatus;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::trace::TraceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Impact, Response, Time};

/// An incident as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// Its stable id.
    pub id: IncidentId,
    /// Its headline, such as `Admin panel: major outage`.
    pub title: String,
    /// Rises with every change.
    pub revision: u64,
    /// The component that is the cause.
    pub component: ComponentId,
    /// The component's name.
    pub component_name: String,
    /// Where it stands.
    pub status: IncidentStatus,
    /// The worst own state of the component since it began.
    pub worst: ComponentState,
    /// How loud it is.
    pub severity: Severity,
    /// When the fault first showed.
    pub fault_at: Time,
    /// When it was opened.
    pub opened_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// When it was resolved.
    pub resolved_at: Option<Time>,
    /// The alerts that make it up.
    pub alerts: Vec<AlertKey>,
    /// What is wrong, in plain words.
    pub causes: Vec<String>,
    /// The ids of traces that show it, where rules go by spans or log records.
    #[serde(default)]
    pub traces: Vec<TraceId>,
    /// The effective states of the component and of those that stand on it.
    pub affected: BTreeMap<ComponentId, ComponentState>,
    /// The customers who met failures, or whose opportunities were at risk, since it began.
    #[serde(default)]
    pub customers: Vec<CustomerId>,
    /// The alerts of what stands on the component that are not told because of it.
    #[serde(default)]
    pub suppressed: Vec<AlertKey>,
    /// Whether any of its alerts flapped.
    #[serde(default)]
    pub flapping: bool,
    /// What people did about it.
    #[serde(default)]
    pub response: Response,
    /// What it puts at risk, or did while it was open.
    pub impact: Impact,
    /// What happened, in order.
    pub timeline: Vec<Entry>,
}

/// One line of an incident's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// When it happened.
    pub at: Time,
    /// What happened.
    pub text: String,
}

impl From<&incident::Incident> for Incident {
    fn from(it: &incident::Incident) -> Self {
        let entry = |it: &incident::Entry| Entry { at: it.at.into(), text: it.text.clone() };
        Self {
            id: it.id.clone(),
            title: it.title(),
            revision: it.revision,
            component: it.component.clone(),
            component_name: it.component_name.clone(),
            status: it.status,
            worst: it.worst,
            severity: it.severity,
            fault_at: it.fault_at.into(),
            opened_at: it.opened_at.into(),
            updated_at: it.updated_at.into(),
            resolved_at: it.resolved_at.map(Time::from),
            alerts: it.alerts.clone(),
            causes: it.causes.clone(),
            traces: it.traces.clone(),
            affected: it.affected.clone(),
            customers: it.customers.iter().cloned().collect(),
            suppressed: it.suppressed.clone(),
            flapping: it.flapping,
            response: (&it.response).into(),
            impact: (&it.impact).into(),
            timeline: it.timeline.iter().map(entry).collect(),
        }
    }
}

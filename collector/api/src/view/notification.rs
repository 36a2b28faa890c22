use bellwether_core::deployment;
use bellwether_core::ids::{self, ComponentId, IncidentId, Service, Version};
use bellwether_core::notice::{Body, Change};
use bellwether_core::state::ComponentState;
use bellwether_core::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// A message to a destination, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// Its number; numbers rise.
    pub number: i64,
    /// Who is told.
    pub destination: ids::Destination,
    /// The addresses of those whom it is written to, in the place of those whom the destination's
    /// own settings name; empty where it is for those.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// The incident that it is about; absent when it is about a component's state.
    pub incident: Option<IncidentId>,
    /// What became of that incident.
    pub change: Option<Change>,
    /// The component that it is about.
    pub component: ComponentId,
    /// The state that it tells of the component; absent when it is about something else.
    pub component_state: Option<ComponentState>,
    /// That a service runs another version; absent when it is about something else.
    #[serde(default)]
    pub deployment: Option<Deployment>,
    /// When it was written.
    pub at: Time,
    /// `waiting`, `delivered`, `refused`, `superseded` or `withdrawn`.
    pub state: String,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Why it was refused, or is tried again.
    pub why: Option<String>,
    /// When it was delivered, refused, superseded or withdrawn.
    pub settled_at: Option<Time>,
}

/// That a service runs another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Which service.
    pub service: Service,
    /// The version that it runs.
    pub version: Version,
    /// The version that it ran before.
    pub before: Version,
    /// Whether it ran this one before that: a rollback.
    pub again: bool,
    /// When it began to.
    pub at: Time,
    /// The components that are made of the service.
    pub components: Vec<ComponentId>,
    /// All of that in words.
    pub text: String,
}

impl From<&deployment::Deployment> for Deployment {
    fn from(it: &deployment::Deployment) -> Self {
        Self {
            service: it.service.clone(),
            version: it.version.clone(),
            before: it.before.clone(),
            again: it.again,
            at: it.at.into(),
            components: it.components.keys().cloned().collect(),
            text: it.to_string(),
        }
    }
}

impl Notification {
    /// Says who is told.
    pub fn whom(&self) -> String {
        super::people::whom(&self.destination, &self.recipients)
    }
}

impl From<&store::Notification> for Notification {
    fn from(it: &store::Notification) -> Self {
        let notice = &it.owed.notice;
        let deployment = match &notice.body {
            Body::Deployment { deployment } => Some(Deployment::from(deployment)),
            _ => None,
        };
        let (incident, change, component, component_state) = match &notice.body {
            Body::Incident { change, incident, .. } => {
                (Some(incident.id.clone()), Some(*change), incident.component.clone(), None)
            }
            Body::Component { component, state } => (None, None, component.clone(), Some(*state)),
            Body::Maintenance { change, maintenance } => {
                let first = maintenance.components.keys().next().cloned();
                (None, Some(*change), first.unwrap_or_else(|| "".into()), None)
            }
            Body::Deployment { deployment } => {
                let first = deployment.components.keys().next().cloned();
                (None, None, first.unwrap_or_else(|| "".into()), None)
            }
        };
        let recipients = match &notice.body {
            Body::Incident { recipients, .. } => recipients.clone(),
            _ => Vec::new(),
        };
        Self {
            number: it.owed.number,
            destination: notice.destination.clone(),
            recipients,
            incident,
            change,
            component,
            component_state,
            deployment,
            at: notice.at.into(),
            state: it.state.clone(),
            attempts: it.owed.attempts,
            why: it.why.clone(),
            settled_at: it.settled_at.map(Time::from),
        }
    }
}

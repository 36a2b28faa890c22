//! What people do in the vendor's own pages, behind an automation's back.

use jiff::Timestamp;

use crate::standins::lock;

use super::{
    Statuspage,
    model::{ChangedBy, ComponentStatus, IncidentFields, IncidentStatus},
};

impl Statuspage {
    /// Sets a component's state; returns whether there is such a component.
    pub fn set_component_by_hand(&self, id: &str, to: ComponentStatus, now: Timestamp) -> bool {
        lock(&self.ledger).set_status(id, to, ChangedBy::Hand, now).is_some()
    }

    /// Makes a metric of this id.
    pub fn create_metric_by_hand(&self, id: &str) {
        lock(&self.ledger).metrics.entry(id.to_owned()).or_default();
    }

    /// Opens an incident over the given components and returns its id.
    pub fn open_by_hand(
        &self,
        name: &str,
        components: &[(&str, ComponentStatus)],
        now: Timestamp,
    ) -> String {
        let components = components.iter().map(|(id, status)| ((*id).to_owned(), *status));
        let fields = IncidentFields {
            name: Some(name.to_owned()),
            components: components.collect(),
            ..IncidentFields::default()
        };
        lock(&self.ledger).open(fields, now)
    }

    /// Resolves an incident; returns whether there is such an incident.
    pub fn resolve_by_hand(&self, id: &str, now: Timestamp) -> bool {
        let mut ledger = lock(&self.ledger);
        let fields =
            IncidentFields { status: Some(IncidentStatus::Resolved), ..IncidentFields::default() };
        ledger.change(id, fields, now);
        ledger.incident(id).is_some()
    }

    /// Deletes an incident; returns whether there was such an incident.
    pub fn delete_by_hand(&self, id: &str) -> bool {
        let mut ledger = lock(&self.ledger);
        let before = ledger.incidents.len();
        ledger.incidents.retain(|incident| incident.id != id);
        ledger.incidents.len() < before
    }
}

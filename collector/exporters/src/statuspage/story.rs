//! What a revision of an incident says on the page.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::incident::Incident;
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde_json::json;

use super::mark;
use super::page::Page;
use super::receipts::{Known, Told, told, write};
use super::texts::{self, Seen};
use crate::call::Call;
use crate::notices::Due;

/// One revision of an incident, seen from the page.
pub(super) struct Story {
    pub(super) page: Arc<Page>,
    pub(super) incident: Incident,
    at: Timestamp,
    /// States that the page is told along with the incident.
    states: BTreeMap<String, ComponentState>,
}

impl Story {
    pub(super) fn new(page: Arc<Page>, due: Due<'_>, incident: Incident) -> Self {
        let at = due.owed.notice.at;
        let states = page
            .components
            .iter()
            .filter_map(|(ours, theirs)| {
                let state = *incident.affected.get(ours)?;
                let newer = told(due.receipts, ours).is_some_and(|told| told.at > at);
                (state != ComponentState::Unknown && !newer).then(|| (theirs.clone(), state))
            })
            .collect();
        Self { page, incident, at, states }
    }

    /// Says whether customers know any component that is concerned.
    pub(super) fn concerns_customers(&self) -> bool {
        let mapped = |id| self.page.components.contains_key(id);
        let over = !self.incident.is_open();
        let mut affected = self.incident.affected.iter();
        mapped(&self.incident.component)
            || affected.any(|(id, state)| mapped(id) && (over || state.is_unwell()))
    }

    /// Returns what the page will know once it has taken this revision.
    pub(super) fn as_told(&self, id: String) -> Known {
        Known {
            id,
            revision: self.incident.revision,
            status: self.incident.status,
            impact: texts::impact(self.incident.severity).to_owned(),
            name: texts::name(&self.seen()),
        }
    }

    /// Returns what customers may know of the cause: nothing of a component that is not theirs.
    fn seen(&self) -> Seen<'_> {
        let incident = &self.incident;
        if self.page.components.contains_key(&incident.component) {
            return Seen { what: Some(&incident.component_name), worst: incident.worst };
        }
        let worst = self.states.values().copied().max();
        Seen { what: None, worst: worst.unwrap_or(ComponentState::Unknown) }
    }

    pub(super) fn create(&self) -> Call {
        let ids: Vec<&String> =
            self.states.iter().filter(|(_, state)| state.is_unwell()).map(|(id, _)| id).collect();
        self.page.create_incident(json!({
            "name": texts::name(&self.seen()),
            "status": self.incident.status,
            "impact_override": texts::impact(self.incident.severity),
            "body": texts::body(&self.seen(), &self.incident, true),
            "components": self.states,
            "component_ids": ids,
            "deliver_notifications": true,
            "metadata": mark::write(&self.incident),
        }))
    }

    /// Renders the step from what the page knows to this revision.
    pub(super) fn update(&self, known: &Known) -> Call {
        let next = self.as_told(known.id.clone());
        let mut incident = json!({
            "status": next.status,
            "impact_override": next.impact,
            "body": texts::body(&self.seen(), &self.incident, false),
            "components": self.states,
            "deliver_notifications": known.status != next.status || known.impact != next.impact,
            "metadata": mark::write(&self.incident),
        });
        // a headline that a person has changed stays, as long as ours would not change
        if let Some(fields) = incident.as_object_mut()
            && known.name != next.name
        {
            fields.insert("name".to_owned(), json!(next.name));
        }
        self.page.update_incident(&known.id, incident)
    }

    /// Returns the receipt for the incident alone.
    pub(super) fn receipt(&self, known: Known) -> Receipts {
        let mut receipts = Receipts::new();
        write(&mut receipts, Notice::incident_subject(&self.incident.id), known);
        receipts
    }

    /// Returns the receipts for the incident and the states that went with it.
    pub(super) fn receipts(&self, known: Known) -> Receipts {
        let mut receipts = self.receipt(known);
        for (ours, theirs) in &self.page.components {
            if let Some(&state) = self.states.get(theirs) {
                let told = Told { state, at: self.at };
                write(&mut receipts, Notice::component_subject(ours), told);
            }
        }
        receipts
    }
}

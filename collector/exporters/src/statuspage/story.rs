//! What a revision of an incident says on the page.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::ids::ComponentId;
use bellwether_core::incident::{Incident, IncidentStatus, Publication};
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::mark;
use super::page::Page;
use super::receipts::{Known, Told, told, write};
use super::texts::{self, Seen};
use super::view::Hand;
use crate::call::Call;
use crate::text::cut;

/// One revision of an incident, seen from the page.
pub(super) struct Story {
    pub(super) page: Arc<Page>,
    pub(super) incident: Incident,
    at: Timestamp,
    /// States that the page is told along with the incident.
    states: BTreeMap<String, ComponentState>,
    /// What the page was told before.
    before: BTreeMap<String, ComponentState>,
    /// Components of the page that are unwell because of the incident.
    unwell: Vec<String>,
}

impl Story {
    /// Tells an incident as it was known at a time, to a page that answered this before.
    pub(super) fn new(
        page: Arc<Page>,
        at: Timestamp,
        receipts: &Receipts,
        incident: Incident,
    ) -> Self {
        let states = page
            .components
            .iter()
            .filter_map(|(ours, theirs)| {
                let state = *incident.affected.get(ours)?;
                let newer = told(receipts, ours).is_some_and(|told| told.at > at);
                (state != ComponentState::Unknown && !newer).then(|| (theirs.clone(), state))
            })
            .collect();
        let told = |(ours, theirs): (&ComponentId, &String)| {
            Some((theirs.clone(), told(receipts, ours)?.state))
        };
        let before = page.components.iter().filter_map(told).collect();
        let unwell = |(ours, _): &(&ComponentId, &String)| {
            incident.affected.get(*ours).is_some_and(|it| it.is_unwell())
        };
        let unwell = page.components.iter().filter(unwell);
        let unwell = unwell.map(|(_, theirs)| theirs.clone()).collect();
        Self { page, incident, at, states, before, unwell }
    }

    /// Leaves components out that somebody else has set.
    pub(super) fn respect_others(&mut self, doubtful: bool) {
        let (view, before) = (self.page.view(), &self.before);
        self.states.retain(|id, state| {
            view.hand(id, before.get(id).copied(), *state, doubtful) != Hand::Theirs
        });
    }

    /// Says whether a component shows something although we have told nothing.
    pub(super) fn somebody_began(&self) -> bool {
        let view = self.page.view();
        self.unwell.iter().any(|id| view.is_unwell(id))
    }

    /// Says whether an incident of the page is somebody else's and about the same components.
    pub(super) fn is_about_the_same(&self, theirs: &Value) -> bool {
        let components = theirs.get("components").and_then(Value::as_array);
        let mut ids = components.into_iter().flatten().filter_map(|it| it.get("id")?.as_str());
        !mark::is_ours(theirs) && ids.any(|id| self.unwell.iter().any(|it| it == id))
    }

    /// Notes what the page is about to be told of components.
    pub(super) fn sending(&self) {
        let mut view = self.page.view();
        self.states.iter().for_each(|(id, state)| view.setting(id, *state));
    }

    /// Returns headline and text that would be on the page if somebody had the incident published.
    pub(super) fn draft(&self) -> (String, String) {
        (self.name(), self.body(None))
    }

    /// Says what waits for a person, and how it is published.
    pub(super) fn drafted(&self) -> String {
        let (name, body) = self.draft();
        let how = format!("bellwether incidents publish {}", self.incident.id);
        format!(
            "draft, to be published by a person (`{how}`) or opened on the page: {name}. {body}"
        )
    }

    /// Returns the headline: a person's, where one gave it.
    fn name(&self) -> String {
        let own = self.published().and_then(|it| it.headline.as_deref());
        own.map_or_else(
            || self.page.words.name(&self.seen(), &self.incident),
            |it| cut(it, texts::NAME),
        )
    }

    /// Returns what a person wants customers to read.
    /// Says whether a person has to have the incident published, and none did.
    pub(super) fn waits_for_a_person(&self) -> bool {
        self.page.draft && self.published().is_none()
    }

    fn published(&self) -> Option<&Publication> {
        self.incident.response.published.as_ref()
    }

    /// Returns what a person wants customers to read and the page does not say yet.
    fn unsaid(&self, known: Option<&Known>) -> Option<&Publication> {
        let said = known.and_then(|it| it.published);
        self.published().filter(|it| self.incident.is_open() && Some(it.at) > said)
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
    pub(super) fn as_told(&self, known: &Known) -> Known {
        let next = Known { others: known.others.clone(), ..self.as_new(known.id.clone()) };
        if !known.adopted {
            return next;
        }
        // whoever has opened it names, weighs and ends it
        let over = next.status == IncidentStatus::Resolved;
        Known {
            adopted: true,
            status: if over { IncidentStatus::Monitoring } else { next.status },
            impact: known.impact.clone(),
            name: known.name.clone(),
            ..next
        }
    }

    /// Returns what the page will know of an incident that it did not have.
    pub(super) fn as_new(&self, id: String) -> Known {
        Known {
            id,
            revision: self.incident.revision,
            status: self.incident.status,
            impact: texts::impact(self.incident.severity).to_owned(),
            name: self.name(),
            adopted: false,
            blind: self.incident.is_open() && self.is_blind(),
            published: self.published().map(|it| it.at),
            others: Map::new(),
        }
    }

    /// Says whether it is not known at the moment how the cause is.
    fn is_blind(&self) -> bool {
        let state = self.incident.affected.get(&self.incident.component);
        state == Some(&ComponentState::Unknown)
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
        self.page.create_incident(json!({
            "name": self.name(),
            "status": self.incident.status,
            "impact_override": texts::impact(self.incident.severity),
            "body": self.body(None),
            "components": self.states,
            "component_ids": self.unwell,
            "deliver_notifications": true,
            "metadata": mark::write(&self.incident, &Map::new()),
        }))
    }

    /// Renders the step from what the page knows to this revision.
    pub(super) fn update(&self, known: &Known) -> Call {
        let next = self.as_told(known);
        let changed = known.status != next.status || known.impact != next.impact;
        let loud = changed || self.unsaid(Some(known)).is_some();
        let mut incident = json!({
            "status": next.status,
            "impact_override": next.impact,
            "body": self.body(Some(known)),
            "components": self.states,
            "deliver_notifications": loud,
            "metadata": mark::write(&self.incident, &known.others),
        });
        // a headline that a person has changed stays, as long as ours would not change
        if let Some(fields) = incident.as_object_mut()
            && known.name != next.name
        {
            fields.insert("name".to_owned(), json!(next.name));
        }
        self.page.update_incident(&known.id, incident)
    }

    /// Returns what is said next to a page that knows this of the incident, or nothing yet.
    fn body(&self, known: Option<&Known>) -> String {
        if let Some(text) = self.unsaid(known).and_then(|it| it.text.as_deref()) {
            return cut(text, texts::BODY);
        }
        let body = self.page.words.body(&self.seen(), &self.incident, known.is_none());
        let blind = self.incident.is_open() && self.is_blind();
        if blind { format!("{body} {}", texts::BLIND) } else { body }
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
        let mut view = self.page.view();
        view.created(&self.incident.id);
        self.states.iter().for_each(|(id, state)| view.set(id, *state));
        for (ours, theirs) in &self.page.components {
            if let Some(&state) = self.states.get(theirs) {
                let told = Told { state, at: self.at };
                write(&mut receipts, Notice::component_subject(ours), told);
            }
        }
        receipts
    }
}

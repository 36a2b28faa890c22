//! Tells the page about an incident, so that however often and wherever a delivery breaks off,
//! the page has it once.
//!
//! ```text
//! begin --known, sure--> update --404--> look --none, open--> create
//!   |                                     |--found--> update
//!   `--unknown or in doubt--> look -------'--none, resolved--> nothing to do
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

use super::mark;
use super::page::{PER_PAGE, Page, judge};
use super::receipts::{Known, Told, known, told, write};
use super::texts::{self, Seen};
use crate::call::Answer;
use crate::notices::{Delivery, Due, Step};

/// How many pages of unresolved incidents are searched.
const MAX_PAGES: u32 = 50;

/// What the last call was.
enum Asked {
    Nothing,
    Look { page: u32 },
    Create,
    Update,
}

/// One incident on its way to the page.
pub(super) struct Tell {
    page: Arc<Page>,
    incident: Incident,
    at: Timestamp,
    /// Our incident on the page, as far as we know.
    known: Option<Known>,
    /// States that the page is told along with the incident.
    states: BTreeMap<String, ComponentState>,
    /// Whether customers know any component that is concerned.
    on_page: bool,
    doubtful: bool,
    looked: bool,
    asked: Asked,
}

impl Tell {
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
        let mapped = |id| page.components.contains_key(id);
        let concerned = incident.affected.iter();
        let mut concerned = concerned.filter(|(_, s)| s.is_unwell() || !incident.is_open());
        let on_page = mapped(&incident.component) || concerned.any(|(id, _)| mapped(id));
        Self {
            at,
            states,
            on_page,
            known: known(due.receipts, &due.owed.notice.subject),
            doubtful: due.doubtful,
            looked: false,
            asked: Asked::Nothing,
            page,
            incident,
        }
    }

    fn is_open(&self) -> bool {
        self.incident.is_open()
    }

    fn begin(&mut self) -> Step {
        match &self.known {
            Some(known) if known.revision >= self.incident.revision => {
                Step::Skip { receipts: self.receipt(known.clone()), why: "already told" }
            }
            None if !self.on_page => Step::Skip {
                receipts: Receipts::new(),
                why: "no component of the incident is on the page",
            },
            Some(_) if !self.doubtful => self.update(),
            _ => self.look(1),
        }
    }

    fn look(&mut self, page: u32) -> Step {
        self.asked = Asked::Look { page };
        Step::Call(self.page.unresolved(page))
    }

    fn looked(&mut self, page: u32, answer: &Answer) -> Step {
        if answer.status == 404 {
            let why = "the page is not there: correct `page_id`".to_owned();
            return Step::Pause { why };
        }
        if let Some(step) = Step::unless_accepted(judge(answer)) {
            return step;
        }
        let Some(Value::Array(incidents)) = answer.json() else {
            let why = "the list of unresolved incidents is no list".to_owned();
            return Step::Retry { after: None, why };
        };
        if let Some(found) = incidents.iter().find_map(|it| mark::read(it, &self.incident.id)) {
            self.looked = true;
            let told = found.revision >= self.incident.revision;
            self.known = Some(found);
            // an earlier try arrived although its answer did not
            return if told { self.done() } else { self.update() };
        }
        if incidents.len() >= PER_PAGE && page < MAX_PAGES {
            return self.look(page + 1);
        }
        self.looked = true;
        match (self.is_open(), &self.known) {
            (true, Some(_)) => self.update(),
            (true, None) => self.create(),
            (false, _) => self.nothing_open(),
        }
    }

    /// Somebody else has resolved or deleted it, or it was never told.
    fn nothing_open(&self) -> Step {
        let mut receipts = Receipts::new();
        if let Some(known) = self.known.clone() {
            let known = Known { status: IncidentStatus::Resolved, ..known };
            receipts = self.receipt(Known { revision: self.incident.revision, ..known });
        }
        Step::Skip { receipts, why: "not open on the page" }
    }

    fn create(&mut self) -> Step {
        self.asked = Asked::Create;
        let ids: Vec<&String> =
            self.states.iter().filter(|(_, state)| state.is_unwell()).map(|(id, _)| id).collect();
        Step::Call(self.page.create_incident(json!({
            "name": self.name(),
            "status": self.incident.status,
            "impact_override": texts::impact(self.incident.severity),
            "body": texts::body(&self.seen(), &self.incident, true),
            "components": self.states,
            "component_ids": ids,
            "deliver_notifications": true,
            "metadata": mark::write(&self.incident),
        })))
    }

    fn created(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            return Step::Pause { why: "the page is not there: correct `page_id`".to_owned() };
        }
        if let Some(step) = Step::unless_accepted(judge(answer)) {
            return step;
        }
        let id = answer.json().and_then(|json| Some(json.get("id")?.as_str()?.to_owned()));
        match id {
            Some(id) => {
                self.known = Some(self.as_told(id));
                self.done()
            }
            // it is there; the next try finds it by its mark
            None => {
                let why = "the answer to the new incident has no id".to_owned();
                Step::Retry { after: None, why }
            }
        }
    }

    fn update(&mut self) -> Step {
        let Some(known) = self.known.clone() else { return self.create() };
        let next = self.as_told(known.id.clone());
        let visible = |it: &Known| (it.status, it.impact.clone(), it.name.clone());
        if self.is_open() && visible(&known) == visible(&next) {
            // states of components reach the page by notices of their own
            return Step::Skip {
                receipts: self.receipt(next),
                why: "nothing changed that customers see",
            };
        }
        self.asked = Asked::Update;
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
        Step::Call(self.page.update_incident(&known.id, incident))
    }

    fn updated(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            self.known = None;
            return match (self.looked, self.is_open()) {
                (false, _) => self.look(1),
                (true, true) => self.create(),
                (true, false) => self.nothing_open(),
            };
        }
        Step::unless_accepted(judge(answer)).unwrap_or_else(|| {
            self.known = self.known.take().map(|known| self.as_told(known.id));
            self.done()
        })
    }

    fn done(&self) -> Step {
        let mut receipts = self.known.clone().map(|it| self.receipt(it)).unwrap_or_default();
        for (ours, theirs) in &self.page.components {
            if let Some(&state) = self.states.get(theirs) {
                let told = Told { state, at: self.at };
                write(&mut receipts, Notice::component_subject(ours), told);
            }
        }
        Step::Done(receipts)
    }

    fn receipt(&self, known: Known) -> Receipts {
        let mut receipts = Receipts::new();
        write(&mut receipts, Notice::incident_subject(&self.incident.id), known);
        receipts
    }

    /// Returns what the page will know once it has taken this revision.
    fn as_told(&self, id: String) -> Known {
        Known {
            id,
            revision: self.incident.revision,
            status: self.incident.status,
            impact: texts::impact(self.incident.severity).to_owned(),
            name: self.name(),
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

    fn name(&self) -> String {
        texts::name(&self.seen())
    }
}

impl Delivery for Tell {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        match (&self.asked, answer) {
            (&Asked::Look { page }, Some(answer)) => self.looked(page, answer),
            (Asked::Create, Some(answer)) => self.created(answer),
            (Asked::Update, Some(answer)) => self.updated(answer),
            (Asked::Nothing, _) | (_, None) => self.begin(),
        }
    }
}

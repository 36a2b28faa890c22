//! Tells the page about an incident, so that however often and wherever a delivery breaks off,
//! the page has it once.
//!
//! ```text
//! begin --known, sure-----> update --404--> look
//!   |---known, in doubt---> check --404--> look
//!   |                         `--older--> update
//!   `---unknown-----------> look --found, older--> update
//!                             |--none, open------> create
//!                             `--none, resolved--> nothing to do
//! ```

use std::sync::Arc;

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::store::Receipts;
use serde_json::Value;

use super::mark;
use super::page::{PER_PAGE, Page, judge};
use super::receipts::{Known, known};
use super::story::Story;
use crate::call::Answer;
use crate::notices::{Delivery, Due, Step};

/// How many pages of unresolved incidents are searched.
const MAX_PAGES: u32 = 50;
/// Why nothing goes on when the page itself answers 404.
const NO_PAGE: &str = "the page is not there: correct `page_id`";

/// What the last call was.
enum Asked {
    Nothing,
    Check,
    Look { page: u32 },
    Create,
    Update,
}

/// One incident on its way to the page.
pub(super) struct Tell {
    story: Story,
    /// Our incident on the page, as far as we know.
    known: Option<Known>,
    doubtful: bool,
    looked: bool,
    asked: Asked,
}

impl Tell {
    pub(super) fn new(page: Arc<Page>, due: Due<'_>, incident: Incident) -> Self {
        Self {
            known: known(due.receipts, &due.owed.notice.subject),
            doubtful: due.doubtful,
            looked: false,
            asked: Asked::Nothing,
            story: Story::new(page, due, incident),
        }
    }

    fn begin(&mut self) -> Step {
        match &self.known {
            Some(known) if known.revision >= self.story.incident.revision => {
                Step::Skip { receipts: self.story.receipt(known.clone()), why: "already told" }
            }
            None if !self.story.concerns_customers() => Step::Skip {
                receipts: Receipts::new(),
                why: "no component of the incident is on the page",
            },
            Some(known) if self.doubtful => {
                self.asked = Asked::Check;
                Step::Call(self.story.page.incident(&known.id))
            }
            Some(_) => self.update(),
            None => self.look(1),
        }
    }

    fn checked(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            self.known = None;
            return self.look(1);
        }
        if let Some(step) = Step::unless_accepted(judge(answer)) {
            return step;
        }
        let ours = &self.story.incident;
        // without our mark a person has changed it beyond recognition; what we know still holds
        let Some(found) = answer.json().and_then(|it| mark::read(&it, &ours.id)) else {
            return self.update();
        };
        self.found(found)
    }

    /// Goes on from our incident as the page has it.
    fn found(&mut self, found: Known) -> Step {
        let ours = &self.story.incident;
        if found.revision >= ours.revision {
            // an earlier try arrived although its answer did not
            return Step::Done(self.story.receipts(found));
        }
        let over = found.status == IncidentStatus::Resolved && !ours.is_open();
        self.known = Some(found);
        // somebody has resolved it before us
        if over { self.nothing_open() } else { self.update() }
    }

    fn look(&mut self, page: u32) -> Step {
        self.asked = Asked::Look { page };
        Step::Call(self.story.page.unresolved(page))
    }

    fn looked(&mut self, page: u32, answer: &Answer) -> Step {
        if answer.status == 404 {
            return Step::Pause { why: NO_PAGE.to_owned() };
        }
        if let Some(step) = Step::unless_accepted(judge(answer)) {
            return step;
        }
        let Some(Value::Array(incidents)) = answer.json() else {
            let why = "the list of unresolved incidents is no list".to_owned();
            return Step::Retry { after: None, why };
        };
        let ours = &self.story.incident;
        if let Some(found) = incidents.iter().find_map(|it| mark::read(it, &ours.id)) {
            self.looked = true;
            return self.found(found);
        }
        if incidents.len() >= PER_PAGE && page < MAX_PAGES {
            return self.look(page + 1);
        }
        self.looked = true;
        if ours.is_open() { self.create() } else { self.nothing_open() }
    }

    /// Somebody else has resolved or deleted it, or it was never told.
    fn nothing_open(&mut self) -> Step {
        let receipts = self.known.take().map_or_else(Receipts::new, |known| {
            let revision = self.story.incident.revision;
            self.story.receipt(Known { status: IncidentStatus::Resolved, revision, ..known })
        });
        Step::Skip { receipts, why: "not open on the page" }
    }

    fn create(&mut self) -> Step {
        self.asked = Asked::Create;
        Step::Call(self.story.create())
    }

    fn created(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            return Step::Pause { why: NO_PAGE.to_owned() };
        }
        if let Some(step) = Step::unless_accepted(judge(answer)) {
            return step;
        }
        match answer.json().and_then(|json| Some(json.get("id")?.as_str()?.to_owned())) {
            Some(id) => Step::Done(self.story.receipts(self.story.as_told(id))),
            // it is there; the next try finds it by its mark
            None => {
                let why = "the answer to the new incident has no id".to_owned();
                Step::Retry { after: None, why }
            }
        }
    }

    fn update(&mut self) -> Step {
        let Some(known) = &self.known else { return self.create() };
        let next = self.story.as_told(known.id.clone());
        if self.story.incident.is_open() && known.shows_the_same_as(&next) {
            // states of components reach the page by notices of their own
            return Step::Skip {
                receipts: self.story.receipt(next),
                why: "nothing changed that customers see",
            };
        }
        self.asked = Asked::Update;
        Step::Call(self.story.update(known))
    }

    fn updated(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            self.known = None;
            return match (self.looked, self.story.incident.is_open()) {
                (false, _) => self.look(1),
                (true, true) => self.create(),
                (true, false) => self.nothing_open(),
            };
        }
        Step::unless_accepted(judge(answer)).unwrap_or_else(|| {
            let known = self.known.take().map(|known| self.story.as_told(known.id));
            Step::Done(known.map_or_else(Receipts::new, |known| self.story.receipts(known)))
        })
    }
}

impl Delivery for Tell {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        match (&self.asked, answer) {
            (Asked::Check, Some(answer)) => self.checked(answer),
            (&Asked::Look { page }, Some(answer)) => self.looked(page, answer),
            (Asked::Create, Some(answer)) => self.created(answer),
            (Asked::Update, Some(answer)) => self.updated(answer),
            (Asked::Nothing, _) | (_, None) => self.begin(),
        }
    }
}

//! Tells the page about an incident, so that however often and wherever a delivery breaks off,
//! the page has it once.
//!
//! ```text
//! begin --page not seen lately--> look at its components
//!   |--known, sure-----> update --404--> look for it
//!   |--known, in doubt-> check --404--> look for it
//!   |                      `--older--> update
//!   |--unknown, and it may be there, or somebody has begun--> look for it --found, older--> update
//!   |                                                           |--somebody's about the same--> update
//!   |                                                           |--none, open--> create
//!   |                                                           `--none, resolved--> nothing to do
//!   |--unknown, open-----> create
//!   `--unknown, resolved--> nothing to do
//! ```

use std::sync::Arc;

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde_json::Value;

use super::mark;
use super::page::{PER_PAGE, Page, created, judge, listed};
use super::receipts::{Known, known};
use super::story::Story;
use super::view::Look;
use crate::call::Answer;
use crate::notices::{Delivery, Due, Step};

/// How many pages of unresolved incidents are searched.
const MAX_PAGES: u32 = 50;

/// What the last call was.
enum Asked {
    Nothing,
    Components(Look),
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
    /// Somebody's incident about the same.
    somebodys: Option<Known>,
    doubtful: bool,
    /// Whether an earlier process may have told of it.
    older_than_we: bool,
    now: Timestamp,
    looked: bool,
    asked: Asked,
}

impl Tell {
    pub(super) fn new(page: Arc<Page>, due: Due<'_>, incident: Incident) -> Self {
        Self {
            known: known(due.receipts, &due.owed.notice.subject),
            somebodys: None,
            doubtful: due.doubtful,
            older_than_we: incident.opened_at < due.since,
            now: due.now,
            looked: false,
            asked: Asked::Nothing,
            story: Story::new(page, due.owed.notice.at, due.receipts, incident),
        }
    }

    fn begin(&mut self) -> Step {
        match &self.known {
            Some(known) if known.revision >= self.story.incident.revision => {
                return Step::Skip {
                    receipts: self.story.receipt(known.clone()),
                    why: "already told",
                };
            }
            None if !self.story.concerns_customers() => {
                return Step::Skip {
                    receipts: Receipts::new(),
                    why: "no component of the incident is on the page",
                };
            }
            None if !self.story.incident.is_open() && !self.may_be_there() => {
                return Step::Skip { receipts: Receipts::new(), why: "never told" };
            }
            _ => {}
        }
        if self.story.page.view().is_fresh(self.now) {
            return self.decide();
        }
        let mut look = Look::default();
        let call = look.next(&self.story.page);
        self.asked = Asked::Components(look);
        Step::Call(call)
    }

    /// Says whether the page may have the incident although we do not know it.
    fn may_be_there(&self) -> bool {
        self.doubtful
            || self.older_than_we
            || self.story.page.view().may_have(&self.story.incident.id)
    }

    fn decide(&mut self) -> Step {
        self.story.respect_others(self.doubtful);
        match &self.known {
            Some(known) if self.doubtful => {
                self.asked = Asked::Check;
                Step::Call(self.story.page.incident(&known.id))
            }
            Some(_) => self.update(),
            None if self.may_be_there() || self.story.page.draft || self.story.somebody_began() => {
                self.look(1)
            }
            None => self.create(),
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
        let adopted = self.known.as_ref().is_some_and(|it| it.adopted);
        let found = Known { adopted: adopted || found.adopted, ..found };
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
        let incidents = match listed(answer, "unresolved incidents") {
            Ok(incidents) => incidents,
            Err(step) => return *step,
        };
        let ours = &self.story.incident;
        if let Some(found) = incidents.iter().find_map(|it| mark::read(it, &ours.id)) {
            self.looked = true;
            return self.found(found);
        }
        let about_the_same = |it: &&Value| self.story.is_about_the_same(it);
        if self.somebodys.is_none() {
            self.somebodys = incidents.iter().find(about_the_same).and_then(mark::adopt);
        }
        if incidents.len() >= PER_PAGE && page < MAX_PAGES {
            return self.look(page + 1);
        }
        self.looked = true;
        match (ours.is_open(), self.somebodys.take()) {
            (false, _) => self.nothing_open(),
            (true, Some(somebodys)) => {
                self.known = Some(somebodys);
                self.update()
            }
            (true, None) => self.create(),
        }
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
        if self.story.waits_for_a_person() {
            return Step::Held { why: self.story.drafted() };
        }
        self.asked = Asked::Create;
        self.story.sending();
        self.story.page.view().creating(&self.story.incident.id);
        Step::Call(self.story.create())
    }

    fn created(&mut self, answer: &Answer) -> Step {
        match created(answer) {
            Ok(id) => Step::Done(self.story.receipts(self.story.as_new(id))),
            Err(step) => *step,
        }
    }

    fn update(&mut self) -> Step {
        let Some(known) = &self.known else { return self.create() };
        let next = self.story.as_told(known);
        if self.story.incident.is_open() && known.shows_the_same_as(&next) {
            // states of components reach the page by notices of their own
            return Step::Skip {
                receipts: self.story.receipt(next),
                why: "nothing changed that customers see",
            };
        }
        self.asked = Asked::Update;
        self.story.sending();
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
            let known = self.known.take().map(|known| self.story.as_told(&known));
            Step::Done(known.map_or_else(Receipts::new, |known| self.story.receipts(known)))
        })
    }
}

impl Delivery for Tell {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        match (&mut self.asked, answer) {
            (Asked::Components(look), Some(answer)) => {
                look.take(&self.story.page, answer, self.now).unwrap_or_else(|| self.decide())
            }
            (Asked::Check, Some(answer)) => self.checked(answer),
            (&mut Asked::Look { page }, Some(answer)) => self.looked(page, answer),
            (Asked::Create, Some(answer)) => self.created(answer),
            (Asked::Update, Some(answer)) => self.updated(answer),
            (Asked::Nothing, _) | (_, None) => self.begin(),
        }
    }
}

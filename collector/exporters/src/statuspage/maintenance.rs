//! Announces maintenance on the page: a scheduled incident, which the page begins and ends by itself,
//! whether we are there or not.
//!
//! ```text
//! begin --known----> check --404--> look
//!   |                  |--as new as we--> done
//!   |                  |--over--> create
//!   |                  `--older--> update --404--> again later
//!   `--unknown--> look --found--> as if checked
//!                   `--none--> create
//! ```
//!
//! Changes are rare, and each is heard by all subscribers: so the page is always asked first what it
//! has. What is called off, or would be over, is not created.

use std::sync::Arc;

use bellwether_core::notice::{Change, Maintenance, Notice};
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::mark::{self, Planned};
use super::page::{PER_PAGE, Page, Schedule, created, judge, listed};
use super::receipts::write;
use super::texts;
use crate::call::Answer;
use crate::notices::{Delivery, Due, Settled, Step};
use crate::text::{cut, for_customers};

/// How many pages of scheduled incidents are searched.
const MAX_PAGES: u32 = 50;

/// What we remember of a maintenance on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Statuspage's id.
    id: String,
    /// When what the page has of it was known.
    at: Timestamp,
}

/// What the last call was.
#[derive(Clone, Copy)]
enum Asked {
    Nothing,
    Check,
    Look { schedule: Schedule, page: u32 },
    Create,
    Update,
}

struct Plan {
    page: Arc<Page>,
    change: Change,
    maintenance: Maintenance,
    /// Statuspage's ids of what is worked on.
    components: Vec<String>,
    /// What customers call that.
    what: String,
    at: Timestamp,
    now: Timestamp,
    known: Option<Known>,
    asked: Asked,
}

/// Begins to announce a maintenance, unless customers know nothing of what is worked on.
pub(super) fn tell(
    page: Arc<Page>,
    due: Due<'_>,
    change: Change,
    maintenance: Maintenance,
) -> Box<dyn Delivery> {
    let theirs = maintenance.components.keys().filter_map(|it| page.components.get(it).cloned());
    let components: Vec<String> = theirs.collect();
    if components.is_empty() {
        let why = "no component of the maintenance is on the page";
        return Box::new(Settled::skip(why, Receipts::new()));
    }
    let shown = maintenance.components.iter().filter(|(id, _)| page.components.contains_key(*id));
    let what: Vec<&str> = shown.map(|(_, name)| name.as_str()).collect();
    let what = what.join(", ");
    let receipt = due.receipts.get(&due.owed.notice.subject);
    let known = receipt.and_then(|it| Known::deserialize(it).ok());
    let (at, now) = (due.owed.notice.at, due.now);
    let asked = Asked::Nothing;
    Box::new(Plan { page, change, maintenance, components, what, at, now, known, asked })
}

impl Plan {
    fn begin(&mut self) -> Step {
        match &self.known {
            Some(known) if known.at >= self.at => {
                Step::Skip { receipts: Receipts::new(), why: "already told" }
            }
            Some(known) => {
                self.asked = Asked::Check;
                Step::Call(self.page.incident(&known.id))
            }
            None => self.look(Schedule::Planned, 1),
        }
    }

    fn checked(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            return self.look(Schedule::Planned, 1);
        }
        if let Some(step) = Step::unless_accepted(judge(answer)) {
            return step;
        }
        let known = self.known.as_ref();
        let unmarked = || {
            // a person has changed it beyond recognition; what we know still holds
            let Known { id, at } = known?.clone();
            Some(Planned { id, at, is_over: false, others: Map::new() })
        };
        let found = answer.json().and_then(|it| mark::planned(&it, &self.maintenance.id));
        match found.or_else(unmarked) {
            Some(found) => self.found(found),
            None => self.look(Schedule::Planned, 1),
        }
    }

    fn look(&mut self, schedule: Schedule, page: u32) -> Step {
        self.asked = Asked::Look { schedule, page };
        Step::Call(self.page.scheduled(schedule, page))
    }

    fn looked(&mut self, schedule: Schedule, page: u32, answer: &Answer) -> Step {
        let scheduled = match listed(answer, "scheduled incidents") {
            Ok(scheduled) => scheduled,
            Err(step) => return *step,
        };
        let ours = scheduled.iter().filter_map(|it| mark::planned(it, &self.maintenance.id));
        // one that is over may stand beside the one that came after it
        if let Some(found) = ours.max_by_key(|it| (!it.is_over, it.at)) {
            return self.found(found);
        }
        match schedule {
            _ if scheduled.len() >= PER_PAGE && page < MAX_PAGES => self.look(schedule, page + 1),
            Schedule::Planned => self.look(Schedule::Begun, 1),
            Schedule::Begun if self.is_to_come() => self.create(),
            Schedule::Begun => Step::Skip { receipts: Receipts::new(), why: "never told" },
        }
    }

    /// Goes on from the maintenance as the page has it.
    fn found(&mut self, found: Planned) -> Step {
        if found.at >= self.at {
            // an earlier try arrived although its answer did not
            return Step::Done(self.receipts(found.id));
        }
        match (found.is_over, self.is_to_come()) {
            (true, true) => self.create(),
            (true, false) => {
                Step::Skip { receipts: self.receipts(found.id), why: "over on the page" }
            }
            (false, _) => self.update(found),
        }
    }

    /// Says whether there is anything for customers to expect.
    fn is_to_come(&self) -> bool {
        !self.is_off() && self.now < self.maintenance.until
    }

    fn is_off(&self) -> bool {
        self.change == Change::Resolved
    }

    fn has_begun(&self) -> bool {
        self.now >= self.maintenance.from
    }

    fn create(&mut self) -> Step {
        self.asked = Asked::Create;
        let mut incident = self.planned(&Map::new());
        for does_so_by_itself in [
            "scheduled_auto_in_progress",
            "scheduled_auto_completed",
            "auto_transition_to_maintenance_state",
            "auto_transition_to_operational_state",
            "auto_transition_deliver_notifications_at_start",
            "auto_transition_deliver_notifications_at_end",
        ] {
            incident[does_so_by_itself] = json!(true);
        }
        incident["impact_override"] = json!("maintenance");
        Step::Call(self.page.create_incident(incident))
    }

    fn update(&mut self, found: Planned) -> Step {
        self.asked = Asked::Update;
        let incident =
            if self.is_off() { self.off(&found.others) } else { self.planned(&found.others) };
        let call = self.page.update_incident(&found.id, incident);
        self.known = Some(Known { id: found.id, at: found.at });
        Step::Call(call)
    }

    /// Says that it does not take place, or no longer.
    fn off(&self, others: &Map<String, Value>) -> Value {
        let what = &self.what;
        let body = if self.has_begun() {
            format!("The maintenance of {what} is over earlier than planned.")
        } else {
            format!("The maintenance of {what} does not take place.")
        };
        json!({
            "status": "completed",
            "body": cut(&body, texts::BODY),
            "deliver_notifications": true,
            "metadata": mark::plan(&self.maintenance.id, self.at, others),
        })
    }

    /// Says when it takes place: the same whether it is new or was moved.
    fn planned(&self, others: &Map<String, Value>) -> Value {
        let Maintenance { id, from, until, .. } = &self.maintenance;
        let (what, begin, end) = (&self.what, for_customers(*from), for_customers(*until));
        let body = format!(
            "We work on {what} from {begin} to {end}. It may not be available in that time."
        );
        let status = match (self.has_begun(), self.now < *until) {
            (false, _) => "scheduled",
            (true, true) => "in_progress",
            (true, false) => "completed",
        };
        json!({
            // said also where it is only moved: the page may have begun it at its old time
            "status": status,
            "name": cut(&format!("Scheduled maintenance: {what}"), texts::NAME),
            "body": cut(&body, texts::BODY),
            "scheduled_for": from.to_string(),
            "scheduled_until": until.to_string(),
            "component_ids": self.components,
            "deliver_notifications": true,
            "metadata": mark::plan(id, self.at, others),
        })
    }

    fn receipts(&self, id: String) -> Receipts {
        let mut receipts = Receipts::new();
        let subject = Notice::maintenance_subject(&self.maintenance.id);
        write(&mut receipts, subject, Known { id, at: self.at });
        receipts
    }

    fn created(&self, answer: &Answer) -> Step {
        match created(answer) {
            Ok(id) => Step::Done(self.receipts(id)),
            Err(step) => *step,
        }
    }

    fn updated(&mut self, answer: &Answer) -> Step {
        if answer.status == 404 {
            // deleted since it was looked at; the next try looks again
            let why = "the maintenance has just gone from the page".to_owned();
            return Step::Retry { after: None, why };
        }
        Step::unless_accepted(judge(answer)).unwrap_or_else(|| {
            let known = self.known.take();
            Step::Done(known.map_or_else(Receipts::new, |it| self.receipts(it.id)))
        })
    }
}

impl Delivery for Plan {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        match (self.asked, answer) {
            (Asked::Nothing, _) | (_, None) => self.begin(),
            (Asked::Check, Some(answer)) => self.checked(answer),
            (Asked::Look { schedule, page }, Some(answer)) => self.looked(schedule, page, answer),
            (Asked::Create, Some(answer)) => self.created(answer),
            (Asked::Update, Some(answer)) => self.updated(answer),
        }
    }
}

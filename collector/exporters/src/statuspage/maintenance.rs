//! Announces maintenance on the page: a scheduled incident, which the page begins and ends by itself,
//! whether we are there or not.
//!
//! A delivery that does not know the incident looks for our mark among the scheduled ones before it
//! creates another.

use std::sync::Arc;

use bellwether_core::notice::{Change, Maintenance, Notice};
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::mark;
use super::page::{Page, created, judge, listed};
use super::receipts::write;
use super::texts;
use crate::call::Answer;
use crate::notices::{Delivery, Due, Settled, Step};
use crate::text::{cut, for_customers};

/// What we remember of a maintenance on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Planned {
    /// Statuspage's id.
    id: String,
    /// When what the page has of it was known.
    at: Timestamp,
}

/// What the last call was.
enum Asked {
    Nothing,
    Look,
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
    known: Option<Planned>,
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
    let known = receipt.and_then(|it| Planned::deserialize(it).ok());
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
            Some(_) => self.update(),
            None => self.look(),
        }
    }

    fn look(&mut self) -> Step {
        self.asked = Asked::Look;
        Step::Call(self.page.scheduled())
    }

    fn looked(&mut self, answer: &Answer) -> Step {
        let scheduled = match listed(answer, "scheduled incidents") {
            Ok(scheduled) => scheduled,
            Err(step) => return *step,
        };
        let found = scheduled.iter().find_map(|it| mark::planned(it, &self.maintenance.id));
        match found {
            Some((id, at)) if at >= self.at => {
                // an earlier try arrived although its answer did not
                Step::Done(self.receipts(id))
            }
            Some((id, at)) => {
                self.known = Some(Planned { id, at });
                self.update()
            }
            None if self.is_off() || self.now >= self.maintenance.until => {
                Step::Skip { receipts: Receipts::new(), why: "never told" }
            }
            None => self.create(),
        }
    }

    fn create(&mut self) -> Step {
        self.asked = Asked::Create;
        let begun = self.now >= self.maintenance.from;
        let mut incident = json!({
            "status": if begun { "in_progress" } else { "scheduled" },
            "impact_override": "maintenance",
            "scheduled_auto_in_progress": true,
            "scheduled_auto_completed": true,
            "auto_transition_to_maintenance_state": true,
            "auto_transition_to_operational_state": true,
            "auto_transition_deliver_notifications_at_start": true,
            "auto_transition_deliver_notifications_at_end": true,
        });
        self.fill(&mut incident);
        Step::Call(self.page.create_incident(incident))
    }

    fn update(&mut self) -> Step {
        let Some(known) = &self.known else { return self.look() };
        let id = known.id.clone();
        self.asked = Asked::Update;
        let incident = if self.is_off() {
            let body = format!("The maintenance of {} does not take place.", self.what);
            let body = cut(&body, texts::BODY);
            json!({ "status": "completed", "body": body, "deliver_notifications": true })
        } else {
            let mut incident = json!({});
            self.fill(&mut incident);
            incident
        };
        Step::Call(self.page.update_incident(&id, incident))
    }

    /// Writes what is the same for a new maintenance and for one that was moved.
    fn fill(&self, incident: &mut Value) {
        let Maintenance { id, from, until, .. } = &self.maintenance;
        let (what, begin, end) = (&self.what, for_customers(*from), for_customers(*until));
        let body = format!(
            "We work on {what} from {begin} to {end}. It may not be available in that time."
        );
        incident["name"] = json!(cut(&format!("Scheduled maintenance: {what}"), texts::NAME));
        incident["body"] = json!(cut(&body, texts::BODY));
        incident["scheduled_for"] = json!(from.to_string());
        incident["scheduled_until"] = json!(until.to_string());
        incident["component_ids"] = json!(self.components);
        incident["deliver_notifications"] = json!(true);
        incident["metadata"] = mark::plan(id, self.at);
    }

    fn is_off(&self) -> bool {
        self.change == Change::Resolved
    }

    fn receipts(&self, id: String) -> Receipts {
        let mut receipts = Receipts::new();
        let subject = Notice::maintenance_subject(&self.maintenance.id);
        write(&mut receipts, subject, Planned { id, at: self.at });
        receipts
    }

    fn created(&self, answer: &Answer) -> Step {
        match created(answer) {
            Ok(id) => Step::Done(self.receipts(id)),
            Err(step) => *step,
        }
    }

    fn updated(&mut self, answer: &Answer) -> Step {
        // somebody has deleted it
        if answer.status == 404 {
            self.known = None;
            return self.look();
        }
        Step::unless_accepted(judge(answer)).unwrap_or_else(|| {
            let known = self.known.take();
            Step::Done(known.map_or_else(Receipts::new, |it| self.receipts(it.id)))
        })
    }
}

impl Delivery for Plan {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        match (&self.asked, answer) {
            (Asked::Nothing, _) | (_, None) => self.begin(),
            (Asked::Look, Some(answer)) => self.looked(answer),
            (Asked::Create, Some(answer)) => self.created(answer),
            (Asked::Update, Some(answer)) => self.updated(answer),
        }
    }
}

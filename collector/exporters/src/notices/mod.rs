//! Messages out: what a vendor says about notices, and the worker that carries them.

mod one_call;
pub mod sample;
mod story;
mod templates;
mod trial;
mod worker;

use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::links::{Deed, Links};
use bellwether_core::notice::{Body, Change, Owed};
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;

use crate::call::{Answer, Call};
use crate::limiter::Rate;
use crate::verdict::{RetryAfter, Verdict};

pub(crate) use one_call::{Settled, already_told, call_once, deliver_once, deliver_once_by};
pub(crate) use story::Story;
pub use templates::TemplateSettings;
pub(crate) use templates::{Templates, jinja, message, mistake};
pub use trial::{Asked, Trial};
pub(crate) use trial::{probe, tell};
pub(crate) use worker::NoticeWorker;

/// What whoever writes notices must know about a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticePolicy {
    /// It wants a notice for each change of a component's effective state.
    pub follows_components: bool,
    /// It wants a notice for each change of an incident.
    pub follows_incidents: bool,
    /// It announces maintenance to customers.
    pub follows_maintenance: bool,
    /// It wants a notice when a service runs another version.
    pub follows_deployments: bool,
    /// Only the newest notice about a subject matters to it.
    pub newest_only: bool,
    /// How long bad news waits, so that a short fault is never shown.
    pub hold_open: Duration,
    /// How long good news waits, so that a flap is not shown as a recovery.
    pub hold_resolve: Duration,
    /// Who reads it.
    pub audience: Audience,
    /// Equal for two destinations where a second message about an incident is heard by nobody,
    /// because they have the same key; absent where each message is heard.
    pub once: Option<u64>,
}

/// Who reads what a destination is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// People who are told what routes say.
    #[default]
    People,
    /// A status page, or a stream of events: it follows every incident.
    Stream,
}

/// A notice to deliver, with everything that a vendor may go by.
#[derive(Clone, Copy, Debug)]
pub struct Due<'a> {
    /// The notice.
    pub owed: &'a Owed,
    /// What the vendor answered before, by subject.
    pub receipts: &'a Receipts,
    /// What time it is.
    pub now: Timestamp,
    /// Since when this process tells; what is older may have been told by another one.
    pub since: Timestamp,
    /// Whether an earlier try, or a process that crashed, may already have delivered it.
    pub doubtful: bool,
    /// Makes links by which people act on an incident.
    pub links: &'a dyn Links,
}

impl Due<'_> {
    /// Returns the links by which `person` may act on what is told; none of what is over, and none
    /// where nobody said how the collector's page is reached.
    pub(crate) fn offers(&self, external_url: &str, person: &str) -> Offers {
        let Body::Incident { change, incident, .. } = &self.owed.notice.body else {
            return Offers::default();
        };
        if external_url.is_empty() || *change == Change::Resolved {
            return Offers::default();
        }
        let offer = |deed| {
            let path = self.links.link(deed, &incident.id, person, self.now);
            path.map(|path| format!("{external_url}{path}")).unwrap_or_default()
        };
        Offers { acknowledge: offer(Deed::Acknowledge), silence: offer(Deed::Silence) }
    }

    /// Returns who follows a link of a message that is read by more than one: the destination.
    pub(crate) fn whoever_reads(&self) -> &str {
        self.owed.notice.destination.as_str()
    }
}

/// Links by which whoever is told may act; each is empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offers {
    pub(crate) acknowledge: String,
    pub(crate) silence: String,
}

/// What a delivery wants next.
#[derive(Debug)]
pub enum Step {
    /// Make this call and come back with the answer.
    Call(Call),
    /// The notice is delivered; remember these receipts.
    Done(Receipts),
    /// The notice needs no telling; remember these receipts.
    Skip {
        /// What to remember, by subject.
        receipts: Receipts,
        /// Why, as a short fixed text that can be counted.
        why: &'static str,
    },
    /// Some of those who were to be told are; remember these receipts.
    Partly {
        /// What to remember, by subject.
        receipts: Receipts,
        /// Whether to begin again later for the others, rather than give them up.
        again: bool,
        /// Who the others are and why they were not told; not yet redacted.
        why: String,
    },
    /// It waits for a person rather than for us; the text says for what, and is kept.
    Held {
        /// What the person has to know; not yet redacted.
        why: String,
    },
    /// Begin again later.
    Retry {
        /// When the destination wants to be asked again, if it said so.
        after: Option<RetryAfter>,
        /// Why, for people; not yet redacted.
        why: String,
    },
    /// Give the notice up.
    Reject {
        /// Why, for people; not yet redacted.
        why: String,
    },
    /// Keep everything until somebody mends the key or the account.
    Pause {
        /// Why, for people; not yet redacted.
        why: String,
    },
}

impl Step {
    /// Turns a verdict that is not `Accepted` into the step that ends the delivery.
    pub fn unless_accepted(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Accepted => None,
            Verdict::Retry { after, why } => Some(Self::Retry { after, why }),
            Verdict::Reject { why } | Verdict::TooLarge { why } => Some(Self::Reject { why }),
            Verdict::Pause { why } => Some(Self::Pause { why }),
        }
    }
}

/// One notice on its way: a state machine without I/O. A delivery that ended without `Done`
/// is begun anew, so beginning must find out what an earlier one has done.
pub trait Delivery: Send {
    /// Takes the answer to the last call, absent at the beginning, and says what is next.
    fn next(&mut self, answer: Option<&Answer>) -> Step;
}

/// Renders notices for a destination and judges its answers. No I/O.
pub trait NoticeVendor: Send + Sync {
    /// Says which notices the destination wants, and how.
    fn policy(&self) -> NoticePolicy;

    /// Returns whom it writes to, such as addresses of e-mail, as a catalog may call its owners.
    fn reaches(&self) -> Vec<String> {
        Vec::new()
    }

    /// Says whether it writes only to those whom a notice names by their addresses of e-mail, and
    /// has no readers of its own.
    fn named_only(&self) -> bool {
        false
    }

    /// Begins to deliver a notice.
    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery>;

    /// Returns headline and text that customers would read of an incident, where they wait for a
    /// person to have them published.
    fn draft(&self, _incident: &Incident) -> Option<(String, String)> {
        None
    }

    /// Says whether each call about this is heard, also one that only repeats another whose answer
    /// was lost.
    fn hears_twice(&self, _about: &Body) -> bool {
        false
    }

    /// Says how many calls the destination takes.
    fn rate(&self) -> Option<Rate> {
        None
    }

    /// Renders a call that only asks whether our key is taken; absent when there is none.
    fn probe(&self) -> Option<Call> {
        None
    }
}

//! The auditor: derives anew who should have been told of an incident by now, from the policy and
//! the incident alone, and holds that against the messages that the store has. What decides who is
//! told keeps its own books; this does not look into them.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use bellwether_core::catalog::Catalog;
use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change};
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::store::Notification;
use bellwether_core::time::Timestamp;

use crate::dispatch::AGAIN;
use crate::policy::{Policy, Route, hands_over};
use crate::recipient::Recipient;
use crate::routing;

/// How long a message that is due may take to be written: a few evaluations.
const GRACE: Duration = Duration::from_secs(15);

/// A message that was not delivered for so long is told through another channel.
const PATIENCE: Duration = Duration::from_secs(300);

/// Messages that ask for attention end this long after an acknowledgement.
const SECOND: Duration = Duration::from_secs(1);

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Who it is about.
    pub recipient: Recipient,
    /// What is wrong.
    pub what: What,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It should have been told by now, and no message to it was written.
    Missing,
    /// A message to it was written, and does not get there.
    Undelivered {
        /// Why, for people.
        why: String,
    },
    /// It was asked for attention although somebody worked on it.
    Disturbed,
    /// It was told of an incident that is over, and not that it is.
    LeftOpen,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recipient = &self.recipient;
        match &self.what {
            What::Missing => write!(f, "{recipient} should have been told by now, and was not"),
            What::Undelivered { why } => {
                write!(f, "what {recipient} was to be told does not get there: {why}")
            }
            What::Disturbed => {
                write!(f, "{recipient} was told although somebody works on it")
            }
            What::LeftOpen => write!(f, "{recipient} was not told that it is over"),
        }
    }
}

/// Everything that the store has about one incident.
#[derive(Clone, Copy, Debug)]
pub struct Books<'a> {
    /// The incident as it stands.
    pub incident: &'a Incident,
    /// The messages about it, oldest first.
    pub messages: &'a [Notification],
    /// The decisions about it, oldest first.
    pub rulings: &'a [Ruling],
}

impl Policy {
    /// Returns what is not as it should be at `now`, sorted.
    pub fn audit(&self, books: Books<'_>, catalog: &Catalog, now: Timestamp) -> Vec<Finding> {
        let mut findings = BTreeSet::new();
        if books.incident.is_open() {
            let told = books.recipients();
            for recipient in self.expected(books, catalog, now) {
                if !self.is_told(&recipient, &told) {
                    findings.insert(Finding { recipient, what: What::Missing });
                }
            }
            findings.extend(self.forgotten(books, now));
            findings.extend(disturbed(books));
            findings.extend(self.undelivered(books, now));
        } else if books.incident.resolved_at.is_some_and(|at| now >= at.plus(GRACE)) {
            let ended = |it: &Recipient| books.any(it, |change| change == Change::Resolved);
            let left = self.people(books).filter(|it| !ended(it));
            findings.extend(left.map(|recipient| Finding { recipient, what: What::LeftOpen }));
        }
        findings.into_iter().collect()
    }

    /// Returns those of the messages whom channels lead to that there still are.
    fn people(&self, books: Books<'_>) -> impl Iterator<Item = Recipient> {
        books.recipients().into_iter().filter(|it| self.channel(&it.destination).is_some())
    }

    /// Says whether somebody was told, or the same people through another destination.
    fn is_told(&self, recipient: &Recipient, told: &BTreeSet<Recipient>) -> bool {
        let once = |it: &Recipient| self.channel(&it.destination).and_then(|it| it.once);
        let key = once(recipient);
        told.contains(recipient)
            || key.is_some_and(|key| told.iter().any(|it| once(it) == Some(key)))
    }

    /// Returns who should have been told by `now`, at the very least.
    fn expected(&self, books: Books<'_>, catalog: &Catalog, now: Timestamp) -> BTreeSet<Recipient> {
        let incident = books.incident;
        // as long as nothing was decided that keeps people from being told
        let kept = books.rulings.iter().find(|it| keeps(it)).map(|it| it.at);
        // one that comes again shortly after another is told later
        let until = kept.unwrap_or(now).min(now).minus(GRACE + AGAIN);
        let holding = routing::holding(self, incident, catalog);
        let mut expected = BTreeSet::new();
        for route in &holding {
            let wait = self.group_wait(Some(route), incident.severity);
            let first = incident.opened_at.plus(wait).max(incident.updated_at.min(now));
            let steps = route.escalate.as_ref().and_then(|it| self.escalation.get(it));
            if first <= until && !steps.is_some_and(|it| hands_over(it)) {
                let readers = routing::readers(&route.to, &[], self, incident, catalog).readers;
                expected.extend(readers.into_iter().map(|it| it.recipient));
            }
            if let Some(name) = &route.escalate {
                expected.extend(self.climbed(name, &holding, books, catalog, until));
            }
        }
        if expected.is_empty() && self.lead_nowhere(&holding, incident, catalog) {
            let wait = self.group_wait(None, incident.severity);
            if incident.opened_at.plus(wait) <= until {
                expected.extend(self.everyone().map(|it| it.destination.clone().into()));
            }
        }
        expected
    }

    /// Returns whom the steps of a policy should have told, counted from when its first one did.
    fn climbed(
        &self,
        name: &str,
        holding: &[&Route],
        books: Books<'_>,
        catalog: &Catalog,
        until: Timestamp,
    ) -> BTreeSet<Recipient> {
        let own: Vec<&Route> =
            holding.iter().filter(|it| it.escalate.as_deref() == Some(name)).copied().collect();
        let steps = self.escalation.get(name).map(Vec::as_slice).unwrap_or_default();
        let begun = books.rulings.iter().find_map(|it| match &it.why {
            Why::Step { policy, after, .. } if policy == name => Some(it.at.minus(after.get())),
            _ => None,
        });
        // where no step was ever taken it counts from the opening, and what waits for more with it
        let incident = books.incident;
        let waits = own.iter().map(|it| self.group_wait(Some(it), incident.severity)).min();
        let latest = incident.opened_at.plus(waits.unwrap_or_default()).max(incident.updated_at);
        let mut base = begun.unwrap_or(latest);
        // those before one that somebody took by hand are left out, and those after it follow it
        let by_hand = books.rulings.iter().filter_map(|it| match &it.why {
            Why::Escalated { policy, step, .. } if policy == name => {
                Some((step.saturating_sub(1), it.at))
            }
            _ => None,
        });
        let highest = by_hand.min_by_key(|(step, _)| Reverse(*step));
        let left_out = highest.map_or(0, |(step, _)| step);
        if let Some((step, at)) = highest
            && let Some(step) = steps.get(step)
        {
            base = base.max(at.minus(step.after));
        }
        let due = steps.iter().skip(left_out).filter(|it| base.plus(it.after) <= until);
        let readers =
            due.flat_map(|it| routing::readers(&it.to, &own, self, incident, catalog).readers);
        readers.map(|it| it.recipient).collect()
    }

    /// Returns those who should have been told again, since whoever said to work on it did not say
    /// so again: all, when nobody was.
    fn forgotten(&self, books: Books<'_>, now: Timestamp) -> Vec<Finding> {
        let acknowledged = |it: &Ruling| {
            it.outcome == Outcome::Cancelled && matches!(it.why, Why::Acknowledged { .. })
        };
        let Some(at) = books.rulings.iter().rposition(acknowledged) else { return Vec::new() };
        let since = books.rulings.get(at).map_or(now, |it| it.at);
        let mut later = books.rulings.iter().skip(at + 1);
        let kept = later.any(|it| it.outcome == Outcome::Withheld && keeps(it));
        let due = since.plus(self.timing.acknowledge_for).plus(GRACE);
        let asked = books.since_acknowledged().iter().any(|it| change(it).is_some_and(asks));
        if kept || asked || now < due || books.incident.response.acknowledged.is_some() {
            return Vec::new();
        }
        self.people(books).map(|recipient| Finding { recipient, what: What::Missing }).collect()
    }

    fn lead_nowhere(&self, holding: &[&Route], incident: &Incident, catalog: &Catalog) -> bool {
        holding.iter().all(|route| {
            let steps = route.escalate.as_ref().and_then(|it| self.escalation.get(it));
            let targets = steps.into_iter().flatten().flat_map(|it| &it.to).chain(&route.to);
            let targets: Vec<_> = targets.cloned().collect();
            routing::readers(&targets, &[*route], self, incident, catalog).readers.is_empty()
        })
    }

    /// Returns those to whom no message gets.
    fn undelivered(&self, books: Books<'_>, now: Timestamp) -> Vec<Finding> {
        let late = |it: &&Notification| match it.state.as_str() {
            "refused" => true,
            "waiting" => now >= it.owed.notice.at.plus(PATIENCE),
            _ => false,
        };
        let why = |recipient: &Recipient| {
            let mut mine = books.messages_to(recipient);
            if mine.clone().any(|it| it.state == "delivered") {
                return None;
            }
            let stuck = mine.find(late)?;
            Some(stuck.why.clone().unwrap_or_else(|| "nobody takes it".to_owned()))
        };
        let of = |recipient: Recipient| {
            let what = What::Undelivered { why: why(&recipient)? };
            Some(Finding { recipient, what })
        };
        self.people(books).filter_map(of).collect()
    }
}

/// Says whether a decision keeps somebody from being told.
fn keeps(ruling: &Ruling) -> bool {
    match ruling.why {
        Why::AlreadyTold { .. } | Why::OwnerUnknown { .. } | Why::Audit { .. } => false,
        _ => matches!(ruling.outcome, Outcome::Withheld | Outcome::Cancelled),
    }
}

/// Returns those who were asked for attention after somebody had said to work on it.
fn disturbed(books: Books<'_>) -> Vec<Finding> {
    let Some(acknowledged) = &books.incident.response.acknowledged else { return Vec::new() };
    let quiet = acknowledged.at.plus(SECOND);
    let after = books.since_acknowledged().iter().filter(|it| {
        it.state != "withdrawn" && it.owed.notice.at > quiet && change(it).is_some_and(asks)
    });
    let disturbed = |recipient| Finding { recipient, what: What::Disturbed };
    after.flat_map(recipients).map(disturbed).collect()
}

/// Says whether a message asks for attention.
fn asks(change: Change) -> bool {
    matches!(change, Change::Opened | Change::Reminded)
}

fn change(message: &Notification) -> Option<Change> {
    match &message.owed.notice.body {
        Body::Incident { change, .. } => Some(*change),
        Body::Component { .. } | Body::Maintenance { .. } | Body::Deployment { .. } => None,
    }
}

/// Returns who is told by a message.
fn recipients(message: &Notification) -> Vec<Recipient> {
    let to = &message.owed.notice.destination;
    match &message.owed.notice.body {
        Body::Incident { recipients, .. } if !recipients.is_empty() => {
            recipients.iter().map(|it| Recipient::person(to, it)).collect()
        }
        _ => vec![to.clone().into()],
    }
}

impl<'b> Books<'b> {
    fn recipients(&self) -> BTreeSet<Recipient> {
        self.messages.iter().flat_map(recipients).collect()
    }

    fn messages_to(&self, to: &Recipient) -> impl Iterator<Item = &'b Notification> + Clone {
        self.messages.iter().filter(move |it| recipients(it).contains(to))
    }

    /// Returns the messages that were written after those that tell of the newest acknowledgement.
    /// By their order: the clock may have been set in between.
    fn since_acknowledged(&self) -> &[Notification] {
        let tells = |it: &Notification| change(it) == Some(Change::Acknowledged);
        match self.messages.iter().rposition(tells) {
            Some(at) => self.messages.get(at + 1..).unwrap_or_default(),
            None => &[],
        }
    }

    fn any(&self, to: &Recipient, is: impl Fn(Change) -> bool) -> bool {
        self.messages_to(to).any(|it| change(it).is_some_and(&is))
    }
}

//! What a decision leaves behind: notices that are owed, and rulings that say why.

use std::collections::BTreeMap;

use bellwether_core::ids::Destination;
use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change, Notice};
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::time::Timestamp;

use crate::recipient::Recipient;

/// Writes what is owed to those who are told: one notice for each destination and change, with the
/// addresses of all whom it is written to.
pub(super) fn notices<'t>(
    sends: impl IntoIterator<Item = (&'t Recipient, Change)>,
    incident: &Incident,
    now: Timestamp,
) -> Vec<Notice> {
    let mut named: BTreeMap<(&Destination, Change), Vec<String>> = BTreeMap::new();
    for (Recipient { destination, address }, change) in sends {
        named.entry((destination, change)).or_default().extend(address.clone());
    }
    let notice = |((to, change), recipients): ((&Destination, Change), Vec<String>)| Notice {
        destination: to.clone(),
        subject: Notice::incident_subject(&incident.id),
        newest_only: false,
        at: now,
        not_before: now,
        body: Body::Incident { change, incident: Box::new(incident.clone()), recipients },
    };
    named.into_iter().map(notice).collect()
}

/// Writes down a decision; about everybody where no recipient is given.
pub(super) fn ruling(
    incident: &Incident,
    recipient: Option<Recipient>,
    outcome: Outcome,
    why: Why,
    at: Timestamp,
) -> Ruling {
    let incident = incident.id.clone();
    let (destination, recipient) = match recipient {
        Some(Recipient { destination, address }) => (Some(destination), address),
        None => (None, None),
    };
    Ruling { incident, at, destination, recipient, outcome, why }
}

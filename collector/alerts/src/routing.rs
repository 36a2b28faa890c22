//! Routing: which routes hold for an incident, and whom they name.

use bellwether_core::catalog::Catalog;
use bellwether_core::incident::Incident;
use bellwether_core::ruling::Why;

use crate::policy::{Policy, Route, Target};
use crate::recipient::Recipient;
use crate::when::Seen;

/// Somebody whom a route or a step names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reader {
    pub(crate) recipient: Recipient,
    /// Whether it is read by somebody who answers for an affected customer.
    pub(crate) stakeholder: bool,
}

/// Whom a target leads to, and who cannot be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readers {
    pub(crate) readers: Vec<Reader>,
    pub(crate) unknown: Vec<Why>,
}

/// Returns the routes that hold, in order, until one that stops. A condition of which nobody can
/// tell whether it holds does: rather one message too many.
pub(crate) fn holding<'p>(
    policy: &'p Policy,
    incident: &Incident,
    catalog: &Catalog,
) -> Vec<&'p Route> {
    let seen = Seen::new(incident, catalog);
    let mut holding = Vec::new();
    for route in &policy.routes {
        let holds = route.when.as_ref().is_none_or(|it| it.holds(&seen).unwrap_or(true));
        if holds {
            holding.push(route);
            if route.stop {
                break;
            }
        }
    }
    holding
}

/// Returns whom targets lead to; `routes` are those that `route` stands for.
pub(crate) fn readers(
    targets: &[Target],
    routes: &[&Route],
    policy: &Policy,
    incident: &Incident,
    catalog: &Catalog,
) -> Readers {
    let mut found = Readers::default();
    for target in targets {
        match target {
            Target::Channel(destination) => found.add(destination.clone().into(), false),
            Target::Owner => owners(&mut found, policy, incident, catalog),
            Target::Route => {
                for route in routes {
                    let below = readers(&route.to, &[], policy, incident, catalog);
                    below
                        .readers
                        .into_iter()
                        .for_each(|it| found.add(it.recipient, it.stakeholder));
                    found.unknown.extend(below.unknown);
                }
            }
        }
    }
    found
}

impl Readers {
    fn add(&mut self, recipient: Recipient, stakeholder: bool) {
        match self.readers.iter_mut().find(|it| it.recipient == recipient) {
            // who is named as such is more than somebody who is only kept informed
            Some(known) => known.stakeholder &= stakeholder,
            None => self.readers.push(Reader { recipient, stakeholder }),
        }
    }
}

/// Adds those who answer for the component, and those who answer for customers who met failures
/// or whose opportunities are at risk.
fn owners(found: &mut Readers, policy: &Policy, incident: &Incident, catalog: &Catalog) {
    let component = catalog.component(&incident.component);
    let of_component = component.iter().flat_map(|it| &it.owners).map(|it| (it, false));
    let customers = incident.customers.iter().filter_map(|it| catalog.customer(it)?.owner.as_ref());
    for (owner, stakeholder) in of_component.chain(customers.map(|it| (it, true))) {
        let recipients = policy.owner(owner);
        if recipients.is_empty() {
            found.unknown.push(Why::OwnerUnknown { owner: owner.clone() });
        }
        recipients.into_iter().for_each(|it| found.add(it, stakeholder));
    }
}

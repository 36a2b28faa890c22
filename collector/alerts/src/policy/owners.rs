//! How those are reached who answer for a component or a customer.

use std::collections::BTreeSet;

use bellwether_core::address::is_email;
use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::Destination;

use super::{Channel, Policy, Target};
use crate::recipient::Recipient;

impl Policy {
    /// Returns the ways to somebody who answers for something.
    pub(crate) fn owner(&self, owner: &str) -> Vec<Recipient> {
        if let Some(channels) = self.owners.get(owner) {
            return channels.iter().map(|it| self.by(it, owner)).collect();
        }
        let of_their_own = || self.everyone().find(|it| it.destination.as_str() == owner);
        // the one that writes to the fewest others: nobody wants to tell everybody
        let reaches = |it: &&Channel| it.reaches.iter().any(|to| to.eq_ignore_ascii_case(owner));
        let nearest = || self.channels.iter().filter(reaches).min_by_key(|it| it.reaches.len());
        let writes = || self.writer().filter(|_| is_email(owner));
        let channel = of_their_own().or_else(nearest).or_else(writes);
        channel.map(|it| self.by(&it.destination, owner)).into_iter().collect()
    }

    /// Returns the channels that have readers of their own.
    pub(crate) fn everyone(&self) -> impl Iterator<Item = &Channel> {
        self.channels.iter().filter(|it| !it.named_only)
    }

    /// Says whether a channel writes only to those whom a notice names.
    pub(crate) fn names_readers(&self, destination: &Destination) -> bool {
        self.channel(destination).is_some_and(|it| it.named_only)
    }

    /// Returns the channel that writes to anybody who has an address: of several the first by name.
    fn writer(&self) -> Option<&Channel> {
        let writers = self.channels.iter().filter(|it| it.named_only);
        writers.min_by_key(|it| &it.destination)
    }

    fn by(&self, destination: &Destination, owner: &str) -> Recipient {
        match self.names_readers(destination) {
            true => Recipient::person(destination, owner),
            false => destination.clone().into(),
        }
    }

    /// Returns the channels that could write to anybody and write to nobody, with what is wrong.
    pub fn idle(&self, catalog: &Catalog) -> Vec<(Destination, Flaw)> {
        let steps = self.escalation.values().flatten().flat_map(|it| &it.to);
        let mut targets = self.routes.iter().flat_map(|it| &it.to).chain(steps);
        let tells = targets.any(|it| *it == Target::Owner);
        let known = owners(catalog);
        let used: BTreeSet<Destination> =
            known.iter().flat_map(|it| self.owner(it)).map(|it| it.destination).collect();
        let first = self.writer().map(|it| &it.destination);
        let idle = self.channels.iter().filter(|it| it.named_only);
        let idle = idle.filter(|it| !tells || !used.contains(&it.destination));
        let addressed = known.iter().any(|it| is_email(it));
        let flaw = |it: &Channel| {
            let (why, help) = match first {
                _ if !tells => (
                    "no route and no step of an escalation tells `owner`".to_owned(),
                    "write `to: [owner]` in a route of `alerting`, or addresses in `to`",
                ),
                _ if !addressed => (
                    "the catalog names no owner who is an address".to_owned(),
                    "write an address as `owner:` of a customer or in `owners:` of a component, or addresses in `to`",
                ),
                Some(first) if *first != it.destination => (
                    format!("`{first}` comes before it by name"),
                    "take it out, or name it in `alerting.owners`",
                ),
                _ => (
                    "each of them is reached in another way".to_owned(),
                    "take it out, or write addresses in `to`",
                ),
            };
            let message = format!(
                "without addresses it writes only to owners whom nothing else reaches, and {why}"
            );
            (it.destination.clone(), Flaw::new("to", message, help.to_owned()))
        };
        idle.map(flaw).collect()
    }
}

/// Returns everybody who answers for something, as the catalog calls them.
pub(super) fn owners(catalog: &Catalog) -> BTreeSet<&String> {
    let of_components = catalog.components().flat_map(|it| &it.owners);
    let of_customers = catalog.customers().filter_map(|(_, it)| it.owner.as_ref());
    of_components.chain(of_customers).collect()
}

//! Checks a policy whole: every flaw is reported, not only the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::address::is_email;
use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::Destination;
use bellwether_core::settings::HumanDuration;
use bellwether_expr::{Condition, compile};

use super::can_hold::can_hold;
use super::owners::owners;
use super::{
    Alerting, Channel, Policy, RawRoute, RawStep, Route, Step, Target, Timing, audible, windows,
};
use crate::when::vocabulary;

pub(super) fn check(
    raw: Alerting,
    channels: Vec<Channel>,
    others: &[Destination],
    catalog: &Catalog,
) -> Result<(Policy, Vec<Flaw>), Vec<Flaw>> {
    let mut flaws = Vec::new();
    let timing = timing(&raw, &mut flaws);
    let mut policy = Policy { timing, ..Policy::everybody(channels) };
    let mut names = Names { policy: &mut policy, others, catalog, flaws: &mut flaws };
    names.owners(raw.owners);
    for (name, interval) in &raw.time_intervals {
        let path = format!("time_intervals.{name}");
        let checked = windows::interval(&path, interval, names.flaws);
        names.policy.intervals.extend(checked.map(|it| (name.clone(), it)));
    }
    for (name, window) in &raw.maintenance {
        let checked = windows::window(name, window, catalog, names.flaws);
        names.policy.windows.extend(checked);
    }
    for (at, silence) in raw.silences.into_iter().enumerate() {
        let checked = windows::silence(at, silence, catalog, names.flaws);
        names.policy.silences.extend(checked);
    }
    for (name, steps) in raw.escalation {
        let used = raw.routes.iter().any(|it| it.escalate.as_ref() == Some(&name));
        names.escalation(name, steps, used);
    }
    let intervals = raw.time_intervals.keys().cloned().collect();
    for (number, route) in raw.routes.into_iter().enumerate() {
        names.route(number, route, &intervals);
    }
    let mut notes = audible::check(&policy, &mut flaws);
    notes.extend(unread(&policy));
    if flaws.is_empty() { Ok((policy, notes)) } else { Err(flaws) }
}

/// Says so where an incident for which nobody answers would reach nobody.
fn unread(policy: &Policy) -> Option<Flaw> {
    let unread = !policy.channels.is_empty() && policy.everyone().next().is_none();
    let message = "no exporter has readers of its own, since each has `to: []`: an incident for which no owner answers reaches nobody";
    unread.then(|| Flaw::new("routes", message, None))
}

fn timing(raw: &Alerting, flaws: &mut Vec<Flaw>) -> Timing {
    let default = Timing::default();
    let mut read =
        |key: &str, written: Option<HumanDuration>, usual: Duration, may_be_none: bool| {
            let read = written.map_or(usual, Duration::from);
            if read == Duration::ZERO && !may_be_none {
                let help = Some(format!("write {}, or leave it out", HumanDuration::new(usual)));
                flaws.push(Flaw::new(key, "this has to be longer than 0s", help));
            }
            read
        };
    Timing {
        group_wait: raw.group_wait.map(Duration::from),
        group_interval: read("group_interval", raw.group_interval, default.group_interval, true),
        repeat_interval: read(
            "repeat_interval",
            raw.repeat_interval,
            default.repeat_interval,
            false,
        ),
        updates_every: read("updates_every", raw.updates_every, default.updates_every, false),
        acknowledge_for: read(
            "acknowledge_for",
            raw.acknowledge_for,
            default.acknowledge_for,
            false,
        ),
        startup_delay: read("startup_delay", raw.startup_delay, default.startup_delay, true),
    }
}

/// Checks a condition; absent when it has a flaw.
pub(super) fn condition(
    path: &str,
    text: &str,
    catalog: &Catalog,
    flaws: &mut Vec<Flaw>,
) -> Option<Arc<dyn Condition>> {
    match compile(text, &vocabulary()) {
        Err(refusal) => {
            flaws.push(Flaw::new(path, refusal.message, refusal.help));
            None
        }
        Ok(condition) => {
            if !can_hold(&*condition, catalog) {
                let message = format!("`{text}` holds for no incident that there can be");
                let help = "compare with words such as `emergency` and `major_outage`, and with ids of the catalog".to_owned();
                flaws.push(Flaw::new(path, message, help));
            }
            Some(condition)
        }
    }
}

/// Says that there is no such thing, and which there are.
pub(super) fn unknown<'k>(
    path: String,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'k str>,
) -> Flaw {
    let known: Vec<&str> = known.collect();
    let near = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    let help = match near {
        Some(near) if strsim::jaro_winkler(near, name) > 0.85 => format!("did you mean `{near}`?"),
        Some(_) => format!("there are {}", known.join(", ")),
        None => format!("there is no {what} at all"),
    };
    Flaw::new(path, format!("there is no {what} `{name}`"), help)
}

/// A policy while names in it are looked up.
struct Names<'a> {
    policy: &'a mut Policy,
    others: &'a [Destination],
    catalog: &'a Catalog,
    flaws: &'a mut Vec<Flaw>,
}

impl Names<'_> {
    fn owners(&mut self, owners: BTreeMap<String, Vec<String>>) {
        for (owner, channels) in owners {
            let path = format!("owners.{owner}");
            if channels.is_empty() {
                let help = "name an exporter".to_owned();
                self.flaws.push(Flaw::new(path.clone(), "no channel leads to them", help));
            }
            let channel =
                |(at, name): (usize, &String)| self.channel(format!("{path}[{at}]"), name);
            let channels: Vec<_> = channels.iter().enumerate().filter_map(channel).collect();
            if let Some(it) = channels.iter().find(|it| self.policy.names_readers(it))
                && !is_email(&owner)
            {
                let message =
                    format!("`{it}` has `to: []`, and `{owner}` is no address to write to");
                let help = "name another channel, or call them by their address".to_owned();
                self.flaws.push(Flaw::new(path, message, help));
            }
            self.policy.owners.insert(owner, channels);
        }
    }

    fn channel(&mut self, path: String, name: &str) -> Option<Destination> {
        let found = self.policy.channels.iter().find(|it| it.destination.as_str() == name);
        if let Some(channel) = found {
            return Some(channel.destination.clone());
        }
        let flaw = if self.others.iter().any(|it| it.as_str() == name) {
            let message = format!("`{name}` follows every incident without a route, or takes none");
            Flaw::new(path, message, "leave it out here".to_owned())
        } else {
            let known = self.policy.channels.iter().map(|it| it.destination.as_str());
            unknown(path, "channel", name, known)
        };
        self.flaws.push(flaw);
        None
    }

    /// Returns a channel that has readers of its own.
    fn read(&mut self, path: String, name: &str) -> Option<Destination> {
        let channel = self.channel(path.clone(), name)?;
        if self.policy.names_readers(&channel) {
            let message = format!("`{name}` has `to: []`, so nobody reads what it is told here");
            let help = "write `owner`, to whom it writes, or name somebody in its `to`".to_owned();
            self.flaws.push(Flaw::new(path, message, help));
        }
        Some(channel)
    }

    fn targets(&mut self, path: &str, to: &[String], in_step: bool) -> Vec<Target> {
        let mut targets = Vec::new();
        for (at, name) in to.iter().enumerate() {
            let path = format!("{path}.to[{at}]");
            let target = match name.as_str() {
                "owner" => {
                    self.owner(&path);
                    Some(Target::Owner)
                }
                "route" if in_step => Some(Target::Route),
                "route" => {
                    let help =
                        "name channels here; `route` is for the steps of escalation".to_owned();
                    self.flaws.push(Flaw::new(path.clone(), "a route cannot name itself", help));
                    None
                }
                name => self.read(path.clone(), name).map(Target::Channel),
            };
            match target {
                Some(target) if targets.contains(&target) => {
                    let help = "leave one of them out".to_owned();
                    self.flaws.push(Flaw::new(path, format!("`{name}` is named twice"), help));
                }
                target => targets.extend(target),
            }
        }
        targets
    }

    /// Somebody who answers for something has to be reached by some channel.
    fn owner(&mut self, path: &str) {
        let owners = owners(self.catalog);
        if owners.iter().any(|it| !self.policy.owner(it).is_empty()) {
            return;
        }
        let (message, help) = match owners.first() {
            None => (
                "the catalog names nobody who answers for a component or a customer".to_owned(),
                "write `owner:` of a customer or `owners:` of a component in the catalog"
                    .to_owned(),
            ),
            Some(first) => (
                "no channel leads to anybody who answers for something".to_owned(),
                format!(
                    "write `owners: {{ \"{first}\": [CHANNEL] }}`, or an exporter that writes to them; one of e-mail with `to: []` writes to every owner who is an address"
                ),
            ),
        };
        self.flaws.push(Flaw::new(path, message, help));
    }

    fn escalation(&mut self, name: String, steps: Vec<RawStep>, used: bool) {
        let path = format!("escalation.{name}");
        if !used {
            let message = "no route escalates to it, so none of its steps can be reached";
            let help = format!("write `escalate: {name}` in a route, or take it out");
            self.flaws.push(Flaw::new(path.clone(), message, help));
        }
        if steps.is_empty() {
            let help = "write `- { after: 10m, to: [CHANNEL] }`".to_owned();
            self.flaws.push(Flaw::new(path.clone(), "it has no step", help));
        }
        let mut before: Option<Duration> = None;
        let mut checked = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let path = format!("{path}[{at}]");
            if step.to.is_empty() {
                let help = "name whom it tells".to_owned();
                self.flaws.push(Flaw::new(path.clone(), "this step pages nobody", help));
            }
            let after = step.after.get();
            if before.is_some_and(|before| after <= before) {
                let message = "it does not come after the step before it";
                let help = "steps count from the opening of the incident: write them in the order of time, and put together those of one time".to_owned();
                self.flaws.push(Flaw::new(format!("{path}.after"), message, help));
            }
            before = Some(after);
            let to = self.targets(&path, &step.to, true);
            checked.push(Step { after, to });
        }
        self.policy.escalation.insert(name, checked);
    }

    fn route(&mut self, number: usize, raw: RawRoute, intervals: &BTreeSet<String>) {
        let path = format!("routes[{number}]");
        if let Some(before) = self.policy.routes.iter().find(|it| it.stop && it.always) {
            let message =
                format!("it is never looked at: routes[{}] always holds and stops", before.number);
            let help = "put it before that one, or take it out".to_owned();
            self.flaws.push(Flaw::new(path.clone(), message, help));
        }
        let when = raw
            .when
            .as_ref()
            .and_then(|text| condition(&format!("{path}.when"), text, self.catalog, self.flaws));
        if let Some(name) =
            raw.escalate.as_ref().filter(|it| !self.policy.escalation.contains_key(*it))
        {
            let known = self.policy.escalation.keys().map(String::as_str);
            let path = format!("{path}.escalate");
            self.flaws.push(unknown(path, "escalation policy", name, known));
        }
        for (key, names) in [("active", &raw.active), ("mute", &raw.mute)] {
            for (at, name) in names.iter().enumerate().filter(|(_, it)| !intervals.contains(*it)) {
                let path = format!("{path}.{key}[{at}]");
                let known = intervals.iter().map(String::as_str);
                self.flaws.push(unknown(path, "time interval", name, known));
            }
        }
        let to = self.targets(&path, &raw.to, false);
        if raw.to.is_empty() && raw.escalate.is_none() {
            let help =
                "name channels in `to`; who wants to hear nothing writes a silence, with a reason"
                    .to_owned();
            self.flaws.push(Flaw::new(path.clone(), "this route tells nobody", help));
        }
        if raw.repeat_interval.is_some_and(|it| it.get() == Duration::ZERO) {
            let help = "write 4h, or leave it out".to_owned();
            let path = format!("{path}.repeat_interval");
            self.flaws.push(Flaw::new(path, "this has to be longer than 0s", help));
        }
        self.policy.routes.push(Route {
            number,
            // one whose condition has a flaw is not taken for one that always holds
            always: raw.when.is_none() && raw.active.is_empty() && raw.mute.is_empty(),
            when,
            to,
            escalate: raw.escalate,
            stop: raw.stop,
            active: raw.active,
            mute: raw.mute,
            group_wait: raw.group_wait.map(Duration::from),
            repeat_interval: raw.repeat_interval.map(Duration::from),
        });
    }
}

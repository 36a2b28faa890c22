//! Whether the steps of an escalation are heard: a second message to a provider that knows the
//! incident already reaches nobody.

use std::collections::BTreeMap;

use bellwether_core::catalog::Flaw;
use bellwether_core::ids::Destination;

use super::{Policy, Route, Step, Target};

/// Checks every way into every policy; returns what is no mistake and may surprise.
pub(super) fn check(policy: &Policy, flaws: &mut Vec<Flaw>) -> Vec<Flaw> {
    let mut notes = Vec::new();
    for (name, steps) in &policy.escalation {
        let ways = policy.routes.iter().filter(|it| it.escalate.as_ref() == Some(name));
        let ways: Vec<&Route> = ways.collect();
        let mut silent: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for route in &ways {
            for (step, why) in walk(policy, name, steps, route) {
                silent.entry(step).or_default().push(why);
            }
        }
        // one that is heard on any way has its use
        for (step, whys) in silent.into_iter().filter(|(_, it)| it.len() == ways.len()) {
            let path = format!("escalation.{name}[{step}]");
            let why = whys.into_iter().next().unwrap_or_default();
            let help = "name a channel with another routing key, or of another kind".to_owned();
            flaws.push(Flaw::new(path, format!("this step pages nobody: {why}"), help));
        }
        let ears = Ears { policy, heard: BTreeMap::new() };
        if !ways.is_empty() && ways.iter().all(|it| ears.all_once(steps, it)) {
            let message = "pages each once: when an acknowledgement expires after its last step, nobody is paged again; a step to another kind of channel would be heard";
            notes.push(Flaw::new(format!("escalation.{name}"), message, None));
        }
    }
    notes
}

/// Goes one way through the steps; returns those that nobody hears, and why.
fn walk(policy: &Policy, name: &str, steps: &[Step], route: &Route) -> Vec<(usize, String)> {
    let mut ears = Ears { policy, heard: BTreeMap::new() };
    // what tells whatever the incident is
    let always = policy.routes.iter().filter(|it| it.always && it.escalate.is_none());
    for always in always.filter(|it| it.number < route.number || !route.stop) {
        ears.tell(&always.to, format!("routes[{}]", always.number));
    }
    if !hands_over(steps) {
        ears.tell(&route.to, format!("routes[{}]", route.number));
    }
    let mut silent = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let to = expand(&step.to, route);
        if to.is_empty() && !step.to.is_empty() && step.to.iter().all(|it| *it == Target::Route) {
            silent.push((at, format!("routes[{}] names no channel", route.number)));
        } else if let Some(by) = ears.deaf_to(&to) {
            let why = format!(
                "{by} told the same key before, and a second message about an incident that is open pages nobody"
            );
            silent.push((at, why));
        }
        ears.tell(&to, format!("escalation.{name}[{at}]"));
    }
    silent
}

/// Says whether the steps say when those are told whom routes name.
pub(crate) fn hands_over(steps: &[Step]) -> bool {
    steps.iter().any(|it| it.to.contains(&Target::Route))
}

fn expand(to: &[Target], route: &Route) -> Vec<Target> {
    let one = |it: &Target| match it {
        Target::Route => route.to.clone(),
        other => vec![other.clone()],
    };
    to.iter().flat_map(one).collect()
}

/// Who has heard what.
struct Ears<'a> {
    policy: &'a Policy,
    /// By the key of a provider, who used it first.
    heard: BTreeMap<u64, String>,
}

impl Ears<'_> {
    fn once(&self, target: &Target) -> Option<u64> {
        let Target::Channel(destination) = target else { return None };
        self.key(destination)
    }

    fn key(&self, destination: &Destination) -> Option<u64> {
        self.policy.channel(destination)?.once
    }

    fn tell(&mut self, to: &[Target], by: String) {
        for key in to.iter().filter_map(|it| self.once(it)).collect::<Vec<_>>() {
            self.heard.entry(key).or_insert_with(|| by.clone());
        }
    }

    /// Returns who told before all those that a step would tell, where that makes it silent.
    fn deaf_to(&self, to: &[Target]) -> Option<&String> {
        let mut by = None;
        for target in to {
            by = Some(self.heard.get(&self.once(target)?)?);
        }
        by
    }

    fn all_once(&self, steps: &[Step], route: &Route) -> bool {
        let targets: Vec<Target> = steps.iter().flat_map(|it| expand(&it.to, route)).collect();
        !targets.is_empty() && targets.iter().all(|it| self.once(it).is_some())
    }
}

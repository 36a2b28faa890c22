//! Takes a step of an escalation because somebody asks for it, and tells which are still to come.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::catalog::Catalog;
use bellwether_core::ids::{Destination, IncidentId};
use bellwether_core::incident::Incident;
use bellwether_core::ruling::{Outcome, Why};
use bellwether_core::time::Timestamp;

use super::attend::Attended;
use super::case::Case;
use crate::escalation::Ladder;
use crate::policy::{Policy, Route, Step};
use crate::recipient::Recipient;
use crate::routing::{self, Reader};
use crate::suppression;

/// A step that somebody asks for.
pub(crate) struct Wanted {
    pub(crate) by: String,
    pub(crate) reason: String,
    /// The escalation policy, where they say so.
    pub(crate) policy: Option<String>,
    /// The number of the step, from 1; the next one unless set.
    pub(crate) step: Option<usize>,
}

/// How escalating an incident stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// The incident.
    pub incident: IncidentId,
    /// Every step, by policy and in order.
    pub steps: Vec<StepStand>,
}

/// How a step of an escalation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStand {
    /// The escalation policy.
    pub policy: String,
    /// Its number, from 1.
    pub step: usize,
    /// How long after the opening it is meant to be taken.
    pub after: Duration,
    /// Whom it tells.
    pub to: Vec<Recipient>,
    /// Where it stands.
    pub stands: Stands,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It was taken, or left out for one after it.
    Over,
    /// It is taken at a time, if nothing happens until then.
    Due(Timestamp),
    /// It is not taken.
    Stopped {
        /// Why.
        why: Why,
        /// When it is taken if what stops it is over by then and not said again, where that is known.
        at: Option<Timestamp>,
    },
}

impl Stands {
    /// Tells its time by another clock.
    pub(super) fn shift(&mut self, clock: impl Fn(Timestamp) -> Timestamp) {
        match self {
            Self::Due(at) | Self::Stopped { at: Some(at), .. } => *at = clock(*at),
            Self::Over | Self::Stopped { at: None, .. } => {}
        }
    }
}

/// Who listens when a step is taken.
struct Listeners {
    heard: Vec<Reader>,
    /// Those whom a second message does not reach, with who told them.
    deaf: Vec<(Recipient, Destination)>,
}

/// Routes that hold for an incident and escalate by one policy.
struct Ways<'p> {
    name: &'p str,
    steps: &'p [Step],
    routes: Vec<&'p Route>,
}

impl Ways<'_> {
    /// Returns from when on the first step is taken at the earliest.
    fn first(&self, policy: &Policy, incident: &Incident, case: &Case) -> Timestamp {
        case.opened.plus(policy.first_wait(&self.routes, incident.severity).max(case.least_wait()))
    }

    fn ladder(&self, case: &Case, steady: Timestamp) -> Ladder {
        case.ladders.get(self.name).copied().unwrap_or(Ladder::new(steady))
    }
}

/// Returns by which policies an incident is escalated, by name.
fn ways<'p>(policy: &'p Policy, incident: &Incident, catalog: &Catalog) -> Vec<Ways<'p>> {
    let holding = routing::holding(policy, incident, catalog);
    let names: BTreeSet<&str> = holding.iter().filter_map(|it| it.escalate.as_deref()).collect();
    let of = |name: &'p str| {
        let (name, steps) = policy.escalation.get_key_value(name)?;
        let own = |it: &&&Route| it.escalate.as_deref() == Some(name.as_str());
        Some(Ways { name, steps, routes: holding.iter().filter(own).copied().collect() })
    };
    names.into_iter().filter_map(of).collect()
}

/// Tells how the steps of an incident stand, by the time that never runs backwards.
pub(super) fn stands(
    policy: &Policy,
    incident: &Incident,
    case: &Case,
    catalog: &Catalog,
    (now, steady): (Timestamp, Timestamp),
) -> Vec<StepStand> {
    let mut all = Vec::new();
    for way in ways(policy, incident, catalog) {
        let ladder = way.ladder(case, steady);
        let first = way.first(policy, incident, case);
        let next = way.steps.get(ladder.taken()).map_or(Duration::ZERO, |it| it.after);
        let muted = || {
            let quiet = way.routes.iter().map(|it| suppression::of_route(policy, it, now));
            quiet.collect::<Option<Vec<Why>>>()?.into_iter().next()
        };
        for (at, step) in way.steps.iter().enumerate() {
            let stands = if at < ladder.taken() {
                Stands::Over
            } else if let Some(it) = &case.acknowledged {
                let until = it.until.plus(step.after.saturating_sub(next));
                Stands::Stopped { why: Why::Acknowledged { by: it.by.clone() }, at: Some(until) }
            } else if let Some(why) = case.hushed.clone().or_else(muted) {
                Stands::Stopped { why, at: None }
            } else {
                Stands::Due(ladder.due(step, at, first))
            };
            let found = routing::readers(&step.to, &way.routes, policy, incident, catalog);
            all.push(StepStand {
                policy: way.name.to_owned(),
                step: at + 1,
                after: step.after,
                to: found.readers.into_iter().map(|it| it.recipient).collect(),
                stands,
            });
        }
    }
    all
}

impl Attended<'_> {
    /// Takes a step now. Whoever asks for that says that nobody has the incident in hand: an
    /// acknowledgement is over, and what keeps others from being told does not keep this.
    pub(super) fn escalate(&mut self, wanted: &Wanted) -> Result<(), String> {
        let ways = ways(self.scene.policy, self.incident, self.scene.catalog);
        let (way, at) = self.choose(&ways, wanted)?;
        let Listeners { heard, deaf } = self.listeners(way, at)?;
        let steady = self.scene.steady;
        let mut ladder = way.ladder(self.case, steady);
        ladder.take(way.steps, at, steady);
        self.case.ladders.insert(way.name.to_owned(), ladder);
        let Wanted { by, reason, .. } = wanted;
        let (policy, by, reason) = (way.name.to_owned(), by.clone(), reason.clone());
        let why = Why::Escalated { policy, step: at + 1, by, reason };
        self.story.push(why.to_string());
        self.interrupt();
        for (recipient, by) in deaf {
            self.rule(Some(recipient), Outcome::Withheld, Why::AlreadyTold { by });
        }
        let repeat = way.routes.iter().filter_map(|it| it.repeat_interval).min();
        heard.into_iter().for_each(|it| self.step(it, why.clone(), repeat));
        self.write_story();
        Ok(())
    }

    /// Returns the policy and the number of the step that is asked for, from 0.
    fn choose<'w, 'p>(
        &self,
        ways: &'w [Ways<'p>],
        wanted: &Wanted,
    ) -> Result<(&'w Ways<'p>, usize), String> {
        let known = || ways.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        let asked = |it: &&Ways<'_>| wanted.policy.as_deref().is_none_or(|name| it.name == name);
        let chosen: Vec<&Ways<'_>> = ways.iter().filter(asked).collect();
        let Some(one) = chosen.first().copied() else {
            return Err(match &wanted.policy {
                Some(name) if !ways.is_empty() => {
                    format!("it is not escalated by `{name}`, but by {}", known())
                }
                _ => "no route that holds for it escalates: a route says where to with `escalate`"
                    .to_owned(),
            });
        };
        if let Some(step) = wanted.step {
            if chosen.len() > 1 {
                return Err(format!("it is escalated by {}: say by which of them", known()));
            }
            let at = step.checked_sub(1).filter(|at| *at < one.steps.len());
            let at =
                at.ok_or_else(|| format!("{} has steps 1 to {}", one.name, one.steps.len()))?;
            return Ok((one, at));
        }
        let next = |way: &'w Ways<'p>| {
            let ladder = way.ladder(self.case, self.scene.steady);
            let step = way.steps.get(ladder.taken())?;
            let first = way.first(self.scene.policy, self.incident, self.case);
            Some((ladder.due(step, ladder.taken(), first), way, ladder.taken()))
        };
        let soonest = chosen.into_iter().filter_map(next).min_by_key(|(due, ..)| *due);
        soonest
            .map(|(_, way, at)| (way, at))
            .ok_or_else(|| "every step was taken: say which one to take once more".to_owned())
    }

    /// Returns who listens when a step is taken.
    fn listeners(&self, way: &Ways<'_>, at: usize) -> Result<Listeners, String> {
        let to = way.steps.get(at).map(|it| it.to.as_slice()).unwrap_or_default();
        let (mut heard, mut deaf) = (Vec::new(), Vec::new());
        for reader in self.readers(to, &way.routes).readers {
            match self.told_once(&reader.recipient.destination) {
                Some(by) => deaf.push((reader.recipient, by)),
                None => heard.push(reader),
            }
        }
        if !heard.is_empty() {
            return Ok(Listeners { heard, deaf });
        }
        let (step, name) = (at + 1, way.name);
        Err(match deaf.first() {
            Some((one, _)) => {
                format!(
                    "step {step} of {name} reaches nobody: {one} pages once for an incident, and did"
                )
            }
            None => {
                format!("step {step} of {name} reaches nobody: no channel leads to who answers")
            }
        })
    }

    /// Ends an acknowledgement before its time.
    fn interrupt(&mut self) {
        let Some(acknowledged) = self.case.acknowledged.take() else { return };
        self.incident.response.acknowledged = None;
        self.story.push(format!("the acknowledgement of {} is over", acknowledged.by));
        for (name, ladder) in &mut self.case.ladders {
            if let Some(steps) = self.scene.policy.escalation.get(name) {
                ladder.catch_up(steps, self.scene.steady);
            }
        }
    }
}

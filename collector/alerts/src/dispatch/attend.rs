//! Looks after one open incident: who is told of it now, and why.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::catalog::Catalog;
use bellwether_core::ids::Destination;
use bellwether_core::incident::{Entry, Incident};
use bellwether_core::notice::Change;
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::settings::HumanDuration;
use bellwether_core::time::Timestamp;

use super::case::Case;
use super::told::ruling;
use crate::escalation::Ladder;
use crate::grouping::{self, Next, Told};
use crate::policy::{Policy, Route, Step, Target, hands_over};
use crate::recipient::Recipient;
use crate::routing::{self, Reader, Readers};
use crate::suppression;

/// Everything that a look at one incident goes by.
#[derive(Clone)]
pub(super) struct Scene<'a> {
    pub(super) policy: &'a Policy,
    pub(super) catalog: &'a Catalog,
    /// The time of the machine.
    pub(super) now: Timestamp,
    /// The time that never runs backwards.
    pub(super) steady: Timestamp,
    /// Why nobody is told of it now.
    pub(super) hush: Option<Why>,
}

/// One incident while it is decided who is told of it.
pub(super) struct Attended<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) incident: &'a mut Incident,
    pub(super) case: &'a mut Case,
    pub(super) rulings: Vec<Ruling>,
    pub(super) sends: BTreeMap<Recipient, Change>,
    /// Why what waits to be sent is not to be sent any more.
    pub(super) withdraw: Option<Why>,
    pub(super) story: Vec<String>,
}

impl<'a> Attended<'a> {
    pub(super) fn new(scene: Scene<'a>, incident: &'a mut Incident, case: &'a mut Case) -> Self {
        Self {
            scene,
            incident,
            case,
            rulings: Vec::new(),
            sends: BTreeMap::new(),
            withdraw: None,
            story: Vec::new(),
        }
    }

    /// Decides who is told now.
    pub(super) fn decide(&mut self) {
        let lapsed = self.lapsed();
        if !self.hushed() {
            let again = self.resumed().or(lapsed);
            self.tell(again);
        }
        self.write_story();
    }

    /// Ends an acknowledgement that holds no longer, and says why.
    fn lapsed(&mut self) -> Option<Why> {
        let acknowledged = self.case.acknowledged.as_ref()?;
        let by = acknowledged.by.clone();
        let why = if self.incident.severity > acknowledged.severity {
            Why::Worse { by, severity: self.incident.severity }
        } else if self.scene.steady >= acknowledged.until {
            Why::AcknowledgementExpired { by }
        } else {
            return None;
        };
        self.case.acknowledged = None;
        self.incident.response.acknowledged = None;
        self.story.push(why.to_string());
        for (name, ladder) in &mut self.case.ladders {
            if let Some(steps) = self.scene.policy.escalation.get(name) {
                ladder.hasten(steps, self.scene.steady);
            }
        }
        Some(why)
    }

    /// Says whether nobody is told anything now, and notes when that begins.
    fn hushed(&mut self) -> bool {
        let Some(why) = self.scene.hush.clone() else { return false };
        if self.case.hushed.as_ref() != Some(&why) {
            if stops(&why) {
                self.withdraw = Some(why.clone());
                self.story.push(format!("nobody is told: {why}"));
            }
            self.rule(None, Outcome::Withheld, why.clone());
            self.case.hushed = Some(why);
        }
        true
    }

    /// Begins anew when people are told again, and says why.
    fn resumed(&mut self) -> Option<Why> {
        let hushed = self.case.hushed.take().filter(stops)?;
        let why = Why::Heard { after: hushed.to_string() };
        self.story.push(why.to_string());
        let steady = self.scene.steady;
        self.case.ladders.values_mut().for_each(|it| it.restart(steady));
        Some(why)
    }

    fn tell(&mut self, again: Option<Why>) {
        let quiet = self.case.acknowledged.is_some();
        if let Some(why) = again.filter(|_| !quiet) {
            let known: Vec<Recipient> = self.case.told.keys().cloned().collect();
            known.into_iter().for_each(|it| self.send(it, Change::Reminded, why.clone()));
        }
        let holding = routing::holding(self.scene.policy, self.incident, self.scene.catalog);
        if self.reach_nobody(&holding) {
            self.everybody();
        } else {
            let heard = self.heard(holding);
            self.routed(&heard);
            if !quiet {
                self.climb(&heard);
            }
        }
        self.follow_up(quiet);
    }

    /// Says whether neither routes nor what they escalate to lead to anybody.
    fn reach_nobody(&mut self, holding: &[&Route]) -> bool {
        let policy = self.scene.policy;
        let mut nobody = true;
        for route in holding {
            let steps = route.escalate.as_ref().and_then(|it| policy.escalation.get(it));
            let targets = steps.into_iter().flatten().flat_map(|it| &it.to).chain(&route.to);
            let targets: Vec<_> = targets.cloned().collect();
            let Readers { readers, unknown } = self.readers(&targets, &[*route]);
            for why in unknown {
                self.rule(None, Outcome::Withheld, why);
            }
            nobody &= readers.is_empty();
        }
        nobody
    }

    /// Returns the routes that tell at this time.
    fn heard<'p>(&mut self, holding: Vec<&'p Route>) -> Vec<&'p Route> {
        let mut heard = Vec::new();
        for route in holding {
            match suppression::of_route(self.scene.policy, route, self.scene.now) {
                None => heard.push(route),
                Some(why) => {
                    for reader in self.readers(&route.to, &[]).readers {
                        if !self.case.told.contains_key(&reader.recipient) {
                            self.rule(Some(reader.recipient), Outcome::Withheld, why.clone());
                        }
                    }
                }
            }
        }
        heard
    }

    pub(super) fn readers(&self, targets: &[Target], routes: &[&Route]) -> Readers {
        let Scene { policy, catalog, .. } = self.scene;
        routing::readers(targets, routes, policy, self.incident, catalog)
    }

    /// Tells whom routes name, unless a step of their escalation does. What that step has told
    /// already, it does not tell to a route that holds only now.
    fn routed(&mut self, routes: &[&Route]) {
        for route in routes {
            let name = route.escalate.as_ref();
            let steps = name.and_then(|it| self.scene.policy.escalation.get(it));
            let ladder = name.and_then(|it| self.case.ladders.get(it));
            let was_told = ladder.is_some_and(Ladder::handed_over);
            if steps.is_some_and(|it| hands_over(it)) && !was_told {
                continue;
            }
            for reader in self.readers(&route.to, &[]).readers {
                self.first(reader, Why::Route { route: route.number }, Some(route));
            }
        }
    }

    /// Tells every channel, where no route reaches anybody.
    fn everybody(&mut self) {
        for channel in self.scene.policy.everyone() {
            let recipient = channel.destination.clone().into();
            self.first(Reader { recipient, stakeholder: false }, Why::NoRoute, None);
        }
    }

    /// Tells somebody for the first time, once nothing else is waited for.
    fn first(&mut self, reader: Reader, why: Why, route: Option<&Route>) {
        if self.case.told.contains_key(&reader.recipient) {
            return;
        }
        if let Some(acknowledged) = &self.case.acknowledged {
            let why = Why::Acknowledged { by: acknowledged.by.clone() };
            return self.rule(Some(reader.recipient), Outcome::Withheld, why);
        }
        let wait = self.scene.policy.group_wait(route, self.incident.severity);
        let wait = wait.max(self.case.least_wait());
        let until = self.case.opened.plus(wait);
        if self.scene.steady < until {
            return self.rule(Some(reader.recipient), Outcome::Waits, Why::GroupWait { until });
        }
        self.open(reader, why, route.and_then(|it| it.repeat_interval));
    }

    /// Takes the steps of escalation whose time has come.
    fn climb(&mut self, routes: &[&Route]) {
        let policies: BTreeSet<&String> =
            routes.iter().filter_map(|it| it.escalate.as_ref()).collect();
        for name in policies {
            let Some(steps) = self.scene.policy.escalation.get(name) else { continue };
            let own: Vec<&Route> =
                routes.iter().filter(|it| it.escalate.as_ref() == Some(name)).copied().collect();
            let wait = self.scene.policy.first_wait(&own, self.incident.severity);
            let wait = wait.max(self.case.least_wait());
            let until = self.case.opened.plus(wait);
            let steady = self.scene.steady;
            let ladder = self.case.ladders.entry(name.clone()).or_insert(Ladder::new(steady));
            let taken = ladder.climb(steps, until, steady);
            let told_owners = ladder.told_owners();
            if taken.is_empty() && steady < until {
                self.rule(None, Outcome::Waits, Why::GroupWait { until });
            }
            let repeat = own.iter().filter_map(|it| it.repeat_interval).min();
            let step = |at: usize| Some((steps.get(at)?, why(name, steps, at)?));
            for at in taken {
                let Some((step, why)) = step(at) else { continue };
                if at > 0 {
                    self.story.push(why.to_string());
                }
                for reader in self.readers(&step.to, &own).readers {
                    self.step(reader, why.clone(), repeat);
                }
            }
            // who answers for it may be others by now
            let Some((_, why)) = told_owners.and_then(step) else { continue };
            for reader in self.readers(&[Target::Owner], &own).readers {
                if !self.case.told.contains_key(&reader.recipient) {
                    self.open(reader, why.clone(), repeat);
                }
            }
        }
    }

    pub(super) fn step(&mut self, reader: Reader, why: Why, repeat: Option<std::time::Duration>) {
        let recipient = reader.recipient.clone();
        if !self.case.told.contains_key(&recipient) {
            self.open(reader, why, repeat);
        } else if !self.sends.contains_key(&recipient) {
            // where a second message is not heard the check of the policy has said so
            self.send(recipient, Change::Reminded, why);
        }
    }

    /// Tells somebody for the first time, unless the same people were told by another destination.
    pub(super) fn open(&mut self, reader: Reader, why: Why, repeat: Option<std::time::Duration>) {
        let Reader { recipient, stakeholder } = reader;
        if let Some(by) = self.told_once(&recipient.destination) {
            return self.rule(Some(recipient), Outcome::Withheld, Why::AlreadyTold { by });
        }
        let told = Told {
            last: self.scene.steady,
            updated: None,
            stakeholder,
            news: self.case.news,
            severity: self.incident.severity,
            component: self.incident.component.clone(),
            repeat,
        };
        self.case.told.insert(recipient.clone(), told);
        self.send(recipient, Change::Opened, why);
    }

    /// Returns who told the people whom a destination reaches, where they hear no second message.
    pub(super) fn told_once(&self, destination: &Destination) -> Option<Destination> {
        let once = |it: &Destination| self.scene.policy.channel(it).and_then(|it| it.once);
        let key = once(destination)?;
        let mut told = self.case.told.keys().map(|it| &it.destination);
        told.find(|it| once(it) == Some(key)).cloned()
    }

    /// Tells those who know of it of changes, and that it is still open.
    fn follow_up(&mut self, quiet: bool) {
        let (timing, steady) = (self.scene.policy.timing, self.scene.steady);
        let known: Vec<(Recipient, Next)> = self
            .case
            .told
            .iter()
            .filter(|(recipient, _)| !self.sends.contains_key(*recipient))
            .map(|(recipient, told)| {
                let next =
                    grouping::next(told, self.incident, self.case.news, &timing, quiet, steady);
                (recipient.clone(), next)
            })
            .collect();
        for (recipient, next) in known {
            match next {
                Next::Tell(change, why) => {
                    if !matches!(why, Why::Changed) {
                        self.story.push(format!("{recipient} told again: {why}"));
                    }
                    if let Some(told) = self.case.told.get_mut(&recipient) {
                        told.updated = Some(steady);
                    }
                    self.send(recipient, change, why);
                }
                Next::Wait(why) => self.rule(Some(recipient), Outcome::Waits, why),
                Next::Nothing => {}
            }
        }
    }

    pub(super) fn send(&mut self, recipient: Recipient, change: Change, why: Why) {
        let is_there = self.scene.policy.channel(&recipient.destination).is_some();
        if !is_there || self.sends.contains_key(&recipient) {
            return;
        }
        if let Some(told) = self.case.told.get_mut(&recipient) {
            told.last = self.scene.steady;
            told.news = self.case.news;
            told.severity = self.incident.severity;
            told.component = self.incident.component.clone();
        }
        self.rule(Some(recipient.clone()), Outcome::Told, why);
        self.sends.insert(recipient, change);
    }

    /// Notes a decision, once as long as it stays the same.
    pub(super) fn rule(&mut self, recipient: Option<Recipient>, outcome: Outcome, why: Why) {
        let key = match (&recipient, &why) {
            (Some(recipient), _) => recipient.to_string(),
            (None, Why::OwnerUnknown { owner }) => format!("owner {owner}"),
            (None, _) => String::new(),
        };
        let decided = (outcome, why.clone());
        if outcome != Outcome::Told && self.case.decided.get(&key) == Some(&decided) {
            return;
        }
        self.case.decided.insert(key, decided);
        self.rulings.push(ruling(self.incident, recipient, outcome, why, self.scene.now));
    }

    /// Adds to the story of the incident what has to be in it. Whoever is told again needs another
    /// revision, since a provider that knows this one forgets what it is told twice.
    pub(super) fn write_story(&mut self) {
        if self.story.is_empty() {
            return;
        }
        self.incident.revision += 1;
        self.incident.updated_at = self.scene.now;
        let at = self.scene.now;
        self.incident.timeline.extend(self.story.drain(..).map(|text| Entry { at, text }));
    }
}

/// Says that the time of a step has come.
fn why(policy: &str, steps: &[Step], at: usize) -> Option<Why> {
    let after = HumanDuration::new(steps.get(at)?.after);
    Some(Why::Step { policy: policy.to_owned(), step: at + 1, after })
}

/// Says whether what nobody is told because of it is told as new afterwards.
fn stops(why: &Why) -> bool {
    matches!(why, Why::Silenced { .. } | Why::Maintenance { .. })
}

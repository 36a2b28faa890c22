//! Holds evidence, rules and alerts together.

mod book;
mod costs;
mod journal;
mod kept;
mod rests;
mod states;
mod suppression;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bellwether_core::alert::Alert;
use bellwether_core::catalog::Catalog;
use bellwether_core::deployment::Running;
use bellwether_core::facts::{NoRemoval, Observed, Removal, ServiceRecord, Source};
use bellwether_core::ids::{ComponentId, RuleId, Service};
use bellwether_core::impact::{Failing, Impact, Measured};
use bellwether_core::reason::Reason;
use bellwether_core::route::Route;
use bellwether_core::state::ComponentState;
use bellwether_core::store::{Commit, ComponentStatus, Restored, Transition};
use bellwether_core::time::Timestamp;

use self::book::{Book, Changes};
use self::kept::Kept;
use self::rests::{Rests, Standing};
use self::suppression::{Suppressions, time_to_clear};
use self::watch::Watch;
use crate::evidence::Evidence;
use crate::indicators::Indicators;
use crate::observe::Harvest;
use crate::plan::Plan;
use crate::rules::{self, Mode, Rule, Scene};

/// Turns observations into states. One owner holds it; everybody else gets what it returns.
pub struct Engine {
    catalog: Catalog,
    rules: Vec<Rule>,
    /// The rules that give states and tell people.
    enforced: BTreeSet<RuleId>,
    watch: Watch,
    evidence: Evidence,
    alerts: Book,
    components: BTreeMap<ComponentId, ComponentStatus>,
    maintenance: BTreeSet<ComponentId>,
    impact: Impact,
    /// What was measured when that was worked out.
    reckoned: Measured,
    /// Services of which something was learnt since the evaluation before.
    learnt: BTreeSet<Service>,
    /// Instances of which it was learnt since then how often their metrics come.
    exporting: BTreeSet<Source>,
    /// How many services were known when those that are nobody's were looked for.
    looked_at: usize,
    /// Which rules need not be judged again yet, in their order.
    rests: Rests,
    kept: Kept,
    /// How components stand, and until when that follows from the same alerts.
    standing: Standing,
}

/// What one evaluation came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The records that changed, to be stored.
    pub commit: Commit,
    /// The effective state of every component.
    pub effective: BTreeMap<ComponentId, ComponentState>,
    /// What is at risk now.
    pub impact: Impact,
    /// What was measured of components, for what failures cost.
    pub measured: Measured,
    /// Which customers met failures since the evaluation before.
    pub failing: Failing,
    /// Alerts that give their component a state now, and that people may be told of.
    pub active: Vec<Alert>,
    /// Which versions run of the services of which something was heard since the evaluation before.
    pub running: Running,
}

impl Engine {
    /// Makes an engine that goes on from what was stored. Alerts of rules that are no longer
    /// configured are left behind. Signals that happen after `now` are watched from their start.
    pub fn new(
        mut catalog: Catalog,
        mut rules: Vec<Rule>,
        restored: &Restored,
        now: Timestamp,
    ) -> Self {
        let mut evidence = Evidence::restore(restored.instances.clone(), restored.services.clone());
        adopt(&mut catalog, &mut rules, &evidence);
        let alerts = Book::restore(&restored.alerts, &rules);
        let enforced = rules.iter().filter(|it| it.common.mode == Mode::Enforce);
        let enforced = enforced.map(|it| it.id.clone()).collect();
        let components = restored
            .components
            .iter()
            .filter(|it| catalog.component(&it.component).is_some())
            .map(|it| (it.component.clone(), it.clone()))
            .collect();
        let mut watch = Watch::new(&catalog, &rules, now);
        if let Some(recalled) = watch.recall(&restored.snapshots, &catalog, now) {
            evidence.recall(recalled.met);
            for (at, requests) in recalled.requests {
                evidence.arrive(at);
                requests.iter().for_each(|it| {
                    evidence.count(it, &catalog);
                });
            }
        }
        Self {
            watch,
            catalog,
            rules,
            enforced,
            evidence,
            alerts,
            components,
            maintenance: BTreeSet::new(),
            impact: Impact::default(),
            reckoned: Measured::new(),
            learnt: BTreeSet::new(),
            exporting: BTreeSet::new(),
            looked_at: 0,
            rests: Rests::default(),
            kept: Kept::default(),
            standing: Standing::default(),
        }
    }

    /// Goes on with another catalog and other rules from `now` on. What services reported stays,
    /// the alerts of rules that are still there, and what was counted of signals that are asked
    /// for as before; the others are forgotten with the next evaluation. Observers have to follow
    /// the new [`plan`](Self::plan).
    pub fn replace(&mut self, mut catalog: Catalog, mut rules: Vec<Rule>, now: Timestamp) {
        adopt(&mut catalog, &mut rules, &self.evidence);
        self.go_on_with(catalog, rules, now);
    }

    /// Takes services that are nobody's for components of their own, with the rules that need no
    /// configuration, and says whether there are such: then observers have to follow the new
    /// [`plan`](Self::plan).
    pub fn adopt(&mut self, now: Timestamp) -> bool {
        let known = self.evidence.services().len();
        if std::mem::replace(&mut self.looked_at, known) == known {
            return false;
        }
        let mut catalog = self.catalog.clone();
        let mut rules = std::mem::take(&mut self.rules);
        let any = adopt(&mut catalog, &mut rules, &self.evidence);
        if any {
            self.go_on_with(catalog, rules, now);
        } else {
            self.rules = rules;
        }
        any
    }

    fn go_on_with(&mut self, catalog: Catalog, rules: Vec<Rule>, now: Timestamp) {
        self.watch.replace(&catalog, &rules, now);
        self.rests = Rests::default();
        self.standing = Standing::default();
        self.alerts.keep(&rules);
        let enforced = rules.iter().filter(|it| it.common.mode == Mode::Enforce);
        self.enforced = enforced.map(|it| it.id.clone()).collect();
        self.components.retain(|id, _| catalog.component(id).is_some());
        self.catalog = catalog;
        self.rules = rules;
    }

    /// Adds facts that arrived at `now`, and returns the records that have to be stored before
    /// the facts are acknowledged.
    pub fn learn(&mut self, facts: &[Observed], now: Timestamp) -> Commit {
        for fact in facts {
            self.evidence.add(fact, now);
        }
        let mut commit = Commit::default();
        for source in facts.iter().map(|it| &it.source).collect::<std::collections::BTreeSet<_>>() {
            commit.instances.extend(self.evidence.instance(source).cloned());
            if let Some(service) = self.evidence.service(&source.service)
                && !commit.services.iter().any(|it| it.service == service.service)
            {
                commit.services.push(service.clone());
            }
        }
        commit
    }

    /// Returns the record of a service as it is when routes of it are gone on purpose, with those
    /// routes; it holds once it is stored and [kept](Self::keep).
    ///
    /// # Errors
    /// Says that the service is not known, or which routes it never served.
    pub fn without(
        &self,
        removal: &Removal,
        now: Timestamp,
    ) -> Result<(ServiceRecord, Vec<Route>), NoRemoval> {
        self.evidence.without(removal, now)
    }

    /// Goes on with another record of a service.
    pub fn keep(&mut self, record: ServiceRecord) {
        self.evidence.keep(record);
    }

    /// Returns what observers have to look for.
    pub fn plan(&self) -> Arc<Plan> {
        self.watch.plan.clone()
    }

    /// Adds what observers counted.
    pub fn absorb(&mut self, harvest: &Harvest) {
        self.evidence.arrive(harvest.at);
        for traffic in &harvest.traffic {
            if self.evidence.count(traffic, &self.catalog) {
                self.learnt.insert(traffic.source.service.clone());
            }
        }
        for (source, at) in &harvest.pulses {
            if self.evidence.exported(source, *at) {
                self.exporting.insert(source.clone());
            }
        }
        for service in &harvest.services {
            if self.evidence.meet(service) {
                self.learnt.insert(service.clone());
            }
        }
        self.watch.absorb(harvest);
    }

    /// Writes nothing down for a restart from now on, because there will be none.
    pub fn forget_at_the_end(&mut self) {
        self.watch.remembers = false;
    }

    /// Says which components are under maintenance from the next evaluation on. What is absorbed
    /// meanwhile does not count for their objectives.
    pub fn maintain(&mut self, components: BTreeSet<ComponentId>) {
        self.watch.maintain(&components);
        if self.maintenance != components {
            self.standing.until = Timestamp::default();
            self.maintenance = components;
        }
    }

    /// Judges everything at `now`.
    pub fn evaluate(&mut self, now: Timestamp) -> Evaluation {
        if self.kept.is_due(now) {
            // numbers are kept as they are, and not as they were when their rule began to rest
            self.rests.wake();
        }
        self.rests.all_until = None;
        self.watch.tick(now);
        self.judge(now);
        let transitions = self.stand(now);
        let moved = transitions.iter().filter_map(|it| self.components.get(&it.component));
        let components = moved.cloned().collect();
        let learnt = std::mem::take(&mut self.learnt);
        let services = learnt.iter().filter_map(|it| self.evidence.service(it)).cloned().collect();
        let exporting = std::mem::take(&mut self.exporting);
        let instances = exporting.iter().filter_map(|it| self.evidence.instance(it)).cloned();
        let instances = instances.collect();
        let Changes { alerts, forgotten, lives } = self.alerts.changes(now);
        let keeps = self.watch.remembers;
        let observations = if keeps { self.kept.take(self.alerts.iter(), now) } else { Vec::new() };
        let measured = self.watch.costs.measured(&self.watch.indicators, now);
        let effective = &self.standing.effective;
        let costs_more =
            || measured != self.reckoned && effective.values().any(|it| it.is_unwell());
        if self.standing.is_new || costs_more() {
            self.impact = Impact::of(&self.catalog, effective, &measured);
            self.reckoned.clone_from(&measured);
        }
        Evaluation {
            commit: Commit {
                alerts,
                forgotten,
                lives,
                components,
                transitions,
                services,
                instances,
                snapshots: self.watch.remember(&self.catalog, &self.evidence, now),
                observations,
                ..Commit::default()
            },
            effective: effective.clone(),
            impact: self.impact.clone(),
            measured,
            failing: self.watch.costs.failing(),
            active: self.active(),
            running: self.evidence.running_versions(now),
        }
    }

    /// Has every rule judge that may find something else than before.
    fn judge(&mut self, now: Timestamp) {
        self.rests.look(&self.evidence, self.watch.since, now);
        self.rests.resize(self.rules.len());
        for (at, (rule, queries)) in self.rules.iter().zip(self.watch.queries()).enumerate() {
            let evidence = self.evidence_of(at, rule, queries);
            if now < self.rests.until(at, evidence) {
                continue;
            }
            let index = self.watch.component(at);
            let Some(component) = index.and_then(|it| self.catalog.at(it)) else { continue };
            let scene = Scene {
                component,
                evidence: &self.evidence,
                indicators: &self.watch.indicators,
                queries,
                index,
                shapes: &self.watch.shapes,
                alerts: self.alerts.of(&rule.id),
                components: &self.components,
                watched_since: self.watch.since,
                expected_since: self.watch.expected_since,
                facts_until: self.rests.facts_until,
                now,
            };
            let samples = rule.judge(&scene);
            let until = rule.holds_until(&scene);
            let rests = self.alerts.take(rule, component, samples, now);
            self.rests.set(at, evidence.filter(|_| rests), until);
        }
    }

    /// Works out how components stand, if that can be otherwise than before.
    fn stand(&mut self, now: Timestamp) -> Vec<Transition> {
        self.standing.is_new = self.alerts.moved() || now >= self.standing.until;
        if !self.standing.is_new {
            return Vec::new();
        }
        let enforced = |alert: &&Alert| self.enforced.contains(&alert.key.rule);
        let alerts = || self.alerts.iter().filter(enforced);
        let own = states::own(alerts(), &self.catalog, &self.maintenance, now);
        let until = states::until(alerts(), &self.catalog, now);
        let time = |it: &Alert| {
            let rule = self.rules.iter().find(|rule| rule.id == it.key.rule);
            rule.map(|it| time_to_clear(it.knobs())).unwrap_or_default()
        };
        let (catalog, maintenance) = (&self.catalog, &self.maintenance);
        let suppressions = Suppressions::of(alerts(), time, catalog, &own, maintenance, now);
        self.alerts.update(|alert| {
            let why = suppressions.why(alert, time);
            let changed = alert.suppressed_by != why;
            alert.suppressed_by = why;
            changed
        });
        let until = until.min(suppression::until(self.alerts.iter(), now));
        let effective = self.catalog.effective(&own);
        let transitions = self.move_components(&own, &effective, now);
        self.rests.states += u64::from(!transitions.is_empty());
        let is_active = |it: &Alert| it.phase.is_active();
        let any_active = self.alerts.iter().any(is_active);
        self.standing = Standing { effective, until, any_active, is_new: true };
        transitions
    }

    fn active(&self) -> Vec<Alert> {
        if !self.standing.any_active {
            return Vec::new();
        }
        let active = |it: &&Alert| it.phase.is_active() && self.enforced.contains(&it.key.rule);
        self.alerts.iter().filter(active).cloned().collect()
    }

    fn move_components(
        &mut self,
        own: &BTreeMap<ComponentId, ComponentState>,
        effective: &BTreeMap<ComponentId, ComponentState>,
        now: Timestamp,
    ) -> Vec<Transition> {
        let mut transitions = Vec::new();
        for (id, &effective) in effective {
            let own = own.get(id).copied().unwrap_or(ComponentState::Unknown);
            let unknown = || ComponentStatus {
                component: id.clone(),
                own: ComponentState::Unknown,
                effective: ComponentState::Unknown,
                since: now,
            };
            let status = self.components.entry(id.clone()).or_insert_with(unknown);
            if (status.own, status.effective) == (own, effective) {
                continue;
            }
            transitions.push(Transition {
                component: id.clone(),
                at: now,
                own_before: status.own,
                own,
                effective_before: status.effective,
                effective,
                reasons: reasons(&self.alerts, id),
            });
            if status.effective != effective {
                status.since = now;
            }
            status.own = own;
            status.effective = effective;
        }
        transitions
    }

    /// Forgets instances that stopped, or fell silent, before `before`.
    pub fn forget_instances(&mut self, before: Timestamp) {
        self.evidence.forget_instances(before);
    }

    /// Returns for how many of the numbers that rules went by in the newest minute there was no
    /// room among [what is observed](Commit::observations).
    pub fn unobserved(&self) -> usize {
        self.kept.left_out
    }

    /// Returns how much of what came in the newest minutes was more than is written down for a
    /// restart.
    pub fn unwritten(&self) -> usize {
        self.watch.journal.left_out()
    }

    /// Returns the catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Returns all rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns what is known of services.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Returns the numbers that were worked out from signals.
    pub fn indicators(&self) -> &Indicators {
        &self.watch.indicators
    }

    /// Has everything worked out anew at the next evaluation.
    #[cfg(test)]
    pub(crate) fn wake(&mut self) {
        self.rests.wake();
        self.standing.until = Timestamp::default();
    }

    /// Returns all alerts, active or not.
    #[cfg(test)]
    pub(crate) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter()
    }

    /// Returns how a component stands.
    pub fn status(&self, id: &ComponentId) -> Option<&ComponentStatus> {
        self.components.get(id)
    }

    /// Returns what is wrong with a component now, by its own rules.
    pub fn reasons(&self, id: &ComponentId) -> Vec<Reason> {
        reasons(&self.alerts, id)
    }
}

/// Adds components for the services that are nobody's, with their rules; says whether there are any.
fn adopt(catalog: &mut Catalog, rules: &mut Vec<Rule>, evidence: &Evidence) -> bool {
    let mut any = false;
    for service in evidence.services() {
        if catalog.adopt(service) {
            any = true;
            let component = catalog.component(&service.as_str().into());
            rules.extend(component.into_iter().flat_map(|it| rules::defaults(it, catalog)));
        }
    }
    any
}

fn reasons(alerts: &Book, id: &ComponentId) -> Vec<Reason> {
    alerts
        .iter()
        .filter(|it| it.component == *id && it.phase.is_active())
        .flat_map(|it| it.reasons.clone())
        .collect()
}

#[cfg(test)]
mod tests;

//! Holds evidence, rules and alerts together.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::alert::{Alert, AlertKey, Data};
use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::facts::Observed;
use bellwether_core::ids::ComponentId;
use bellwether_core::impact::Impact;
use bellwether_core::reason::Reason;
use bellwether_core::state::{ComponentState, Criticality};
use bellwether_core::store::{Commit, ComponentStatus, Restored, Transition};
use bellwether_core::time::Timestamp;

use crate::evidence::Evidence;
use crate::machine::{begin, step};
use crate::observe::Observations;
use crate::rules::{Mode, Rule, Scene};
use crate::sample::{Sample, Verdict};

/// Turns observations into states. One owner holds it; everybody else gets what it returns.
pub struct Engine {
    catalog: Catalog,
    rules: Vec<Rule>,
    evidence: Evidence,
    alerts: BTreeMap<AlertKey, Alert>,
    components: BTreeMap<ComponentId, ComponentStatus>,
    impact: Impact,
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
    /// Alerts that give their component a state now, and that people may be told of.
    pub active: Vec<Alert>,
}

impl Engine {
    /// Makes an engine that goes on from what was stored. Alerts of rules that are no longer
    /// configured are left behind.
    pub fn new(catalog: Catalog, rules: Vec<Rule>, restored: &Restored) -> Self {
        let known = |alert: &&Alert| rules.iter().any(|rule| rule.id == alert.key.rule);
        let alerts = restored
            .alerts
            .iter()
            .filter(known)
            .map(|alert| (alert.key.clone(), alert.clone()))
            .collect();
        let components = restored
            .components
            .iter()
            .filter(|it| catalog.component(&it.component).is_some())
            .map(|it| (it.component.clone(), it.clone()))
            .collect();
        let evidence = Evidence::restore(restored.instances.clone(), restored.services.clone());
        Self { catalog, rules, evidence, alerts, components, impact: Impact::default() }
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

    /// Adds what only counts in numbers.
    pub fn count(&mut self, observations: &Observations) {
        for traffic in &observations.traffic {
            self.evidence.count(traffic, &self.catalog);
        }
    }

    /// Judges everything at `now`.
    pub fn evaluate(&mut self, now: Timestamp) -> Evaluation {
        let mut commit = Commit::default();
        for rule in &self.rules {
            let Some(component) = self.catalog.component(&rule.common.component) else { continue };
            let scene = Scene { component, evidence: &self.evidence, now };
            let mut samples = rule.judge(&scene);
            samples.extend(silent(&self.alerts, rule, &samples));
            for sample in samples {
                let key = AlertKey { rule: rule.id.clone(), labels: sample.labels };
                let before = match self.alerts.get(&key) {
                    Some(alert) => alert.clone(),
                    // before the first evidence there is no alert at all
                    None if matches!(sample.verdict, Verdict::Quiet | Verdict::Missing) => continue,
                    None => begin(key.clone(), component.id.clone(), now),
                };
                let severity = match &sample.verdict {
                    Verdict::Bad { state, .. } => rule.severity(component, *state),
                    _ => before.severity,
                };
                let after = step(&before, &sample.verdict, severity, rule.knobs(), now);
                if worth_storing(self.alerts.get(&key), &after) {
                    commit.alerts.push(after.clone());
                }
                self.alerts.insert(key, after);
            }
        }
        let own = self.own_states(now);
        let effective = self.catalog.effective(&own);
        commit.transitions = self.move_components(&own, &effective, now);
        commit.components = commit
            .transitions
            .iter()
            .filter_map(|it| self.components.get(&it.component).cloned())
            .collect();
        self.impact = self.catalog.impact(&effective);
        Evaluation { commit, effective, impact: self.impact.clone(), active: self.active() }
    }

    fn active(&self) -> Vec<Alert> {
        let active = |it: &&Alert| it.phase.is_active() && self.speaks(it);
        self.alerts.values().filter(active).cloned().collect()
    }

    fn speaks(&self, alert: &Alert) -> bool {
        let enforced = |it: &Rule| it.id == alert.key.rule && it.common.mode == Mode::Enforce;
        self.rules.iter().any(enforced)
    }

    /// The worst that a component's own alerts give; `unknown` before the first evidence and
    /// when all evidence is stale.
    fn own_states(&self, now: Timestamp) -> BTreeMap<ComponentId, ComponentState> {
        let mut own = BTreeMap::new();
        for alert in self.alerts.values().filter(|it| self.speaks(it)) {
            let Some(component) = self.catalog.component(&alert.component) else { continue };
            let state = if alert.phase.is_active() {
                alert.state
            } else if alert.data == Data::Fresh
                || now.since(alert.fresh_at) <= evidence_holds_for(component)
            {
                ComponentState::Operational
            } else {
                continue;
            };
            own.entry(component.id.clone())
                .and_modify(|it: &mut ComponentState| *it = it.worst(state))
                .or_insert(state);
        }
        own
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

    /// Returns the catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Returns what is known of services.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
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

/// Returns a sample without evidence for every alert of a rule that has none in this evaluation.
fn silent(alerts: &BTreeMap<AlertKey, Alert>, rule: &Rule, samples: &[Sample]) -> Vec<Sample> {
    let first = AlertKey { rule: rule.id.clone(), labels: BTreeMap::new() };
    alerts
        .range(first..)
        .take_while(|(key, _)| key.rule == rule.id)
        .filter(|(key, _)| !samples.iter().any(|it| it.labels == key.labels))
        .map(|(key, _)| Sample { labels: key.labels.clone(), ..Sample::of(Verdict::Quiet) })
        .collect()
}

fn reasons(alerts: &BTreeMap<AlertKey, Alert>, id: &ComponentId) -> Vec<Reason> {
    alerts
        .values()
        .filter(|it| it.component == *id && it.phase.is_active())
        .flat_map(|it| it.reasons.clone())
        .collect()
}

/// How long what was seen last stands for what is: 2 min for critical components, else 10.
fn evidence_holds_for(component: &Component) -> Duration {
    let minutes = if component.criticality == Criticality::Critical { 2 } else { 10 };
    Duration::from_secs(60 * minutes)
}

/// Says whether an alert changed in a way that has to survive a restart; that it was
/// evaluated once more does not.
fn worth_storing(before: Option<&Alert>, after: &Alert) -> bool {
    before.is_none_or(|before| {
        let mut same = before.clone();
        same.fresh_at = after.fresh_at;
        // a streak of breaches or of quiet only matters while it is being counted
        if same.phase == after.phase && !counts(after) {
            same.streak = after.streak;
        }
        same != *after
    })
}

fn counts(alert: &Alert) -> bool {
    use bellwether_core::alert::Phase;
    matches!(alert.phase, Phase::Pending | Phase::Recovering)
}

#[cfg(test)]
mod tests;

//! `startup`: an instance refused to start, never told how its start ended, serves with failed
//! checks, or its service restarts in a loop.

mod restarts;

use std::time::Duration;

use bellwether_core::catalog::Component;
use bellwether_core::facts::{CheckOutcome, InstanceRecord, StartupOutcome};
use bellwether_core::ids::Service;
use bellwether_core::reason::Reason;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::{View, after, next};
use super::{Common, Judge, Kind, Scene};
use crate::evidence::{Evidence, FAILURES_COUNT_FOR};
use crate::sample::{Sample, Verdict};

/// Settings of a `startup` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    /// How long after its first check an instance has to tell how its start ended; 1m unless set.
    outcome_within: Option<HumanDuration>,
    /// After so many instances that ended soon after they started, without saying that they stop,
    /// the service restarts in a loop; 3 unless set.
    #[schemars(range(min = 2, max = 100))]
    restarts: Option<u64>,
    /// In which time that counts, and how old an instance is that did not end soon; 15m unless set.
    restarts_within: Option<HumanDuration>,
}

pub(super) const KIND: Kind = Kind {
    name: "startup",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        let minutes = |it: u64| HumanDuration::new(Duration::from_secs(60 * it));
        let startup = Startup {
            outcome_within: settings.outcome_within.unwrap_or(minutes(1)).get(),
            restarts: settings.restarts.unwrap_or(3),
            restarts_within: settings.restarts_within.unwrap_or(minutes(15)),
        };
        Ok((settings.common, Box::new(startup)))
    },
    default: super::no_settings,
};

struct Startup {
    outcome_within: Duration,
    restarts: u64,
    restarts_within: HumanDuration,
}

/// What the startup of one instance means for the component.
enum Finding {
    Well,
    Degraded(Vec<String>),
    Aborted(Vec<String>),
    /// It began, and never told how that ended.
    Silent,
}

/// What of a scene a startup is judged by.
#[derive(Clone, Copy)]
struct Seen<'a> {
    component: &'a Component,
    evidence: &'a Evidence,
    watched_since: Timestamp,
    now: Timestamp,
}

impl Judge for Startup {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let Scene { component, evidence, watched_since, now, .. } = *scene;
        vec![Sample::of(self.verdict(Seen { component, evidence, watched_since, now }))]
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Facts])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        let Scene { evidence, watched_since, now, .. } = *scene;
        let within = self.restarts_within.get();
        let turns = evidence.instances().flat_map(|it| {
            let overdue = it.first_seen.max(watched_since).plus(self.outcome_within);
            let ends = it.crashes.iter().copied().chain([it.last_seen]);
            ends.map(move |at| at.plus(within)).chain([overdue]).map(after)
        });
        next(turns, now).min(scene.facts_until)
    }
}

impl Startup {
    fn verdict(&self, seen: Seen<'_>) -> Verdict {
        let mut verdict = self.restarts(seen);
        for instance in seen.evidence.instances() {
            let Some(finding) = self.finding(instance, seen) else { continue };
            let source = instance.source.clone();
            let found = match finding {
                Finding::Aborted(checks) => {
                    self.not_started(instance, Reason::StartupAborted { source, checks }, seen)
                }
                Finding::Silent => {
                    let since = instance.first_seen;
                    self.not_started(instance, Reason::StartupSilent { source, since }, seen)
                }
                _ if !instance.is_running(seen.now) => None,
                Finding::Degraded(checks) => Some(Verdict::Bad {
                    state: ComponentState::DegradedPerformance,
                    fault_at: instance.first_seen,
                    reasons: vec![Reason::StartupDegraded { source, checks }],
                }),
                Finding::Well => Some(Verdict::Good),
            };
            if let Some(found) = found {
                verdict = worse(verdict, found);
            }
        }
        verdict
    }

    /// Says what an instance's startup means for the component; nothing when it is not about it.
    fn finding(&self, instance: &InstanceRecord, seen: Seen<'_>) -> Option<Finding> {
        let component = seen.component;
        let about = |id: &Option<_>| id.as_ref() == Some(&component.id);
        let guarded = instance.checks.values().any(|it| about(&it.component));
        if !guarded && !is_declared_part(component, &instance.source.service) {
            return None;
        }
        match instance.startup {
            Some(outcome) => finding(component, instance, outcome),
            None => self.is_overdue(instance, seen).then_some(Finding::Silent),
        }
    }

    /// While the collector was away nobody could tell it anything.
    fn is_overdue(&self, instance: &InstanceRecord, seen: Seen<'_>) -> bool {
        let began = instance.first_seen.max(seen.watched_since);
        let began_to_start = !instance.checks.is_empty() && instance.stopped.is_none();
        began_to_start && seen.now.since(began) > self.outcome_within
    }

    /// A start that did not succeed counts until a later start of the service does, and while
    /// others run only for a while; with others running, part of the service is still there.
    fn not_started(
        &self,
        instance: &InstanceRecord,
        reason: Reason,
        seen: Seen<'_>,
    ) -> Option<Verdict> {
        let service = &instance.source.service;
        let is_well = |it: &&InstanceRecord| {
            let finding = self.finding(it, seen);
            it.source.service == *service
                && matches!(finding, Some(Finding::Well | Finding::Degraded(_)))
        };
        let others: Vec<_> = seen.evidence.running(seen.now).filter(is_well).collect();
        let mended = others.iter().any(|it| it.first_seen > instance.first_seen);
        let alone = others.is_empty();
        if mended || (!alone && seen.now.since(instance.last_seen) > FAILURES_COUNT_FOR) {
            return None;
        }
        Some(Verdict::Bad {
            state: if alone { ComponentState::MajorOutage } else { ComponentState::PartialOutage },
            fault_at: instance.first_seen,
            reasons: vec![reason],
        })
    }
}

/// Says what the outcome of an instance's startup means for the component.
fn finding(
    component: &Component,
    instance: &InstanceRecord,
    outcome: StartupOutcome,
) -> Option<Finding> {
    let about = |id: &Option<_>| id.as_ref() == Some(&component.id);
    let failed = instance.checks.iter().filter(|(_, it)| it.outcome != CheckOutcome::Passed);
    let told = failed.clone().any(|(_, it)| it.component.is_some());
    let mine: Vec<String> = failed
        .filter(|(_, it)| about(&it.component) || !told)
        .map(|(name, it)| format!("{name}: {}", it.message))
        .collect();
    // failed checks that name other components say nothing about this one
    let concerned = !mine.is_empty() || !told;
    Some(match outcome {
        StartupOutcome::Aborted if concerned => Finding::Aborted(mine),
        StartupOutcome::Degraded if concerned => Finding::Degraded(mine),
        StartupOutcome::Aborted => return None,
        StartupOutcome::Degraded | StartupOutcome::Ready => Finding::Well,
    })
}

fn is_declared_part(component: &Component, service: &Service) -> bool {
    component.services.contains(service)
}

/// Takes both into account: a failure over a success over silence, the worse failure's state,
/// the earlier time, and all reasons.
pub(super) fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Quiet, it) | (it, Verdict::Quiet) => it,
        (Verdict::NotDue, it) | (it, Verdict::NotDue) => it,
        (Verdict::Missing, it) | (it, Verdict::Missing) => it,
        (Verdict::Good, it) | (it, Verdict::Good) => it,
        (Verdict::Between, it) | (it, Verdict::Between) => it,
        (Verdict::Error { .. }, it) | (it, Verdict::Error { .. }) => it,
        (
            Verdict::Bad { state: a, fault_at: since_a, reasons: mut all },
            Verdict::Bad { state: b, fault_at: since_b, reasons },
        ) => {
            all.extend(reasons);
            Verdict::Bad { state: a.worst(b), fault_at: since_a.min(since_b), reasons: all }
        }
    }
}

#[cfg(test)]
mod tests;

//! `startup`: an instance refused to start, or serves with failed checks.

use bellwether_core::catalog::Component;
use bellwether_core::facts::{CheckOutcome, InstanceRecord, StartupOutcome};
use bellwether_core::ids::Service;
use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::View;
use super::{Common, Judge, Kind, Scene};
use crate::evidence::{Evidence, FAILURES_COUNT_FOR};
use crate::sample::{Sample, Verdict};

/// Settings of a `startup` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
}

pub(super) const KIND: Kind = Kind {
    name: "startup",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        Ok((settings.common, Box::new(Startup)))
    },
    default: super::no_settings,
};

struct Startup;

/// What the startup of one instance means for the component.
enum Finding {
    Well,
    Degraded(Vec<String>),
    Aborted(Vec<String>),
}

impl Judge for Startup {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        vec![Sample::of(verdict(scene.component, scene.evidence, scene.now))]
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Facts])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        scene.facts_until
    }
}

fn verdict(component: &Component, evidence: &Evidence, now: Timestamp) -> Verdict {
    let mut verdict = Verdict::Quiet;
    for instance in evidence.instances() {
        let Some(finding) = finding(component, instance) else { continue };
        let found = match finding {
            Finding::Aborted(checks) => aborted(instance, checks, component, evidence, now),
            _ if !instance.is_running(now) => None,
            Finding::Degraded(checks) => Some(Verdict::Bad {
                state: ComponentState::DegradedPerformance,
                fault_at: instance.first_seen,
                reasons: vec![Reason::StartupDegraded { source: instance.source.clone(), checks }],
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
fn finding(component: &Component, instance: &InstanceRecord) -> Option<Finding> {
    let outcome = instance.startup?;
    let about = |id: &Option<_>| id.as_ref() == Some(&component.id);
    let failed = instance.checks.iter().filter(|(_, it)| it.outcome != CheckOutcome::Passed);
    let told = failed.clone().any(|(_, it)| it.component.is_some());
    let mine: Vec<String> = failed
        .filter(|(_, it)| about(&it.component) || !told)
        .map(|(name, it)| format!("{name}: {}", it.message))
        .collect();
    let guarded = instance.checks.values().any(|it| about(&it.component));
    if !guarded && !is_declared_part(component, &instance.source.service) {
        return None;
    }
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

/// An aborted start counts until a later start of the service succeeds, and while others
/// run only for a while; with others running, part of the service is still there.
fn aborted(
    instance: &InstanceRecord,
    checks: Vec<String>,
    component: &Component,
    evidence: &Evidence,
    now: Timestamp,
) -> Option<Verdict> {
    let service = &instance.source.service;
    let is_well = |it: &&InstanceRecord| {
        let finding = finding(component, it);
        it.source.service == *service
            && matches!(finding, Some(Finding::Well | Finding::Degraded(_)))
    };
    let others: Vec<&InstanceRecord> = evidence.running(now).filter(is_well).collect();
    let mended = others.iter().any(|it| it.first_seen > instance.first_seen);
    let alone = others.is_empty();
    if mended || (!alone && now.since(instance.last_seen) > FAILURES_COUNT_FOR) {
        return None;
    }
    Some(Verdict::Bad {
        state: if alone { ComponentState::MajorOutage } else { ComponentState::PartialOutage },
        fault_at: instance.first_seen,
        reasons: vec![Reason::StartupAborted { source: instance.source.clone(), checks }],
    })
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

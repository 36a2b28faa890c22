//! `instance_gone`: an instance that reported fell silent without saying that it stops.

use bellwether_core::facts::{InstanceRecord, StartupOutcome};
use bellwether_core::ids::Service;
use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::View;
use super::startup::worse;
use super::{Common, Judge, Kind, Scene};
use crate::evidence::FAILURES_COUNT_FOR;
use crate::sample::{Sample, Verdict};

/// Settings of an `instance_gone` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
}

pub(super) const KIND: Kind = Kind {
    name: "instance_gone",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        Ok((settings.common, Box::new(InstanceGone)))
    },
    default: super::no_settings,
};

struct InstanceGone;

impl Judge for InstanceGone {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let services = scene.component.services.iter().map(|it| of_service(it, scene));
        vec![Sample::of(services.fold(Verdict::Quiet, worse))]
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Facts])
    }

    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        scene.facts_until
    }
}

/// Judges the instances of one service.
fn of_service(service: &Service, scene: &Scene<'_>) -> Verdict {
    let all = || scene.evidence.instances().filter(|it| it.source.service == *service);
    let running: Vec<&InstanceRecord> = all().filter(|it| it.is_running(scene.now)).collect();
    let mut gone: Vec<&InstanceRecord> = all().filter(|it| is_gone(it, scene)).collect();
    // each that began since then stands for one of them, the first for the first; also one that
    // has stopped in order by now, for then nobody was missed
    gone.sort_by_key(|it| it.last_seen);
    let stopped =
        |it: &&InstanceRecord| it.stopped.is_some() && it.startup != Some(StartupOutcome::Aborted);
    let stood = all().filter(|it| it.is_running(scene.now) || stopped(it));
    let mut began: Vec<Timestamp> = stood.map(|it| it.first_seen).collect();
    began.sort_unstable();
    let mut began = began.into_iter().peekable();
    gone.retain(|it| {
        while began.next_if(|at| *at <= it.last_seen).is_some() {}
        began.next().is_none()
    });
    if !running.is_empty() {
        gone.retain(|it| scene.now.since(it.last_seen) <= FAILURES_COUNT_FOR);
    }
    match (gone.first(), running.is_empty()) {
        (None, true) => Verdict::Quiet,
        (None, false) => Verdict::Good,
        (Some(first), alone) => Verdict::Bad {
            state: if alone { ComponentState::MajorOutage } else { ComponentState::PartialOutage },
            fault_at: first.last_seen,
            reasons: gone.iter().map(|it| reason(it)).collect(),
        },
    }
}

/// While the collector was away nobody could report: silence counts from when it came back.
fn is_gone(instance: &InstanceRecord, scene: &Scene<'_>) -> bool {
    let silent_since = instance.last_seen.max(scene.watched_since);
    instance.reports() && scene.now.since(silent_since) > instance.patience()
}

fn reason(instance: &InstanceRecord) -> Reason {
    Reason::InstanceGone { source: instance.source.clone(), since: instance.last_seen }
}

#[cfg(test)]
mod tests;

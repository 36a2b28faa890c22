//! What monitors of running instances find, for the rules that go by it.

use std::collections::BTreeMap;

use bellwether_core::facts::{InstanceRecord, MonitorRecord};
use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;

use super::timing::{Failures, Misfit, Timing};
use super::{Common, Scene};
use crate::sample::{Labels, Sample, Verdict};

/// So many instances of which a monitor fails are told by name.
const TOLD: usize = 5;

/// After how many runs a monitor counts as failing, and as well again. It is counted for each
/// instance by itself: one that is well does not interrupt another's failures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    failures: u32,
    successes: u32,
}

impl Counted {
    /// Takes the counting over from the state machine, for which one result is enough then.
    pub(super) fn take(common: &mut Common) -> Result<Self, Misfit> {
        let Timing { failures, successes, .. } = &mut common.timing;
        let failures = match failures.take() {
            None => 2,
            Some(Failures::InARow(count)) => count.max(1),
            Some(Failures::Of(_)) => {
                let message = "runs of a monitor are counted in a row";
                return Err(Misfit::new("failures", message, "write `failures: 2`"));
            }
        };
        let wanted = successes.unwrap_or(3);
        if *successes != Some(0) {
            *successes = Some(1);
        }
        Ok(Self { failures, successes: wanted })
    }
}

/// The same monitor in several instances.
#[derive(Default)]
struct Group<'a> {
    fresh: Vec<(&'a InstanceRecord, &'a str, &'a MonitorRecord)>,
    /// Whether an instance runs of which nothing came for too long.
    stale: bool,
}

/// Judges the monitors that `pick` wants, by the labels that it gives them. `all` is the state
/// when every instance says so.
pub(super) fn judge(
    scene: &Scene<'_>,
    counted: Counted,
    all: ComponentState,
    pick: impl Fn(&InstanceRecord, &str, &MonitorRecord) -> Option<Labels>,
) -> Vec<Sample> {
    let mut groups: BTreeMap<Labels, Group<'_>> = BTreeMap::new();
    // a probe promises no reports: it counts by its own rhythm
    let there = |it: &&InstanceRecord| {
        it.is_running(scene.now) || it.routes.is_none() && it.stopped.is_none()
    };
    for instance in scene.evidence.instances().filter(there) {
        for (name, record) in &instance.monitors {
            let Some(labels) = pick(instance, name, record) else { continue };
            let group = groups.entry(labels).or_default();
            if record.is_stale(scene.now) {
                // of one that ran once nobody knows when it runs again
                group.stale |= record.period.is_some();
            } else {
                group.fresh.push((instance, name, record));
            }
        }
    }
    let sample = |(labels, group): (Labels, Group<'_>)| Sample {
        labels,
        ..Sample::of(verdict(&group, counted, all))
    };
    groups.into_iter().map(sample).collect()
}

fn verdict(group: &Group<'_>, counted: Counted, all: ComponentState) -> Verdict {
    let Group { fresh, stale } = group;
    let Counted { failures, successes } = counted;
    let failing: Vec<_> = fresh.iter().filter(|it| it.2.is_failing(failures, successes)).collect();
    let since = failing.iter().map(|it| it.2.failing_since.unwrap_or(it.2.at)).min();
    match since {
        Some(fault_at) => Verdict::Bad {
            state: if failing.len() == fresh.len() {
                all
            } else {
                all.min(ComponentState::PartialOutage)
            },
            fault_at,
            reasons: failing.iter().take(TOLD).map(|it| reason(it.0, it.1, it.2)).collect(),
        },
        None if !fresh.is_empty() => Verdict::Good,
        None if *stale => Verdict::Missing,
        None => Verdict::Quiet,
    }
}

fn reason(instance: &InstanceRecord, name: &str, record: &MonitorRecord) -> Reason {
    let source = instance.source.clone();
    let message = record.newest.message.clone();
    match &record.newest.journey {
        Some(journey) => Reason::JourneyFailing {
            source,
            journey: journey.clone(),
            customer: record.newest.customer.clone(),
            message,
        },
        None => Reason::MonitorFailing {
            source,
            monitor: name.to_owned(),
            failures: record.failures_in_a_row(),
            message,
        },
    }
}

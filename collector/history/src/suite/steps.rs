//! Random steps, as a collector takes them.

use bellwether_core::incident::IncidentStatus::{Investigating, Resolved};
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_core::store::Commit;
use proptest::prelude::*;

use super::samples::{alert, component, incident, instance, newest, notice, service, transition};

pub(super) const DESTINATIONS: [&str; 2] = ["statuspage", "datadog"];

#[derive(Clone, Debug)]
pub(super) enum Step {
    Commit(Vec<Change>),
    /// Settles one of the notices that were ever due, which one and how.
    Settle(usize, u8),
    Forget(i64),
    Reopen,
}

/// One record; keys are few, so that they meet again.
#[derive(Clone, Debug)]
pub(super) struct Change {
    kind: u8,
    key: u8,
    time: i64,
    flag: bool,
    hold: i64,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = (0..9_u8, 0..3_u8, 10..60_i64, any::<bool>(), 0..20_i64)
        .prop_map(|(kind, key, time, flag, hold)| Change { kind, key, time, flag, hold });
    let step = prop_oneof![
        6 => prop::collection::vec(change, 0..8).prop_map(Step::Commit),
        4 => (any::<usize>(), 0..3_u8).prop_map(|(which, how)| Step::Settle(which, how)),
        1 => (10..60_i64).prop_map(Step::Forget),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

impl Change {
    pub(super) fn add_to(&self, commit: &mut Commit) {
        let Self { kind, key, time, flag, hold } = *self;
        let name = format!("k{key}");
        let state = if flag { MajorOutage } else { Operational };
        let status = if flag { Investigating } else { Resolved };
        let destination = DESTINATIONS[usize::from(kind % 2)];
        match kind {
            0 => commit.instances.push(instance(&name, time, flag.then_some(time))),
            1 => commit.services.push(service(&name, &time.to_string())),
            2 => commit.alerts.push(alert("rule", &name, time.unsigned_abs())),
            3 => commit.components.push(component(&name, state)),
            4 => commit.transitions.push(transition(&name, time)),
            5 => commit.incidents.push(incident(&name, time, status)),
            6 => commit.notices.push(notice(destination, &name, state, time, hold)),
            _ => commit.notices.push(newest(destination, &name, state, time, hold)),
        }
    }
}

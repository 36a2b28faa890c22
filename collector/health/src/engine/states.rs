//! The states of components, and who is not told of because somebody else is.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::alert::Alert;
use bellwether_core::catalog::{Catalog, Component};
use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;

use crate::rules::patience_with;
use crate::rules::rest::{after, next};

pub(super) type States = BTreeMap<ComponentId, ComponentState>;

/// Works out own states: the worst that a component's own alerts give; none before the first
/// evidence and when all evidence is stale; `under_maintenance` while that is so, whatever they
/// give.
pub(super) fn own<'a>(
    alerts: impl Iterator<Item = &'a Alert>,
    catalog: &Catalog,
    maintenance: &BTreeSet<ComponentId>,
    now: Timestamp,
) -> States {
    let mut own = States::new();
    for alert in alerts {
        let Some(component) = catalog.component(&alert.component) else { continue };
        let Some(state) = given(alert, component, now) else { continue };
        match own.get_mut(&alert.component) {
            Some(worst) => *worst = worst.worst(state),
            None => {
                own.insert(alert.component.clone(), state);
            }
        }
    }
    let under = maintenance.iter().filter(|id| catalog.component(id).is_some());
    own.extend(under.map(|id| (id.clone(), ComponentState::UnderMaintenance)));
    own
}

/// Returns until when the same alerts give the same states: until evidence is too old.
pub(super) fn until<'a>(
    alerts: impl Iterator<Item = &'a Alert>,
    catalog: &Catalog,
    now: Timestamp,
) -> Timestamp {
    let ends = alerts.filter_map(|it| {
        let component = catalog.component(&it.component)?;
        Some(after(it.stale_since?.plus(patience_with(component))))
    });
    next(ends, now)
}

/// Says what an alert says of its component.
fn given(alert: &Alert, component: &Component, now: Timestamp) -> Option<ComponentState> {
    let holds = |since| now.since(since) <= patience_with(component);
    if alert.phase.is_active() {
        Some(alert.state)
    } else if alert.key.whose_data().is_some() {
        // that data are not lost says nothing about what they say
        None
    } else {
        alert.stale_since.is_none_or(holds).then_some(ComponentState::Operational)
    }
}

//! What keeps people from being told, in this order: inhibited, outside active time, muted,
//! silenced, already told. It stops messages, never evaluation, history or resolution.

use std::collections::BTreeMap;

use bellwether_core::alert::Alert;
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::incident::Incident;
use bellwether_core::ruling::Why;
use bellwether_core::time::Timestamp;

use crate::policy::{Policy, Route};
use crate::silences::Silences;

/// Says why nobody is told of an incident now, because of what it stands on: where each of its
/// alerts is told by another one.
pub(crate) fn inhibited(incident: &Incident, active: &[Alert]) -> Option<Why> {
    let mut own = active.iter().filter(|it| it.component == incident.component).peekable();
    own.peek()?;
    let mut by = None;
    for alert in own {
        by = Some(alert.cause()?.clone());
    }
    Some(Why::Inhibited { by })
}

/// Says why nobody is told of an incident now, because people want that.
pub(crate) fn unwanted(
    incident: &Incident,
    silences: &Silences,
    maintenance: &BTreeMap<ComponentId, String>,
    catalog: &Catalog,
    now: Timestamp,
) -> Option<Why> {
    if let Some(window) = maintenance.get(&incident.component) {
        return Some(Why::Maintenance { window: window.clone() });
    }
    let silence = silences.of(incident, catalog, now)?;
    let (id, author, reason) = (silence.id.clone(), silence.author.clone(), silence.reason.clone());
    Some(Why::Silenced { id, author, reason })
}

/// Says why a route does not tell at this time.
pub(crate) fn of_route(policy: &Policy, route: &Route, now: Timestamp) -> Option<Why> {
    let holds = |name: &String| policy.intervals.get(name).is_some_and(|it| it.holds(now));
    if !route.active.is_empty() && !route.active.iter().any(holds) {
        return Some(Why::OutsideActiveTime { intervals: route.active.clone() });
    }
    let muted = route.mute.iter().find(|it| holds(it))?;
    Some(Why::Muted { interval: muted.clone() })
}

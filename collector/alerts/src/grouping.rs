//! When those who know of an incident are told of it again: changes come together, reminders and
//! updates come after their time.

use std::time::Duration;

use bellwether_core::ids::ComponentId;
use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use bellwether_core::ruling::Why;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::Severity;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::Timing;

/// What one destination was told of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// When it was told last.
    pub(crate) last: Timestamp,
    /// When it was kept informed last, where it is read by somebody who answers for a customer.
    pub(crate) updated: Option<Timestamp>,
    /// Whether it is.
    pub(crate) stakeholder: bool,
    /// The newest news that it knows of.
    pub(crate) news: u64,
    /// How loud the incident was then.
    pub(crate) severity: Severity,
    /// What its cause was then.
    pub(crate) component: ComponentId,
    /// After how long it is told again, where its route says so.
    pub(crate) repeat: Option<Duration>,
}

/// What is next for a destination that knows of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is told.
    Tell(Change, Why),
    /// It is told later.
    Wait(Why),
    /// There is nothing to tell.
    Nothing,
}

/// Says what is next for a destination that knows of an incident; `quiet` while somebody works on it.
pub(crate) fn next(
    told: &Told,
    incident: &Incident,
    news: u64,
    timing: &Timing,
    quiet: bool,
    now: Timestamp,
) -> Next {
    let is_news = told.news < news;
    if told.stakeholder {
        return stakeholder(told, is_news, timing.updates_every, now);
    }
    // louder, or of another cause: that waits for nothing
    let urgent = incident.severity > told.severity || incident.component != told.component;
    let free = told.last.plus(timing.group_interval);
    if is_news && (urgent || now >= free) {
        return Next::Tell(Change::Updated, Why::Changed);
    }
    let every = told.repeat.unwrap_or(timing.repeat_interval);
    if !quiet && now >= told.last.plus(every) {
        return Next::Tell(Change::Reminded, Why::Repeat { every: HumanDuration::new(every) });
    }
    if is_news { Next::Wait(Why::GroupInterval { until: free }) } else { Next::Nothing }
}

/// Keeps somebody informed who answers for a customer: of each change, and every so often, never
/// more than once in that time.
fn stakeholder(told: &Told, is_news: bool, every: Duration, now: Timestamp) -> Next {
    let free = told.updated.map_or(told.last, |it| it.plus(every));
    if is_news {
        return match now >= free {
            true => Next::Tell(Change::Updated, Why::Changed),
            false => Next::Wait(Why::GroupInterval { until: free }),
        };
    }
    match now >= told.last.plus(every) {
        true => Next::Tell(Change::Updated, Why::Update { every: HumanDuration::new(every) }),
        false => Next::Nothing,
    }
}

//! When those who know of an incident are told of it again: changes come together, reminders and
//! updates come after their time.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::distinct::hash;
use bellwether_core::ids::ComponentId;
use bellwether_core::incident::{Incident, IncidentStatus};
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
    /// What it knows of the incident; see [`picture`].
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

/// Returns what of an incident those who know of it want to know, as a number: what becomes as they
/// know it again is no news to them.
pub(crate) fn picture(incident: &Incident) -> u64 {
    let Incident { component, worst, severity, alerts, suppressed, .. } = incident;
    let alerts: BTreeSet<_> = alerts.iter().collect();
    let suppressed: BTreeSet<_> = suppressed.iter().collect();
    let opportunities = incident.impact.opportunities.iter().map(|it| &it.id);
    let opportunities: BTreeSet<_> = opportunities.collect();
    let Incident { customers, flapping, affected, .. } = incident;
    let all = (component, worst, severity, alerts, suppressed, customers, flapping, affected);
    // of what this is made of, nothing can fail to be written
    let text = serde_json::to_string(&(all, opportunities, incident.impact.everything));
    hash(&text.unwrap_or_default())
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
    let is_news = told.news != news;
    if told.stakeholder {
        return stakeholder(told, is_news, timing.updates_every, now);
    }
    // what looks mended is told once it is over, or once it is not
    let is_news = is_news && incident.status != IncidentStatus::Monitoring;
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

//! What becomes of one incident.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bellwether_core::alert::{Alert, AlertKey, Phase, Suppression};
use bellwether_core::catalog::Component;
use bellwether_core::distinct::hash;
use bellwether_core::ids::{ComponentId, CustomerId, IncidentId};
use bellwether_core::impact::Impact;
use bellwether_core::incident::{Entry, Incident, IncidentStatus, Response};
use bellwether_core::money::Totals;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;

use super::Standing;

/// An incident shows so many traces at most: people look at a few.
const MOST_TRACES: usize = 5;

/// Opens an incident.
pub(super) fn open(
    component: &Component,
    alerts: &[&Alert],
    standing: &Standing<'_>,
    now: Timestamp,
) -> Incident {
    let mut incident = Incident {
        id: id(alerts, now),
        revision: 1,
        component: component.id.clone(),
        component_name: component.name.clone(),
        status: IncidentStatus::Investigating,
        worst: worst(alerts),
        severity: alerts.iter().map(|it| it.severity).max().unwrap_or(Severity::Low),
        fault_at: alerts.iter().filter_map(|it| it.fault_at).min().unwrap_or(now).min(now),
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        alerts: alerts.iter().map(|it| it.key.clone()).collect(),
        suppressed: suppressed(&component.id, standing),
        causes: causes(alerts),
        traces: traces(Vec::new(), alerts),
        affected: affected(&component.id, standing),
        impact: Impact::default(),
        customers: BTreeSet::new(),
        flapping: alerts.iter().any(|it| it.flapping),
        timeline: Vec::new(),
        response: Response::default(),
    };
    incident.impact = impact(&incident, standing);
    incident.customers = customers(&incident, standing);
    let text = format!("opened: {}", incident.causes.join("; "));
    incident.timeline.push(Entry { at: now, text });
    incident
}

/// An id that is stable for the life of the incident, and not used again by the next one.
fn id(alerts: &[&Alert], now: Timestamp) -> IncidentId {
    let dedup = alerts.first().map_or(0, |it| it.key.dedup(it.epoch));
    // the second it was opened tells lives apart even when a store was lost
    IncidentId::from(format!("inc-{:08x}{:08x}", now.secs() as u32, dedup as u32))
}

/// Follows an open incident; says with it whether anything changed that people want to know.
/// Without alerts of its own it is watched until what it caused is good again, too.
pub(super) fn follow(
    mut incident: Incident,
    alerts: &[&Alert],
    standing: &Standing<'_>,
    now: Timestamp,
) -> (Incident, bool) {
    let mut next = incident.clone();
    let recovering = alerts.iter().all(|it| it.phase == Phase::Recovering);
    next.status = match (recovering, incident.status) {
        (true, _) => IncidentStatus::Monitoring,
        (false, IncidentStatus::Monitoring) => IncidentStatus::Investigating,
        (false, status) => status,
    };
    next.worst = incident.worst.worst(worst(alerts));
    next.severity = alerts.iter().map(|it| it.severity).fold(incident.severity, Ord::max);
    let known: HashSet<&AlertKey> = incident.alerts.iter().collect();
    let joined = alerts.iter().filter(|it| !known.contains(&it.key));
    let joined: Vec<&Alert> = joined.copied().collect();
    next.alerts.extend(joined.iter().map(|it| it.key.clone()));
    next.suppressed = suppressed(&incident.component, standing);
    next.affected = affected(&incident.component, standing);
    next.impact = impact(&next, standing);
    next.customers = customers(&next, standing);
    next.flapping |= alerts.iter().any(|it| it.flapping);
    if !is_news(&mut incident, &next) {
        return (next, false);
    }
    // a changed wording of the same cause is no news; it comes along with the next change
    if !alerts.is_empty() {
        next.causes = causes(alerts);
    }
    next.traces = traces(next.traces, &joined);
    next.revision += 1;
    next.updated_at = now;
    next.timeline.extend(story(&incident, &next, now));
    (next, true)
}

/// Says whether something else changed than amounts, which change all the time.
fn is_news(before: &mut Incident, after: &Incident) -> bool {
    let (was, is) = (&before.impact, &after.impact);
    if was.opportunities != is.opportunities || was.everything != is.everything {
        return true;
    }
    let amounts = std::mem::replace(&mut before.impact, after.impact.clone());
    let is_news = *before != *after;
    before.impact = amounts;
    is_news
}

fn story(before: &Incident, after: &Incident, now: Timestamp) -> Vec<Entry> {
    let mut lines = Vec::new();
    if before.status != after.status {
        lines.push(match after.status {
            IncidentStatus::Monitoring => "what failed is good again, watching".to_owned(),
            status => format!("{status} again"),
        });
    }
    let known: HashSet<&AlertKey> = before.alerts.iter().collect();
    let joined: Vec<String> =
        after.alerts.iter().filter(|it| !known.contains(it)).map(ToString::to_string).collect();
    if !joined.is_empty() {
        lines.push(format!("joined by {}", joined.join(", ")));
    }
    if before.suppressed.len() != after.suppressed.len() {
        lines.push(format!("{} alerts of what stands on it are not told", after.suppressed.len()));
    }
    if before.worst != after.worst {
        lines.push(format!("now {}", after.worst));
    }
    if before.severity != after.severity {
        lines.push(format!("severity is now {}", after.severity));
    }
    if after.flapping && !before.flapping {
        lines.push("it flaps: no recovery is told before it is steady".to_owned());
    }
    let came: Vec<&str> =
        after.customers.difference(&before.customers).map(CustomerId::as_str).collect();
    if !came.is_empty() {
        lines.push(format!("customers who meet it now: {}", came.join(", ")));
    }
    if before.affected != after.affected {
        let states: Vec<String> =
            after.affected.iter().map(|(id, state)| format!("{id} {state}")).collect();
        lines.push(format!("affected: {}", states.join(", ")));
    }
    lines.into_iter().map(|text| Entry { at: now, text }).collect()
}

/// Ends an incident, because nothing fires any more.
pub(super) fn resolve(mut incident: Incident, standing: &Standing<'_>, now: Timestamp) -> Incident {
    incident.status = IncidentStatus::Resolved;
    incident.revision += 1;
    incident.updated_at = now;
    incident.resolved_at = Some(now);
    for (id, state) in &mut incident.affected {
        *state = standing.effective.get(id).copied().unwrap_or(ComponentState::Unknown);
    }
    let text = format!("resolved after {} s", now.since(incident.opened_at).as_secs());
    incident.timeline.push(Entry { at: now, text });
    incident
}

/// Gives an incident to the component that turned out to be the cause. Its id stays.
pub(super) fn reparent(
    mut incident: Incident,
    cause: &Component,
    alerts: &[&Alert],
    standing: &Standing<'_>,
    now: Timestamp,
) -> Incident {
    let text = format!("the cause is {}, not {}", cause.name, incident.component_name);
    incident.component = cause.id.clone();
    incident.component_name = cause.name.clone();
    incident.status = IncidentStatus::Identified;
    incident.revision += 1;
    incident.updated_at = now;
    incident.worst = worst(alerts);
    incident.severity = alerts.iter().map(|it| it.severity).fold(incident.severity, Ord::max);
    incident.alerts.extend(alerts.iter().map(|it| it.key.clone()));
    incident.suppressed = suppressed(&cause.id, standing);
    incident.causes = causes(alerts);
    incident.traces = traces(Vec::new(), alerts);
    incident.affected = affected(&cause.id, standing);
    incident.impact = impact(&incident, standing);
    incident.customers = customers(&incident, standing);
    incident.timeline.push(Entry { at: now, text });
    incident
}

/// Ends an incident whose cause another one tells.
pub(super) fn merge(mut incident: Incident, into: &Incident, now: Timestamp) -> Incident {
    incident.status = IncidentStatus::Resolved;
    incident.revision += 1;
    incident.updated_at = now;
    incident.resolved_at = Some(now);
    let text = format!("the cause is {}: goes on as {}", into.component_name, into.id);
    incident.timeline.push(Entry { at: now, text });
    incident
}

/// Says whether something that stands on a component still fires because that was out.
pub(super) fn lingers(component: &Component, standing: &Standing<'_>) -> bool {
    standing.active.iter().any(|it| match &it.suppressed_by {
        Some(Suppression::Aftermath { component: of, .. }) => *of == component.id,
        _ => false,
    })
}

/// The alerts of what stands on a component that are not told because of it.
fn suppressed(id: &ComponentId, standing: &Standing<'_>) -> Vec<AlertKey> {
    let alerts = standing.active.iter().filter(|it| it.cause() == Some(id));
    alerts.map(|it| it.key.clone()).collect()
}

fn worst(alerts: &[&Alert]) -> ComponentState {
    alerts.iter().map(|it| it.state).max().unwrap_or(ComponentState::Unknown)
}

fn causes(alerts: &[&Alert]) -> Vec<String> {
    alerts.iter().flat_map(|it| &it.reasons).map(ToString::to_string).collect()
}

/// Traces that show an incident: those that are known already, and of each alert one.
fn traces(known: Vec<TraceId>, alerts: &[&Alert]) -> Vec<TraceId> {
    let mut traces = known;
    for trace in alerts.iter().filter_map(|it| it.example) {
        if traces.len() < MOST_TRACES && !traces.contains(&trace) {
            traces.push(trace);
        }
    }
    traces
}

/// The customers of the catalog who met failures, or whose opportunities are at risk, and those
/// of before.
fn customers(incident: &Incident, standing: &Standing<'_>) -> BTreeSet<CustomerId> {
    let mut customers = incident.customers.clone();
    customers.extend(incident.impact.opportunities.iter().map(|it| it.customer.clone()));
    let failing: Vec<u64> = incident
        .affected
        .keys()
        .filter_map(|it| standing.failing.get(it))
        .flatten()
        .copied()
        .collect();
    if !failing.is_empty() {
        let met = standing.catalog.customers().map(|(id, _)| id);
        customers.extend(met.filter(|it| failing.contains(&hash(it.as_str()))).cloned());
    }
    customers
}

/// The component, and those that stand on it and are unwell too.
fn affected(id: &ComponentId, standing: &Standing<'_>) -> BTreeMap<ComponentId, ComponentState> {
    standing
        .catalog
        .dependents(id)
        .into_iter()
        .filter_map(|it| standing.effective.get(&it).map(|state| (it, *state)))
        .filter(|(it, state)| it == id || state.is_unwell())
        .collect()
}

/// What is at risk because of this incident: kept at its highest while the incident is open,
/// so that what it put at risk is still told when it is over.
fn impact(incident: &Incident, standing: &Standing<'_>) -> Impact {
    let mut highest = incident.impact.clone();
    let now = Impact::of(standing.catalog, &incident.affected, standing.measured);
    for opportunity in now.opportunities {
        match highest.opportunities.iter_mut().find(|it| it.id == opportunity.id) {
            Some(known) => known.because = opportunity.because,
            None => highest.opportunities.push(opportunity),
        }
    }
    for rate in now.rates {
        match highest.rates.iter_mut().find(|it| it.component == rate.component) {
            Some(known) if known.share.ratio() >= rate.share.ratio() => {}
            Some(known) => *known = rate,
            None => highest.rates.push(rate),
        }
    }
    highest.everything |= now.everything;
    highest.unavailable = now.unavailable;
    highest.expected_loss = Totals::default();
    for rate in &highest.rates {
        highest.expected_loss.add(rate.over(standing.catalog.horizon()));
    }
    highest.sum(standing.catalog);
    highest
}

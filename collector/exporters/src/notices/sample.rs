//! An incident that never was: what templates are tried on, and what a test message tells.

use std::collections::BTreeMap;

use bellwether_core::alert::AlertKey;
use bellwether_core::ids::Destination;
use bellwether_core::impact::{Impact, OpportunityAtRisk};
use bellwether_core::incident::{Entry, Incident, IncidentStatus};
use bellwether_core::notice::{Body, Change, Notice, Owed};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;

use super::story::Story;

/// Returns the sample as templates see it.
pub(super) fn story(change: Change) -> Story {
    Story::new(change, &incident(change, Timestamp::default()), "https://health.example")
}

/// Returns an incident that is marked as a test wherever it is told, as of `now`.
pub fn incident(change: Change, now: Timestamp) -> Incident {
    let resolved = change == Change::Resolved;
    Incident {
        id: format!("inc-test-{:x}", now.secs()).as_str().into(),
        revision: if resolved { 2 } else { 1 },
        component: "test".into(),
        component_name: "TEST, nothing is wrong".to_owned(),
        status: if resolved { IncidentStatus::Resolved } else { IncidentStatus::Investigating },
        worst: ComponentState::DegradedPerformance,
        severity: Severity::Low,
        fault_at: now,
        opened_at: now,
        updated_at: now,
        resolved_at: resolved.then_some(now),
        alerts: vec![AlertKey { rule: "test".into(), labels: BTreeMap::new() }],
        suppressed: Vec::new(),
        causes: vec!["this is a test message that somebody asked for".to_owned()],
        traces: Vec::new(),
        affected: [("test".into(), ComponentState::DegradedPerformance)].into(),
        impact: Impact { opportunities: opportunity().into_iter().collect(), ..Impact::default() },
        customers: Default::default(),
        flapping: false,
        response: Default::default(),
        timeline: vec![Entry { at: now, text: "a test was asked for".to_owned() }],
    }
}

/// Returns a notice about it.
pub(crate) fn owed(
    destination: &Destination,
    change: Change,
    recipients: &[String],
    now: Timestamp,
) -> Owed {
    let incident = Box::new(incident(change, now));
    let notice = Notice {
        destination: destination.clone(),
        subject: Notice::incident_subject(&incident.id),
        newest_only: false,
        at: now,
        not_before: now,
        body: Body::Incident { change, incident, recipients: recipients.to_vec() },
    };
    Owed { number: 0, attempts: 0, notice }
}

/// Returns an opportunity of nothing, so that lists of them are tried, too.
fn opportunity() -> Option<OpportunityAtRisk> {
    Some(OpportunityAtRisk {
        id: "test".into(),
        name: "no opportunity".to_owned(),
        customer: "test".into(),
        customer_name: "no customer".to_owned(),
        amount: "0 GBP".parse().ok()?,
        because: Vec::new(),
    })
}

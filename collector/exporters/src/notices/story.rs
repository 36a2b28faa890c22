//! What templates may say of an incident, to people who may know everything.

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::notice::Change;
use serde::Serialize;

use super::Offers;

/// More lines of an incident's story are left out, the oldest first.
const LINES: usize = 20;

/// An incident as templates see it. Everything is a text or a list, so that no template has to
/// reckon. Fields are named in `docs/exporters.md`; whoever adds one adds it there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Story {
    change: &'static str,
    incident: String,
    revision: u64,
    title: String,
    component: String,
    component_name: String,
    state: String,
    severity: &'static str,
    status: &'static str,
    since: String,
    opened_at: String,
    updated_at: String,
    resolved_at: String,
    at_risk: String,
    lost: String,
    everything: bool,
    unavailable: bool,
    opportunities: Vec<Opportunity>,
    customers: Vec<String>,
    causes: Vec<String>,
    traces: Vec<String>,
    affected: Vec<Affected>,
    suppressed: usize,
    acknowledged_by: String,
    acknowledged_until: String,
    doing: &'static str,
    timeline: Vec<Line>,
    link: String,
    acknowledge_link: String,
    silence_link: String,
}

#[derive(Clone, Debug, Serialize)]
struct Opportunity {
    name: String,
    customer: String,
    amount: String,
}

#[derive(Clone, Debug, Serialize)]
struct Affected {
    component: String,
    state: String,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    at: String,
    text: String,
}

impl Story {
    /// Tells a change of an incident; `link` is where people find more, or empty.
    pub(crate) fn new(change: Change, incident: &Incident, link: &str) -> Self {
        let impact = &incident.impact;
        let opportunity = |it: &bellwether_core::impact::OpportunityAtRisk| Opportunity {
            name: it.name.clone(),
            customer: it.customer_name.clone(),
            amount: it.amount.to_string(),
        };
        let affected = incident
            .affected
            .iter()
            .map(|(id, state)| Affected { component: id.to_string(), state: state.to_string() });
        let told = incident.timeline.len().saturating_sub(LINES);
        let lines = incident.timeline.iter().skip(told);
        let resolved = change == Change::Resolved;
        let acknowledged = incident.response.acknowledged.as_ref();
        Self {
            change: change.as_str(),
            incident: incident.id.to_string(),
            revision: incident.revision,
            title: incident.title(),
            component: incident.component.to_string(),
            component_name: incident.component_name.clone(),
            state: incident.worst.as_str().replace('_', " "),
            severity: incident.severity.as_str(),
            status: incident.status.as_str(),
            since: incident.fault_at.to_string(),
            opened_at: incident.opened_at.to_string(),
            updated_at: incident.updated_at.to_string(),
            resolved_at: incident.resolved_at.map(|at| at.to_string()).unwrap_or_default(),
            at_risk: impact.revenue_at_risk.to_string(),
            lost: impact.revenue_lost.to_string(),
            everything: impact.everything,
            unavailable: impact.unavailable,
            opportunities: impact.opportunities.iter().map(opportunity).collect(),
            customers: impact.customers().into_iter().map(str::to_owned).collect(),
            causes: incident.causes.clone(),
            traces: incident.traces.iter().map(ToString::to_string).collect(),
            affected: affected.collect(),
            suppressed: incident.suppressed.len(),
            acknowledged_by: acknowledged.map(|it| it.by.clone()).unwrap_or_default(),
            acknowledged_until: acknowledged.map(|it| it.until.to_string()).unwrap_or_default(),
            doing: if resolved { "" } else { doing(incident.status) },
            timeline: lines
                .map(|it| Line { at: it.at.to_string(), text: it.text.clone() })
                .collect(),
            link: link.to_owned(),
            acknowledge_link: String::new(),
            silence_link: String::new(),
        }
    }

    /// Adds links by which whoever reads it may act.
    pub(crate) fn offering(mut self, offers: &Offers) -> Self {
        self.acknowledge_link.clone_from(&offers.acknowledge);
        self.silence_link.clone_from(&offers.silence);
        self
    }
}

/// Says what is being done.
fn doing(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Investigating => "The cause is being looked for.",
        IncidentStatus::Identified => "The cause is known and being worked on.",
        IncidentStatus::Monitoring => {
            "What failed is good again, and is watched before it is called resolved."
        }
        IncidentStatus::Resolved => "",
    }
}

//! What customers read. Nothing internal: no routes, instances, money, customers or causes.

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::state::{ComponentState, Severity};

use crate::text::{cut, for_customers};

pub(super) const NAME: usize = 255;
pub(super) const BODY: usize = 25_000;

/// What is said while nothing is known of what is out.
pub(super) const BLIND: &str =
    "At the moment we cannot measure it: what is shown here is how it was last seen.";

/// What customers see of an incident's cause.
pub(super) struct Seen<'a> {
    /// The component's name, absent when the page does not have it.
    pub(super) what: Option<&'a str>,
    /// The worst state, of what the page has.
    pub(super) worst: ComponentState,
}

/// Returns the headline.
pub(super) fn name(seen: &Seen<'_>) -> String {
    match seen.what {
        Some(what) => cut(&format!("{what}: {}", seen.worst.as_str().replace('_', " ")), NAME),
        None => "Service disruption".to_owned(),
    }
}

/// Returns what is said at this point of an incident.
pub(super) fn body(seen: &Seen<'_>, incident: &Incident, first: bool) -> String {
    let what = seen.what.unwrap_or("our service");
    let since = for_customers(incident.fault_at);
    let text = match incident.status {
        IncidentStatus::Investigating if first => format!(
            "Since {since}, {what} {}. We are investigating and will tell you here as soon as we know more.",
            how(seen.worst)
        ),
        IncidentStatus::Investigating => {
            format!("Since {since}, {what} {}. We are still investigating.", how(seen.worst))
        }
        IncidentStatus::Identified => format!(
            "Since {since}, {what} {}. We have found the cause and are working on it.",
            how(seen.worst)
        ),
        IncidentStatus::Monitoring => {
            format!(
                "It looks as if {what} works again. We keep watching before we call it resolved."
            )
        }
        IncidentStatus::Resolved => {
            let at = for_customers(incident.resolved_at.unwrap_or(incident.updated_at));
            format!("Since {at}, {what} works normally again. The problem began on {since}.")
        }
    };
    cut(&capitalised(&text), BODY)
}

fn how(worst: ComponentState) -> &'static str {
    match worst {
        ComponentState::MajorOutage => "has not been available",
        ComponentState::PartialOutage => "has been available only in part",
        ComponentState::DegradedPerformance => "has been working worse than it should",
        _ => "may not have been working as it should",
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Returns Statuspage's impact for a severity.
pub(super) fn impact(severity: Severity) -> &'static str {
    match severity {
        Severity::Emergency => "critical",
        Severity::Critical | Severity::High => "major",
        Severity::Medium => "minor",
        Severity::Low => "none",
    }
}

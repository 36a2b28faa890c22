//! What is said of an incident, for people who may know everything.

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;

/// Says to our own people what, since when, what is at risk and for whom; what must not be cut comes first.
pub(crate) fn message(change: Change, incident: &Incident) -> String {
    let mut lines = vec![match (change, incident.resolved_at) {
        (Change::Resolved, Some(at)) => {
            format!("Resolved at {at}, began at {}.", incident.fault_at)
        }
        (Change::Resolved, None) => format!("Resolved, began at {}.", incident.fault_at),
        _ => format!("Since {} ({}).", incident.fault_at, incident.status),
    }];
    if let Some(acknowledged) = &incident.response.acknowledged {
        let by = &acknowledged.by;
        lines.push(format!("Acknowledged by {by}, until {}.", acknowledged.until));
    }
    let verb = if change == Change::Resolved { "Was at risk" } else { "At risk" };
    lines.push(format!("{verb}: {}.", incident.impact.revenue_at_risk));
    for it in &incident.impact.opportunities {
        lines.push(format!("- {} ({}): {}", it.name, it.customer_name, it.amount));
    }
    let customers = incident.impact.customers();
    if !customers.is_empty() {
        lines.push(format!("Customers: {}.", customers.join(", ")));
    }
    lines.extend(incident.causes.iter().map(|cause| format!("Cause: {cause}")));
    let affected = incident.affected.iter().map(|(id, state)| format!("{id} {state}"));
    let affected: Vec<String> = affected.collect();
    if !affected.is_empty() {
        lines.push(format!("Components: {}.", affected.join(", ")));
    }
    lines.join("\n")
}

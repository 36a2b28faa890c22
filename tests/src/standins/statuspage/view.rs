//! Statuspage's human page: components, incidents, history, mail.

use crate::standins::{
    html::{badge, clock, escape, table},
    lock,
};

use super::{
    Statuspage,
    model::{ChangedBy, ComponentStatus, Impact, Incident, IncidentStatus},
};

/// Renders the inside of the page.
pub(super) fn render(page: &Statuspage) -> String {
    let components: Vec<Vec<String>> = page
        .components()
        .iter()
        .map(|component| {
            let name =
                format!("{} <small>{}</small>", escape(&component.name), escape(&component.id));
            vec![name, state(component.status)]
        })
        .collect();
    let mut html = format!("<h2>Components</h2>{}", table(&["component", "state"], &components));
    html.push_str("<h2>Incidents</h2>");
    let incidents = page.incidents();
    if incidents.is_empty() {
        html.push_str("<p class=\"dim\">none</p>");
    }
    for incident in incidents.iter().rev().take(50) {
        html.push_str(&card(incident));
    }
    let steps: Vec<Vec<String>> = page
        .timeline()
        .iter()
        .rev()
        .take(50)
        .map(|step| {
            let by = match &step.by {
                ChangedBy::Incident(id) => format!("incident {id}"),
                ChangedBy::Component => "component request".to_owned(),
                ChangedBy::Hand => "a person".to_owned(),
            };
            let change = format!("{} &rarr; {}", state(step.from), state(step.to));
            vec![clock(&step.at), escape(&step.component), change, escape(&by)]
        })
        .collect();
    let sent = lock(&page.ledger).mails_sent;
    html.push_str("<h2>History of components</h2>");
    html.push_str(&table(&["time", "component", "change", "by"], &steps));
    html.push_str(&format!("<p class=\"dim\">{sent} mails went to subscribers</p>"));
    html
}

fn card(incident: &Incident) -> String {
    let updates: Vec<Vec<String>> = incident
        .incident_updates
        .iter()
        .take(20)
        .map(|update| {
            let mail = if update.deliver_notifications { "mailed" } else { "silent" };
            vec![
                clock(&update.created_at),
                status(update.status),
                escape(&update.body),
                mail.to_owned(),
            ]
        })
        .collect();
    format!(
        "<div class=\"card\">{} {} <b>{}</b><br><small>{} · <code>{}</code></small>{}</div>",
        status(incident.status),
        badge(impact_colour(incident.impact), incident.impact.as_str()),
        escape(&incident.name),
        escape(&incident.id),
        escape(&incident.metadata.to_string()),
        table(&["time", "status", "update", "mail"], &updates),
    )
}

fn state(status: ComponentStatus) -> String {
    let colour = match status {
        ComponentStatus::Operational => "good",
        ComponentStatus::UnderMaintenance => "info",
        ComponentStatus::DegradedPerformance => "low",
        ComponentStatus::PartialOutage => "mid",
        ComponentStatus::MajorOutage => "bad",
    };
    badge(colour, status.as_str())
}

fn impact_colour(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "none",
        Impact::Maintenance => "info",
        Impact::Minor => "low",
        Impact::Major => "mid",
        Impact::Critical => "bad",
    }
}

fn status(status: IncidentStatus) -> String {
    let colour = match status {
        IncidentStatus::Resolved | IncidentStatus::Completed => "good",
        IncidentStatus::Monitoring | IncidentStatus::Verifying => "info",
        IncidentStatus::Scheduled => "none",
        _ => "bad",
    };
    badge(colour, status.as_str())
}

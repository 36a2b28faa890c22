//! Datadog's human page: alerts, checks, and what each service has sent.

use crate::standins::html::{badge, clock, escape, services, table};

use super::{Alert, Datadog};

/// Renders the inside of the page.
pub(super) fn render(datadog: &Datadog) -> String {
    let mut alerts = datadog.alerts();
    alerts.reverse();
    let mut html = "<h2>Alerts</h2>".to_owned();
    if alerts.is_empty() {
        html.push_str("<p class=\"dim\">nothing yet</p>");
    }
    for alert in alerts.iter().take(50) {
        html.push_str(&card(alert));
    }
    let checks: Vec<Vec<String>> = datadog
        .service_checks()
        .iter()
        .map(|check| {
            let (colour, word) = check_status(check.status);
            let name = escape(&format!("{} {}", check.check, check.tags.join(" ")));
            vec![name, badge(colour, word), escape(&check.message)]
        })
        .collect();
    if !checks.is_empty() {
        html.push_str("<h2>Service checks</h2>");
        html.push_str(&table(&["check", "status", "message"], &checks));
    }
    html.push_str(&services(datadog));
    html.push_str(&format!(
        "<p class=\"dim\">{} metric points refused because they were not delta</p>",
        datadog.rejected_points()
    ));
    html
}

fn card(alert: &Alert) -> String {
    let history: Vec<Vec<String>> = alert
        .history
        .iter()
        .rev()
        .take(20)
        .map(|change| {
            let status = badge(colour(&change.status), &change.status);
            vec![clock(&change.at), status, escape(&change.title)]
        })
        .collect();
    format!(
        "<div class=\"card\">{} <b>{}</b><br>{}<br><small>key {} · priority {} · {}</small>{}</div>",
        badge(colour(&alert.status), &alert.status),
        escape(&alert.title),
        escape(&alert.message),
        escape(&alert.key),
        escape(&alert.priority),
        escape(&alert.tags.join(" ")),
        table(&["time", "status", "title"], &history),
    )
}

fn colour(status: &str) -> &'static str {
    match status {
        "ok" => "good",
        "warn" => "low",
        _ => "bad",
    }
}

fn check_status(status: u8) -> (&'static str, &'static str) {
    match status {
        0 => ("good", "ok"),
        1 => ("low", "warning"),
        2 => ("bad", "critical"),
        _ => ("none", "unknown"),
    }
}

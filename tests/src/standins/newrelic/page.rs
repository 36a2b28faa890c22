//! New Relic's human page: events, what was dropped, what each service has sent.

use serde_json::Value;

use crate::standins::html::{badge, clock, escape, services, table};

use super::NewRelic;

/// How many rows each table shows.
const SHOWN: usize = 50;

/// Renders the inside of the page.
pub(super) fn render(newrelic: &NewRelic) -> String {
    let events: Vec<Vec<String>> = newrelic
        .events()
        .iter()
        .rev()
        .take(SHOWN)
        .map(|event| {
            let attributes: Vec<String> = event
                .attributes
                .iter()
                .map(|(name, value)| format!("<b>{}</b> {}", escape(name), escape(&plain(value))))
                .collect();
            vec![clock(&event.at), badge("info", &event.event_type), attributes.join(" &middot; ")]
        })
        .collect();
    let errors: Vec<Vec<String>> = newrelic
        .integration_errors()
        .iter()
        .rev()
        .take(SHOWN)
        .map(|error| vec![clock(&error.at), escape(error.feature), escape(&error.message)])
        .collect();
    format!(
        "<h2>Events</h2>{}{}<h2>NrIntegrationError</h2>{}",
        table(&["time", "type", "attributes"], &events),
        services(newrelic),
        table(&["time", "feature", "message"], &errors),
    )
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

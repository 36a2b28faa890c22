//! The tables of the page.

use bellwether_core::state::ComponentState;

use super::age::Age;
use super::html::Html;
use crate::view::{Component, Destination, Instance, Service, Snapshot, Stream, Time};

pub(super) fn components(html: &mut Html, snapshot: &Snapshot) {
    begin(html, "<h2>Components</h2>", &["Component", "State", "For", "Criticality", "Why"]);
    for it in &snapshot.components {
        component(html, it, snapshot.collector.now);
    }
    end(html, snapshot.components.is_empty(), "The catalog has no components.");
}

fn component(html: &mut Html, it: &Component, now: Time) {
    html.raw("<tr>").cell("<td>", &it.name);
    html.raw("<td>");
    state(html, it.effective);
    if it.own != it.effective {
        html.raw(" <span class=\"note\">own: ").text(words(it.own)).raw("</span>");
    }
    html.raw("</td><td>").text(ago(it.since, now)).raw("</td><td>");
    html.raw(it.criticality.as_str()).raw("</td><td>");
    for reason in &it.reasons {
        html.raw("<p>").text(&reason.text).raw("</p>");
    }
    html.raw("</td></tr>");
}

pub(super) fn services(html: &mut Html, snapshot: &Snapshot) {
    let heads = ["Service", "Version", "Instance", "Startup", "Routes", "Last heard of"];
    begin(html, "<h2>Services</h2>", &heads);
    for service in &snapshot.services {
        for it in &service.instances {
            instance(html, service, it, snapshot.collector.now);
        }
    }
    end(html, snapshot.services.is_empty(), "No service has reported yet.");
}

fn instance(html: &mut Html, service: &Service, it: &Instance, now: Time) {
    html.raw(if it.running { "<tr>" } else { "<tr class=\"gone\">" });
    html.cell("<td>", &service.name).cell("<td>", &it.version).cell("<td>", &it.id);
    html.cell("<td>", it.startup.map_or("not known", |outcome| outcome.as_str()));
    match &it.routes {
        Some(routes) => html.cell("<td>", routes.len()),
        None => html.cell("<td>", "not known"),
    };
    html.raw("<td>").text(ago(Some(it.last_seen), now)).raw(" ago");
    match (it.stopped, it.running) {
        (Some(_), _) => html.raw(", stopped"),
        (None, false) => html.raw(", silent"),
        (None, true) => html,
    };
    html.raw("</td></tr>");
}

pub(super) fn destinations(html: &mut Html, snapshot: &Snapshot) {
    let heads = ["Destination", "Stream", "State", "Waiting", "Sent", "Given up", "Last sent"];
    begin(html, "<h2>Destinations</h2>", &heads);
    for it in &snapshot.destinations {
        let streams =
            [("telemetry", &it.signals), ("notices", &it.notices), ("metrics", &it.metrics)];
        for (name, stream) in streams {
            if let Some(stream) = stream {
                self::stream(html, it, name, stream, snapshot.collector.now);
            }
        }
    }
    end(html, snapshot.destinations.is_empty(), "None is configured.");
}

fn stream(html: &mut Html, of: &Destination, name: &'static str, it: &Stream, now: Time) {
    html.raw("<tr>").cell("<td>", &of.name).cell("<td>", name);
    html.raw("<td><span class=\"state ").raw(it.state.as_str()).raw("\">");
    html.raw(it.state.as_str()).raw("</span>");
    if it.since.is_some() {
        html.raw(" <span class=\"note\">for ").text(ago(it.since, now)).raw("</span>");
    }
    if let Some(why) = &it.why {
        html.raw("<p>").text(why).raw("</p>");
    }
    html.raw("</td>").cell("<td>", it.queued).cell("<td>", it.sent);
    html.cell("<td>", it.dropped.values().sum::<u64>());
    html.raw("<td>").text(ago(it.last_sent, now));
    html.raw(if it.last_sent.is_some() { " ago</td></tr>" } else { "</td></tr>" });
}

fn begin(html: &mut Html, title: &'static str, heads: &[&'static str]) {
    html.raw("<section>").raw(title).raw("<div class=\"wide\"><table><thead><tr>");
    for head in heads {
        html.raw("<th scope=\"col\">").raw(head).raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
}

fn end(html: &mut Html, empty: bool, note: &'static str) {
    html.raw("</tbody></table></div>");
    if empty {
        html.raw("<p class=\"note\">").raw(note).raw("</p>");
    }
    html.raw("</section>");
}

fn state(html: &mut Html, state: ComponentState) {
    html.raw("<span class=\"state ").raw(state.as_str()).raw("\">");
    html.text(words(state)).raw("</span>");
}

fn words(state: ComponentState) -> String {
    state.as_str().replace('_', " ")
}

fn ago(at: Option<Time>, now: Time) -> String {
    at.map_or_else(|| "never".to_owned(), |at| Age(at.age(now)).to_string())
}

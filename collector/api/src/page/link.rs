//! What a link in a message leads to.

use bellwether_core::links::Deed;

use super::html::Html;
use super::sheet::{body, end, head};
use crate::view::Incident;

/// Asks whether it is meant. Nothing is done before the button is pressed.
pub(crate) fn confirm(incident: &Incident, deed: Deed, person: &str) -> String {
    let mut html = begin(verb(deed));
    about(&mut html, incident);
    if incident.resolved_at.is_some() {
        html.raw("<p>It is over: there is nothing to do.</p>");
        return end(html);
    }
    if let Some(it) = &incident.response.acknowledged {
        html.raw("<p>Acknowledged by <strong>").text(&it.by).raw("</strong> until ");
        html.text(it.until).raw(".</p>");
    }
    html.raw("<p>").raw(match deed {
        Deed::Acknowledge => {
            "That somebody works on it stops escalation and reminders for a while."
        }
        Deed::Silence => "Nobody is told anything more of this incident until it is resolved.",
    });
    html.raw(" You do it as <strong>").text(person).raw("</strong>.</p>");
    // without an action it leads to where it is
    html.raw("<form method=\"post\"><button type=\"submit\">").raw(verb(deed));
    html.raw("</button></form>");
    end(html)
}

/// Says that it is done.
pub(crate) fn done(incident: &Incident, deed: Deed) -> String {
    let mut html = begin("Done");
    about(&mut html, incident);
    match (deed, &incident.response.acknowledged) {
        (Deed::Silence, _) => {
            html.raw("<p>Silenced until it is resolved.</p>");
        }
        (Deed::Acknowledge, Some(it)) => {
            html.raw("<p>Acknowledged by <strong>").text(&it.by).raw("</strong> until ");
            html.text(it.until).raw(".</p>");
        }
        (Deed::Acknowledge, None) => {
            html.raw("<p>Acknowledged.</p>");
        }
    }
    end(html)
}

/// Says why it is not done.
pub(crate) fn refused(why: &str) -> String {
    let mut html = begin("Not done");
    html.raw("<p>").text(why).raw("</p>");
    end(html)
}

const fn verb(deed: Deed) -> &'static str {
    match deed {
        Deed::Acknowledge => "Acknowledge",
        Deed::Silence => "Silence",
    }
}

fn begin(title: &'static str) -> Html {
    let mut html = head(title);
    body(&mut html, title);
    html
}

fn about(html: &mut Html, it: &Incident) {
    html.raw("<article class=\"").raw(it.worst.as_str()).raw("\"><h3>").text(&it.title);
    html.raw("</h3><p class=\"note\">").raw(it.severity.as_str()).raw(" · ");
    html.raw(it.status.as_str()).raw(" · since ").text(it.opened_at).raw(" · ");
    html.text(&it.id).raw("</p></article>");
}

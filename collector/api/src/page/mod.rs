//! One page for people, without script: what is wrong, what it puts at risk, and whether the
//! word gets out.

mod age;
mod html;
pub(crate) mod link;
pub(crate) mod report;
mod sheet;
pub(crate) mod sign_in;
mod tables;

use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;

use crate::view::{Amount, Impact, Incident, Snapshot, Time};
use age::Age;
use html::Html;

/// The style sheet, served beside the page: its policy allows no style within it.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Writes the page. It asks for itself again every five seconds.
pub(crate) fn render(snapshot: &Snapshot, dashboard: bool) -> String {
    let mut html = Html::default();
    html.raw(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"5\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <link rel=\"stylesheet\" href=\"/style.css\"><title>",
    );
    html.text(headline(snapshot))
        .raw(" · Bellwether</title></head><body><header><h1>Bellwether</h1>");
    html.raw("<p class=\"headline ").raw(worst(snapshot).as_str()).raw("\">");
    html.text(headline(snapshot)).raw("</p></header><main>");
    problems(&mut html, snapshot);
    warnings(&mut html, snapshot);
    at_risk(&mut html, &snapshot.impact);
    incidents(&mut html, snapshot);
    tables::components(&mut html, snapshot);
    tables::services(&mut html, snapshot);
    tables::destinations(&mut html, snapshot);
    footer(&mut html, snapshot, dashboard);
    html.raw("</body></html>");
    html.finish()
}

/// The worst effective state there is; nothing known counts as unknown.
fn worst(snapshot: &Snapshot) -> ComponentState {
    let states = snapshot.components.iter().map(|it| it.effective);
    states.max().unwrap_or(ComponentState::Unknown)
}

fn headline(snapshot: &Snapshot) -> String {
    let unwell = snapshot.components.iter().filter(|it| it.effective.is_unwell()).count();
    match (unwell, worst(snapshot)) {
        (0, ComponentState::Operational) => "All components operational".to_owned(),
        (0, ComponentState::UnderMaintenance) => "Under maintenance".to_owned(),
        (0, _) => "Not everything is known yet".to_owned(),
        (1, _) => "1 component is not well".to_owned(),
        (many, _) => format!("{many} components are not well"),
    }
}

fn problems(html: &mut Html, snapshot: &Snapshot) {
    if snapshot.collector.ready && snapshot.collector.problems.is_empty() {
        return;
    }
    html.raw("<section class=\"problems\" role=\"alert\"><h2>The collector is not ready</h2><ul>");
    if snapshot.collector.problems.is_empty() {
        html.raw("<li>It is starting: nothing was evaluated yet.</li>");
    }
    for problem in &snapshot.collector.problems {
        html.raw("<li>").text(problem).raw("</li>");
    }
    html.raw("</ul></section>");
}

fn warnings(html: &mut Html, snapshot: &Snapshot) {
    if snapshot.collector.warnings.is_empty() {
        return;
    }
    html.raw("<section class=\"problems\" role=\"alert\"><h2>The collector warns</h2><ul>");
    for warning in &snapshot.collector.warnings {
        html.raw("<li>").text(warning).raw("</li>");
    }
    html.raw("</ul></section>");
}

fn at_risk(html: &mut Html, impact: &Impact) {
    html.raw("<section><h2>Revenue at risk</h2>");
    let Some(sum) = Amount::sum(&impact.revenue_at_risk) else {
        html.raw("<p class=\"money none\">Nothing</p></section>");
        return;
    };
    html.raw("<p class=\"money\">").text(sum).raw("</p>");
    if let Some(loss) = Amount::sum(&impact.expected_loss) {
        html.raw("<p class=\"note\">of which ").text(loss);
        html.raw(" is loss expected within the hour</p>");
    }
    html.raw("<ul>");
    for it in &impact.opportunities {
        html.raw("<li><strong>").text(it.amount.text()).raw("</strong> ").text(&it.name);
        html.raw(", ").text(&it.customer_name).raw(" <span class=\"note\">because of ");
        html.text(joined(&it.because)).raw("</span></li>");
    }
    html.raw("</ul></section>");
}

fn joined(ids: &[ComponentId]) -> String {
    ids.iter().map(ComponentId::as_str).collect::<Vec<_>>().join(", ")
}

fn incidents(html: &mut Html, snapshot: &Snapshot) {
    html.raw("<section><h2>Open incidents</h2>");
    if snapshot.incidents.is_empty() {
        html.raw("<p class=\"note\">None</p>");
    }
    for it in &snapshot.incidents {
        incident(html, it, snapshot.collector.now);
    }
    html.raw("</section>");
}

fn incident(html: &mut Html, it: &Incident, now: Time) {
    html.raw("<article class=\"").raw(it.worst.as_str()).raw("\"><h3>").text(&it.title);
    html.raw("</h3><p class=\"note\">").raw(it.severity.as_str()).raw(" · ");
    html.raw(it.status.as_str()).raw(" · open for ").text(Age(it.opened_at.age(now)));
    html.raw(" · since ").text(it.opened_at).raw(" · ").text(&it.id).raw("</p><ul>");
    for cause in &it.causes {
        html.raw("<li>").text(cause).raw("</li>");
    }
    html.raw("</ul>");
    if let Some(sum) = Amount::sum(&it.impact.revenue_at_risk) {
        html.raw("<p>At risk: <strong>").text(sum).raw("</strong>");
        if !it.impact.customers.is_empty() {
            html.raw(" with ").text(it.impact.customers.join(", "));
        }
        html.raw("</p>");
    }
    html.raw("</article>");
}

fn footer(html: &mut Html, snapshot: &Snapshot, dashboard: bool) {
    let collector = &snapshot.collector;
    html.raw("</main><footer>As of ").text(collector.now).raw(" · bellwether ");
    html.text(&collector.version).raw(" · up for ");
    html.text(Age(collector.started_at.age(collector.now)));
    html.raw(" · <a href=\"/api/v1/status\">the same as JSON</a>");
    html.raw(match dashboard {
        true => " · <a href=\"/\">the live dashboard</a>",
        false => {
            "<br>This program was built without the live dashboard. To add it, build it with \
             <code>scripts/web build</code>, which takes Node, and build the program again."
        }
    });
    html.raw("</footer>");
}

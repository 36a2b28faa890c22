//! Puts stored reasons into words. Pure.

use std::fmt::Write;

use bellwether_api::view::{Amount, Decision, Incident, Transition};
use bellwether_core::time::Timestamp;

use super::gather::{History, MOST};
use crate::tools::ToolError;

/// Says why something was so at a time.
pub(super) fn explain(history: &History, about: &str, at: Timestamp) -> Result<String, ToolError> {
    if let Some(incident) = history.incidents.iter().find(|it| it.id.as_str() == about) {
        return Ok(of_incident(incident, at) + &told(&history.decisions, at));
    }
    let mine: Vec<&Transition> =
        history.transitions.iter().filter(|it| it.component.as_str() == about).collect();
    if mine.is_empty() {
        let mut known: Vec<&str> =
            history.transitions.iter().map(|it| it.component.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        return Err(ToolError::Other(format!(
            "the history knows no component and no incident `{about}`; of components it knows {known}"
        )));
    }
    Ok(of_component(&mine, history, about, at))
}

fn of_component(mine: &[&Transition], history: &History, id: &str, at: Timestamp) -> String {
    let mut said = String::new();
    let when = |at: Timestamp| match at.nanos() {
        i64::MAX => "now".to_owned(),
        _ => format!("at {at}"),
    };
    // newest first: the first that had happened by then is what held
    match mine.iter().find(|it| it.at.get() <= at) {
        None => {
            let oldest = mine.last().map(|it| it.at.to_string()).unwrap_or_default();
            line(&mut said, 0, &format!("{id} {}: not known", when(at)));
            let why = if history.transitions.len() as u64 >= u64::from(MOST) {
                format!("the newest {MOST} changes that are looked at begin later, at {oldest}")
            } else {
                format!("its first change of state was at {oldest}")
            };
            line(&mut said, 1, &why);
        }
        Some(held) => {
            let what = format!("{id} {}: {}, since {}", when(at), held.effective, held.at);
            line(&mut said, 0, &what);
            if held.own != held.effective {
                let what = format!("by itself {}: the rest comes from what it stands on", held.own);
                line(&mut said, 1, &what);
            }
            for reason in &held.reasons {
                line(&mut said, 1, &format!("because {}", reason.text));
            }
            line(&mut said, 1, &format!("before that: {}", held.effective_before));
        }
    }
    if let Some(next) = mine.iter().rev().find(|it| it.at.get() > at) {
        line(&mut said, 1, &format!("after that: {}, from {} on", next.effective, next.at));
    }
    let touching = |it: &&Incident| {
        let open = it.resolved_at.is_none_or(|end| end.get() > at);
        let affects = it.affected.keys().any(|it| it.as_str() == id);
        it.opened_at.get() <= at && open && (it.component.as_str() == id || affects)
    };
    let incidents: Vec<&Incident> = history.incidents.iter().filter(touching).collect();
    if incidents.is_empty() {
        line(&mut said, 1, "no incident was open for it: nobody was told of anything");
    }
    for incident in incidents {
        said.push('\n');
        said.push_str(&of_incident(incident, at));
    }
    said
}

fn of_incident(it: &Incident, at: Timestamp) -> String {
    let mut said = String::new();
    line(&mut said, 0, &format!("{} {}", it.id, it.title));
    line(&mut said, 1, &format!("severity {}; by now {}", it.severity, it.status));
    line(&mut said, 1, &format!("the fault first showed at {}", it.fault_at));
    let alerts: Vec<String> = it.alerts.iter().map(ToString::to_string).collect();
    line(&mut said, 1, &format!("opened at {} by {}", it.opened_at, alerts.join(", ")));
    for cause in &it.causes {
        line(&mut said, 1, &format!("because {cause}"));
    }
    for (component, state) in &it.affected {
        line(&mut said, 1, &format!("affects {component}: {state}"));
    }
    if let Some(amount) = Amount::sum(&it.impact.revenue_at_risk) {
        line(&mut said, 1, &format!("revenue at risk {amount}"));
    }
    if let Some(amount) = Amount::sum(&it.impact.revenue_lost) {
        line(&mut said, 1, &format!("revenue lost {amount}"));
    }
    let (told, later): (Vec<_>, Vec<_>) = it.timeline.iter().partition(|it| it.at.get() <= at);
    for entry in told {
        line(&mut said, 1, &format!("{}  {}", entry.at, entry.text));
    }
    if !later.is_empty() {
        line(&mut said, 1, &format!("changes after that time: {}", later.len()));
    }
    said
}

/// Says who was told by a time, who was not, and why.
fn told(decisions: &[Decision], at: Timestamp) -> String {
    let mut said = String::new();
    for it in decisions.iter().filter(|it| it.at.get() <= at) {
        let who = it.destination.as_ref().map_or("everybody", |it| it.as_str());
        line(&mut said, 1, &format!("{}  {who} {}: {}", it.at, it.outcome, it.why));
    }
    said
}

fn line(said: &mut String, depth: usize, text: &str) {
    // a string takes everything
    let _ = writeln!(said, "{}{text}", "  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let transitions = serde_json::json!([
            { "component": "admin", "at": "2026-01-05T08:20:00.000Z",
              "own_before": "operational", "own": "operational",
              "effective_before": "major_outage", "effective": "operational", "reasons": [] },
            { "component": "admin", "at": "2026-01-05T08:10:00.000Z",
              "own_before": "operational", "own": "operational",
              "effective_before": "operational", "effective": "major_outage",
              "reasons": [{ "text": "the database does not answer", "kind": "as_expected" }] },
        ]);
        let incidents = serde_json::json!([{
            "id": "inc-1", "title": "Database: major outage", "revision": 2,
            "component": "database", "component_name": "Database", "status": "resolved",
            "worst": "major_outage", "severity": "emergency",
            "fault_at": "2026-01-05T08:09:00.000Z", "opened_at": "2026-01-05T08:10:00.000Z",
            "updated_at": "2026-01-05T08:20:00.000Z", "resolved_at": "2026-01-05T08:20:00.000Z",
            "alerts": [{ "rule": "database-down", "labels": {} }],
            "causes": ["monitor database failed 2 times"],
            "affected": { "database": "major_outage", "admin": "major_outage" },
            "impact": bellwether_api::view::Impact {
                revenue_at_risk: vec![Amount {
                    amount: "925000".to_owned(),
                    currency: "GBP".parse().unwrap(),
                }],
                ..Default::default()
            },
            "timeline": [
                { "at": "2026-01-05T08:10:00.000Z", "text": "opened" },
                { "at": "2026-01-05T08:20:00.000Z", "text": "resolved" },
            ],
        }]);
        let decisions = serde_json::json!([
            { "at": "2026-01-05T08:10:00.000Z", "destination": "pagerduty", "outcome": "told",
              "why": "alerting.routes[0] holds", "reason": {} },
            { "at": "2026-01-05T08:15:00.000Z", "destination": null, "outcome": "cancelled",
              "why": "acknowledged by ann", "reason": {} },
        ]);
        History {
            transitions: serde_json::from_value(transitions).unwrap(),
            incidents: serde_json::from_value(incidents).unwrap(),
            decisions: serde_json::from_value(decisions).unwrap(),
        }
    }

    const ADMIN: &str = "\
admin at 2026-01-05T08:12:00.000Z: major_outage, since 2026-01-05T08:10:00.000Z
\x20 by itself operational: the rest comes from what it stands on
\x20 because the database does not answer
\x20 before that: operational
\x20 after that: operational, from 2026-01-05T08:20:00.000Z on

inc-1 Database: major outage
\x20 severity emergency; by now resolved
\x20 the fault first showed at 2026-01-05T08:09:00.000Z
\x20 opened at 2026-01-05T08:10:00.000Z by database-down
\x20 because monitor database failed 2 times
\x20 affects admin: major_outage
\x20 affects database: major_outage
\x20 revenue at risk 925,000 GBP
\x20 2026-01-05T08:10:00.000Z  opened
\x20 changes after that time: 1
";

    fn at(text: &str) -> Timestamp {
        crate::tools::time(text).unwrap()
    }

    #[test]
    fn a_component_is_explained_as_it_stood() {
        let said = explain(&history(), "admin", at("2026-01-05T08:12:00Z")).unwrap();
        assert_eq!(said, ADMIN);
        let said = explain(&history(), "admin", at("2026-01-05T08:00:00Z")).unwrap();
        assert!(said.starts_with("admin at 2026-01-05T08:00:00.000Z: not known\n"), "{said}");
        let now = Timestamp::from_nanos(i64::MAX);
        let said = explain(&history(), "admin", now).unwrap();
        assert!(said.starts_with("admin now: operational, since 2026-01-05T08:20:00.000Z\n"));
        assert!(said.ends_with("no incident was open for it: nobody was told of anything\n"));
    }

    #[test]
    fn of_an_incident_it_says_who_was_told_and_why_not() {
        let said = explain(&history(), "inc-1", at("2026-01-05T08:12:00Z")).unwrap();
        let told = "  2026-01-05T08:10:00.000Z  pagerduty told: alerting.routes[0] holds\n";
        assert!(said.ends_with(told), "{said}");
        let said = explain(&history(), "inc-1", at("2026-01-05T08:16:00Z")).unwrap();
        assert!(said.ends_with("  everybody cancelled: acknowledged by ann\n"), "{said}");
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let error = explain(&history(), "adnim", at("2026-01-05T08:12:00Z")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the history knows no component and no incident `adnim`; of components it knows admin"
        );
    }
}

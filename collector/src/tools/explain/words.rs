//! Puts stored reasons into words. Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use bellwether_api::view::{Amount, Decision, Deployment, Incident, Notification, Transition};
use bellwether_core::ids::Service;
use bellwether_core::reason::Reason;
use bellwether_core::route::Route;
use bellwether_core::time::Timestamp;

use super::gather::{History, MOST};
use crate::tools::ToolError;

/// Says why something was so at a time.
pub(super) fn explain(history: &History, about: &str, at: Timestamp) -> Result<String, ToolError> {
    if let Some(incident) = history.incidents.iter().find(|it| it.id.as_str() == about) {
        return Ok(of_incident(incident, history, at) + &told(&history.decisions, at));
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
    removals(&mut said, mine, history, at);
    if let Some(next) = mine.iter().rev().find(|it| it.at.get() > at) {
        line(&mut said, 1, &format!("after that: {}, from {} on", next.effective, next.at));
    }
    let state_told = |it: &&Notification| {
        it.component_state.is_some() && it.component.as_str() == id && it.at.get() <= at
    };
    let since = mine.iter().find(|it| it.at.get() <= at).map(|it| it.at);
    let told = history.notifications.iter().rev().filter(state_told);
    for it in told.filter(|it| since.is_some_and(|since| it.at >= since)) {
        line(&mut said, 1, &of_notification(it));
    }
    deployments(&mut said, history, id, at);
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
        said.push_str(&of_incident(incident, history, at));
    }
    said
}

/// Says what the services that a component is made of ran last, as far as anybody was told of that.
fn deployments(said: &mut String, history: &History, id: &str, at: Timestamp) {
    let of =
        |it: &Deployment| it.at.get() <= at && it.components.iter().any(|it| it.as_str() == id);
    let told = history.notifications.iter().filter_map(|it| it.deployment.as_ref());
    let mut newest: BTreeMap<&Service, &Deployment> = BTreeMap::new();
    for it in told.filter(|it| of(it)) {
        let known = newest.entry(&it.service).or_insert(it);
        if it.at > known.at {
            *known = it;
        }
    }
    for it in newest.values() {
        line(said, 1, &format!("{}, since {}", it.text, it.at));
    }
}

/// Says which of the routes that were missed of a component are gone on purpose.
fn removals(said: &mut String, mine: &[&Transition], history: &History, at: Timestamp) {
    let reasons = || mine.iter().flat_map(|it| &it.reasons).map(|it| &it.reason);
    let missed = |service: &Service, missed: &Route| {
        reasons().any(|it| match it {
            Reason::RoutesGone { source, routes, .. } => {
                source.service == *service && routes.contains(missed)
            }
            Reason::RouteNotAnswering { source, route, .. } => {
                source.service == *service && *route == missed.to_string()
            }
            _ => false,
        })
    };
    for (service, removals) in &history.removals {
        for it in removals.iter().filter(|it| it.at.get() <= at) {
            if missed(service, &it.route) {
                let what = format!(
                    "{} of {service} is gone on purpose, says {} since {}: {}",
                    it.route, it.by, it.at, it.why
                );
                line(said, 1, &what);
            }
        }
    }
}

fn of_incident(it: &Incident, history: &History, at: Timestamp) -> String {
    let mut said = String::new();
    line(&mut said, 0, &format!("{} {}", it.id, it.title));
    line(&mut said, 1, &format!("severity {}; by now {}", it.severity, it.status));
    line(&mut said, 1, &format!("the fault first showed at {}", it.fault_at));
    let alerts: Vec<String> = it.alerts.iter().map(ToString::to_string).collect();
    line(&mut said, 1, &format!("opened at {} by {}", it.opened_at, alerts.join(", ")));
    for cause in &it.causes {
        line(&mut said, 1, &format!("because {cause}"));
    }
    for trace in &it.traces {
        line(&mut said, 1, &format!("shown by the trace {trace}"));
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
    // oldest first
    let mine = |told: &&Notification| told.incident.as_ref() == Some(&it.id);
    let messages: Vec<&Notification> = history.notifications.iter().rev().filter(mine).collect();
    let told = messages.iter().filter(|it| it.at.get() <= at);
    for it in told.clone() {
        line(&mut said, 1, &of_notification(it));
    }
    if told.count() == 0 {
        let why = match messages.is_empty() {
            true => "no message about it was owed to anybody",
            false => "nobody had been told of it by then",
        };
        line(&mut said, 1, why);
    }
    said
}

/// Says what a destination was to be told, and what became of it until now.
fn of_notification(it: &Notification) -> String {
    let what = match (&it.change, &it.component_state, &it.deployment) {
        (Some(change), ..) => change.to_string(),
        (None, Some(state), _) => format!("{} is {state}", it.component),
        (None, None, Some(deployment)) => deployment.text.clone(),
        (None, None, None) => String::new(),
    };
    let mut said = format!("{}  to {}: {what}, {}", it.at, it.whom(), it.state);
    if let Some(settled) = it.settled_at {
        said.push_str(&format!(" at {settled}"));
    }
    match it.attempts {
        0 => {}
        1 => said.push_str(", tried once in vain"),
        times => said.push_str(&format!(", tried {times} times in vain")),
    }
    if let Some(why) = &it.why {
        said.push_str(&format!(": {why}"));
    }
    said
}

/// Says who was told by a time, who was not, and why.
fn told(decisions: &[Decision], at: Timestamp) -> String {
    let mut said = String::new();
    for it in decisions.iter().filter(|it| it.at.get() <= at) {
        line(&mut said, 1, &format!("{}  {} {}: {}", it.at, it.whom(), it.outcome, it.why));
    }
    said
}

fn line(said: &mut String, depth: usize, text: &str) {
    // a string takes everything
    let _ = writeln!(said, "{}{text}", "  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use bellwether_api::view::AcceptedRemoval;

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
            "traces": ["4bf92f3577b34da6a3ce929d0e0e4736"],
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
            { "at": "2026-01-05T08:13:00.000Z", "destination": "email/owners",
              "recipient": "zebra@marketedge.example", "outcome": "told",
              "why": "alerting.routes[1] holds", "reason": {} },
            { "at": "2026-01-05T08:15:00.000Z", "destination": null, "outcome": "cancelled",
              "why": "acknowledged by ann", "reason": {} },
        ]);
        History {
            transitions: serde_json::from_value(transitions).unwrap(),
            incidents: serde_json::from_value(incidents).unwrap(),
            decisions: serde_json::from_value(decisions).unwrap(),
            notifications: vec![],
            removals: vec![],
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
\x20 shown by the trace 4bf92f3577b34da6a3ce929d0e0e4736
\x20 affects admin: major_outage
\x20 affects database: major_outage
\x20 revenue at risk 925,000 GBP
\x20 2026-01-05T08:10:00.000Z  opened
\x20 changes after that time: 1
\x20 no message about it was owed to anybody
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
        let said = explain(&history(), "inc-1", at("2026-01-05T08:14:00Z")).unwrap();
        let told = "email/owners <zebra@marketedge.example> told: alerting.routes[1] holds\n";
        assert!(said.ends_with(told), "{said}");
        let said = explain(&history(), "inc-1", at("2026-01-05T08:16:00Z")).unwrap();
        assert!(said.ends_with("  everybody cancelled: acknowledged by ann\n"), "{said}");
    }

    #[test]
    fn what_was_deployed_just_before_is_told_once() {
        let told = |number: i64, to: &str, version: &str, at: &str| {
            serde_json::json!({
                "number": number, "destination": to, "incident": null, "change": null,
                "component": "admin", "component_state": null, "at": at, "state": "delivered",
                "attempts": 0, "why": null, "settled_at": null,
                "deployment": {
                    "service": "api", "version": version, "before": "1", "again": false,
                    "at": at, "components": ["admin"], "text": format!("api runs version {version}, after 1"),
                },
            })
        };
        let notifications = serde_json::json!([
            told(3, "pagerduty", "3", "2026-01-05T09:00:00.000Z"),
            told(2, "pagerduty/b", "2", "2026-01-05T08:08:00.000Z"),
            told(1, "pagerduty", "2", "2026-01-05T08:08:00.000Z"),
        ]);
        let notifications = serde_json::from_value(notifications).unwrap();
        let history = History { notifications, ..history() };
        let said = explain(&history, "admin", at("2026-01-05T08:12:00Z")).unwrap();
        let line = "  api runs version 2, after 1, since 2026-01-05T08:08:00.000Z\n";
        assert_eq!(said.matches("api runs").count(), 1, "{said}");
        assert!(said.contains(line), "{said}");
    }

    #[test]
    fn what_is_gone_on_purpose_is_told_with_who_said_so_and_why() {
        let mut history = history();
        let missed = serde_json::json!({
            "component": "admin", "at": "2026-01-05T08:30:00.000Z",
            "own_before": "operational", "own": "partial_outage",
            "effective_before": "operational", "effective": "partial_outage",
            "reasons": [{
                "text": "api 2 (b) no longer serves 1 route", "kind": "routes_gone", "version": "1",
                "source": { "service": "api", "version": "2", "instance": "b" },
                "routes": ["GET /admin/users"],
            }],
        });
        history.transitions.insert(0, serde_json::from_value(missed).unwrap());
        let removal = |route: &str| AcceptedRemoval {
            route: route.parse().unwrap(),
            at: at("2026-01-05T08:40:00Z").into(),
            by: "jane".to_owned(),
            why: "moved to /v2".to_owned(),
        };
        let removals = vec![removal("GET /admin/users"), removal("GET /other")];
        history.removals = vec![("api".into(), removals.clone()), ("web".into(), removals)];
        let said = explain(&history, "admin", at("2026-01-05T09:00:00Z")).unwrap();
        let gone = "  GET /admin/users of api is gone on purpose, says jane since 2026-01-05T08:40:00.000Z: moved to /v2";
        let told: Vec<&str> = said.lines().filter(|it| it.contains("on purpose")).collect();
        assert_eq!(told, [gone]);
        let said = explain(&history, "admin", at("2026-01-05T08:35:00Z")).unwrap();
        assert!(!said.contains("on purpose"), "nobody had said so by then");
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

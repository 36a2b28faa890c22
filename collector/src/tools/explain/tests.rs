//! What a collector left behind, explained word by word.

use std::collections::BTreeMap;

use bellwether_core::alert::AlertKey;
use bellwether_core::facts::{Acceptance, ServiceRecord, Source};
use bellwether_core::impact::Impact;
use bellwether_core::incident::{Entry, Incident, IncidentStatus};
use bellwether_core::notice::{Body, Change, Notice};
use bellwether_core::reason::Reason;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::store::{Attempt, Commit, Outbox, Store, Transition};
use bellwether_history::History;

use super::*;

/// 2026-01-05T08:00:00Z and so many minutes.
fn minute(minute: i64) -> Timestamp {
    Timestamp::from_secs(1_767_600_000 + 60 * minute)
}

fn transition(
    at: i64,
    from: ComponentState,
    to: ComponentState,
    reasons: Vec<Reason>,
) -> Transition {
    Transition {
        component: "admin".into(),
        at: minute(at),
        own_before: from,
        own: to,
        effective_before: from,
        effective: to,
        reasons,
    }
}

fn gone() -> Reason {
    let source = Source { service: "api".into(), version: "2".into(), instance: "b".into() };
    let routes = vec!["GET /admin/users".parse().unwrap()];
    Reason::RoutesGone { source, version: "1".into(), routes }
}

fn incident() -> Incident {
    let mut impact = Impact::default();
    impact.revenue_at_risk.add("925000 GBP".parse().unwrap());
    let entry = |at, text: &str| Entry { at: minute(at), text: text.to_owned() };
    let json = serde_json::json!({
        "id": "inc-1", "revision": 2, "component": "admin", "component_name": "Admin panel",
        "status": IncidentStatus::Resolved, "worst": ComponentState::MajorOutage,
        "severity": Severity::Critical, "fault_at": minute(9), "opened_at": minute(10),
        "updated_at": minute(20), "resolved_at": minute(20),
        "alerts": [AlertKey { rule: "admin-routes".into(), labels: BTreeMap::new() }],
        "suppressed": [], "causes": [gone().to_string()],
        "affected": { "admin": ComponentState::Operational }, "impact": impact,
        "timeline": [entry(10, "opened"), entry(20, "resolved after 600 s")],
    });
    serde_json::from_value(json).unwrap()
}

fn notice(destination: &str, at: i64, body: Body) -> Notice {
    Notice {
        destination: destination.into(),
        subject: match &body {
            Body::Incident { incident, .. } => Notice::incident_subject(&incident.id),
            _ => "component admin".to_owned(),
        },
        newest_only: false,
        at: minute(at),
        not_before: minute(at),
        body,
    }
}

fn story(change: Change) -> Body {
    Body::Incident { change, incident: Box::new(incident()), recipients: vec![] }
}

/// Writes a story into a store in a folder, as a collector does, and closes it.
fn write(place: &Place) {
    use ComponentState::{MajorOutage, Operational, Unknown};
    super::super::client::wait_for(async {
        let store = History::open(place).await.unwrap();
        let page = Body::Component { component: "admin".into(), state: MajorOutage };
        let route = "GET /admin/users".parse().unwrap();
        let acceptance =
            Acceptance { at: minute(19), by: "jane".into(), why: "moved to /v2".into() };
        let commit = Commit {
            transitions: vec![
                transition(0, Unknown, Operational, vec![]),
                transition(10, Operational, MajorOutage, vec![gone()]),
                transition(20, MajorOutage, Operational, vec![]),
            ],
            incidents: vec![incident()],
            services: vec![ServiceRecord {
                service: "api".into(),
                versions: BTreeMap::new(),
                routes: BTreeMap::new(),
                answered: BTreeMap::new(),
                accepted: BTreeMap::from([(route, acceptance)]),
            }],
            notices: vec![
                notice("pagerduty", 10, story(Change::Opened)),
                notice("statuspage", 10, page),
                notice("datadog", 10, story(Change::Opened)),
                notice("pagerduty", 20, story(Change::Resolved)),
            ],
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
        let refused = |why: &str| Attempt::Refused { why: why.to_owned() };
        let postponed = Attempt::Postponed {
            until: minute(12),
            why: "503".to_owned(),
            receipts: BTreeMap::new(),
        };
        for (destination, attempt, at) in [
            ("pagerduty", postponed, 11),
            ("pagerduty", Attempt::Delivered { receipts: BTreeMap::new(), but: None }, 12),
            ("statuspage", Attempt::Delivered { receipts: BTreeMap::new(), but: None }, 10),
            ("datadog", refused("403: the key is not valid"), 10),
        ] {
            let due = store.due(&destination.into(), minute(at), 1).await.unwrap();
            store.settle(due[0].number, attempt, minute(at)).await.unwrap();
        }
        store.close().await;
        Ok(())
    })
    .unwrap();
}

fn explain(place: &Place, about: &str, at: Option<&str>) -> Result<String, String> {
    let from = From::Place(place.clone());
    let request = Request { about: about.to_owned(), at: at.map(str::to_owned), from };
    let mut out = Vec::new();
    run(&request, &mut out).map_err(|it| it.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn what_a_collector_left_behind_is_told_from_reasons_to_messages() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder: folder.path().to_owned(), postgres: None };
    write(&place);
    let during = explain(&place, "admin", Some("2026-01-05T08:12:00Z")).unwrap();
    insta::assert_snapshot!("during", during);
    insta::assert_snapshot!("now", explain(&place, "admin", None).unwrap());
    insta::assert_snapshot!("incident", explain(&place, "inc-1", None).unwrap());
    let before = explain(&place, "inc-1", Some("2026-01-05T08:09:00Z")).unwrap();
    assert!(before.ends_with("  nobody had been told of it by then\n"), "{before}");
}

#[test]
fn history_is_looked_for_where_it_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bellwether.yaml");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(
        &config,
        format!("extensions: {{ storage: {{ path: '{}' }} }}\n", data.display()),
    )
    .unwrap();
    let api = || Address { url: Some("http://x".into()), ..Address::default() };
    let Ok(From::Place(found)) = place(api(), None, Some(&config)) else { panic!() };
    assert_eq!(found.folder, data);
    write(&found);
    assert!(explain(&found, "admin", None).is_ok());
    let Ok(From::Place(found)) = place(api(), Some(data.clone()), None) else { panic!() };
    assert_eq!((found.folder, found.postgres.is_none()), (data, true));
    let Ok(From::Api(address)) = place(api(), None, None) else { panic!() };
    assert_eq!(address.url.as_deref(), Some("http://x"));
    assert!(place(api(), None, Some(&folder.path().join("none.yaml"))).is_err());
    let nowhere = Place { folder: folder.path().join("nowhere"), postgres: None };
    assert!(explain(&nowhere, "admin", None).unwrap_err().contains("there is no such folder"));
}

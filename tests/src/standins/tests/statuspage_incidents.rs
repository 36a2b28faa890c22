//! Statuspage: what an incident may look like.

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    statuspage_rules::{config, request},
    support::{expect, json, mutated, parsed},
};
use crate::standins::statuspage::{Statuspage, StatuspageConfig};

fn page() -> Statuspage {
    Statuspage::new(StatuspageConfig { requests_per_minute: 1000, ..config() })
}

/// A complete request with every commonly used field.
pub(super) fn golden() -> Value {
    json!({"incident":{"name":"Checkout: elevated errors","status":"investigating",
        "impact_override":"major","body":"We see failed checkouts since 10:02 UTC.",
        "components":{"c1":"partial_outage"},"component_ids":["c1"],"deliver_notifications":true,
        "metadata":{"acme_health":{"incident_key":"inc-7","rev":"1"}}}})
}

/// Opens an incident and returns its id.
pub(super) fn open(page: &Statuspage, incident: &Value) -> String {
    let answer = expect(page, &json(request(Method::POST, "/incidents"), incident), 201);
    parsed(&answer)["id"].as_str().expect("an id").to_owned()
}

fn bad_for_both() -> Vec<(&'static str, Option<Value>)> {
    vec![
        ("/incident/name", Some(json!("x".repeat(256)))),
        ("/incident/name", Some(json!(""))),
        ("/incident/body", Some(json!("x".repeat(25_001)))),
        ("/incident/body", Some(json!(1))),
        ("/incident/status", Some(json!("open"))),
        ("/incident/status", Some(json!("completed"))),
        ("/incident/impact_override", Some(json!("severe"))),
        ("/incident/deliver_notifications", Some(json!("true"))),
        ("/incident/components", Some(json!({"c1": "broken"}))),
        ("/incident/components", Some(json!({"c1": ""}))),
        ("/incident/components", Some(json!({"c9": "major_outage"}))),
        ("/incident/components", Some(json!(["c1"]))),
        ("/incident/component_ids", Some(json!(["c9"]))),
        ("/incident/component_ids", Some(json!("c1"))),
        ("/incident/metadata", Some(json!({"incident_key": "inc-7"}))),
        ("/incident/metadata", Some(json!([]))),
        ("/incident/backfilled", Some(json!(true))),
        ("/incident/scheduled_for", Some(json!("tomorrow"))),
        ("/incident/surprise", Some(json!(1))),
        ("/surprise", Some(json!(1))),
        ("/incident", None),
        ("/incident", Some(json!([]))),
    ]
}

#[test]
fn refuses_whatever_an_incident_must_not_be() {
    let page = page();
    let mut cases = bad_for_both();
    cases.push(("/incident/name", None));
    cases.push(("/incident/scheduled_for", Some(json!("2026-11-24T10:00:00Z"))));
    for (pointer, new) in cases {
        let broken = mutated(&golden(), pointer, new);
        let answer = expect(&page, &json(request(Method::POST, "/incidents"), &broken), 422);
        assert!(parsed(&answer)["message"].is_string());
    }
    assert!(page.incidents().is_empty() && page.timeline().is_empty());
}

#[test]
fn refuses_whatever_an_update_must_not_be() {
    let page = page();
    let id = open(&page, &golden());
    let before = page.incidents();
    for (pointer, new) in bad_for_both() {
        let broken = mutated(&golden(), pointer, new);
        expect(&page, &json(request(Method::PATCH, &format!("/incidents/{id}")), &broken), 422);
    }
    assert_eq!(page.incidents(), before);
}

#[test]
fn the_limits_themselves_are_allowed() {
    let page = page();
    for (pointer, new) in [
        ("/incident/name", json!("é".repeat(255))),
        ("/incident/body", json!("x".repeat(25_000))),
        ("/incident/metadata", json!({})),
        ("/incident/status", json!("resolved")),
    ] {
        open(&page, &mutated(&golden(), pointer, Some(new)));
    }
}

#[test]
fn scheduled_maintenance_has_its_own_statuses() {
    let page = page();
    let scheduled = json!({"incident":{"name":"Upgrade","scheduled_for":"2026-11-24T10:00:00Z",
        "scheduled_until":"2026-11-24T11:00:00Z","deliver_notifications":false}});
    let id = open(&page, &scheduled);
    let change = |status: &str| {
        let body = json!({"incident":{"status":status,"deliver_notifications":false}});
        json(request(Method::PATCH, &format!("/incidents/{id}")), &body)
    };
    expect(&page, &change("investigating"), 422);
    let count = |list: &str| {
        let answer =
            expect(&page, &request(Method::GET, &format!("/incidents/{list}?page=1")), 200);
        parsed(&answer).as_array().map_or(0, Vec::len)
    };
    assert_eq!((count("upcoming"), count("active_maintenance"), count("unresolved")), (1, 0, 0));
    expect(&page, &change("in_progress"), 200);
    assert_eq!((count("upcoming"), count("active_maintenance"), count("scheduled")), (0, 1, 1));
    expect(&page, &change("completed"), 200);
    assert_eq!((count("active_maintenance"), count("scheduled")), (0, 1));
    expect(&page, &change("scheduled"), 422);
    let moved = json!({"incident":{"scheduled_for":"2026-11-25T10:00:00Z",
        "scheduled_until":"2026-11-25T11:00:00Z","deliver_notifications":false}});
    expect(&page, &json(request(Method::PATCH, &format!("/incidents/{id}")), &moved), 422);
    expect(&page, &change("completed"), 200);
}

#[test]
fn impact_follows_from_the_components_unless_it_is_overridden() {
    for (status, impact) in [
        ("operational", "none"),
        ("under_maintenance", "maintenance"),
        ("degraded_performance", "minor"),
        ("partial_outage", "major"),
        ("major_outage", "critical"),
    ] {
        let page = page();
        let plain = mutated(&golden(), "/incident/impact_override", None);
        let plain = mutated(&plain, "/incident/components", Some(json!({ "c1": status })));
        open(&page, &plain);
        assert_eq!(page.incidents()[0].impact.as_str(), impact);
        let id = page.incidents()[0].id.clone();
        let body = json!({"incident":{"impact_override":"minor","deliver_notifications":false}});
        expect(&page, &json(request(Method::PATCH, &format!("/incidents/{id}")), &body), 200);
        assert_eq!(page.incidents()[0].impact.as_str(), "minor");
    }
}

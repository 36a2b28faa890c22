//! Statuspage: the life of an incident.

use axum::http::Method;
use serde_json::{Value, json};

use super::{
    statuspage_incidents::{golden, open},
    statuspage_rules::{config, request},
    support::{expect, json, mutated, now, parsed},
};
use crate::standins::statuspage::{
    ChangedBy,
    ComponentStatus::{MajorOutage, Operational, PartialOutage},
    Statuspage, StatuspageConfig,
};

fn patch(page: &Statuspage, id: &str, incident: Value) -> Value {
    let call =
        json(request(Method::PATCH, &format!("/incidents/{id}")), &json!({ "incident": incident }));
    parsed(&expect(page, &call, 200))
}

#[test]
fn the_golden_life_cycle_is_accepted() {
    let page = Statuspage::new(config());
    let id = open(&page, &golden());
    assert_eq!(id.len(), 12);
    let monitoring = json!({"status":"monitoring","body":"Error rate is falling.","deliver_notifications":false});
    let answer = patch(&page, &id, monitoring);
    assert_eq!(answer["components"][0]["status"], json!("partial_outage"));
    let resolved = json!({"status":"resolved","body":"Recovered at 10:41 UTC.",
        "components":{"c1":"operational"},"deliver_notifications":true});
    let answer = patch(&page, &id, resolved);
    assert_eq!((&answer["status"], &answer["impact"]), (&json!("resolved"), &json!("major")));
    assert!(answer["resolved_at"].is_string() && answer["monitoring_at"].is_string());
    assert_eq!(answer["incident_updates"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        answer["incident_updates"][0]["affected_components"][0],
        json!({"code":"c1","name":"Component c1","old_status":"partial_outage","new_status":"operational"})
    );

    assert_eq!(page.states_of("c1"), [Operational, PartialOutage, Operational]);
    assert!(page.timeline().iter().all(|step| step.by == ChangedBy::Incident(id.clone())));
    let statuses: Vec<&str> = page.mails().iter().map(|mail| mail.status.as_str()).collect();
    assert_eq!(statuses, ["investigating", "resolved"], "the silent update sent no mail");

    let draft = json!({"postmortem":{"body_draft":"## What happened ..."}});
    let path = format!("/incidents/{id}/postmortem");
    expect(&page, &json(request(Method::PUT, &path), &draft), 200);
    expect(&page, &json(request(Method::PUT, &path), &json!({"postmortem":{}})), 422);
    let publish = json!({"postmortem":{"notify_subscribers":false}});
    expect(&page, &json(request(Method::PUT, &format!("{path}/publish")), &publish), 200);
}

#[test]
fn resolving_does_not_put_components_back_unless_switched() {
    for (switched, wanted) in [(false, PartialOutage), (true, Operational)] {
        let page = Statuspage::new(StatuspageConfig {
            resolving_restores_components: switched,
            ..config()
        });
        let id = open(&page, &golden());
        patch(&page, &id, json!({"status":"resolved","deliver_notifications":false}));
        assert_eq!(page.component("c1").map(|component| component.status), Some(wanted));
    }
}

#[test]
fn there_is_no_idempotency() {
    let page = Statuspage::new(config());
    assert_ne!(open(&page, &golden()), open(&page, &golden()));
    assert_eq!(page.incidents().len(), 2);
}

#[test]
fn mail_left_to_the_default_goes_out_and_is_warned_about() {
    let page = Statuspage::new(config());
    let silent = mutated(&golden(), "/incident/deliver_notifications", None);
    let answer = expect(&page, &json(request(Method::POST, "/incidents"), &silent), 201);
    assert_eq!(answer.warnings.len(), 1);
    assert_eq!((page.mails().len(), page.mails()[0].recipients), (1, 250));
    let id =
        open(&page, &mutated(&golden(), "/incident/deliver_notifications", Some(json!(false))));
    patch(&page, &id, json!({"metadata":{"acme_health":{"rev":"2"}},"deliver_notifications":true}));
    assert_eq!(page.mails().len(), 1, "no update, no mail");
    assert_eq!(page.incidents()[1].metadata, json!({"acme_health":{"rev":"2"}}));
    assert_eq!(page.incidents()[1].incident_updates.len(), 1);
}

#[test]
fn incidents_are_found_by_list_and_by_text() {
    let page = Statuspage::new(config());
    let first = open(&page, &golden());
    let second = open(&page, &mutated(&golden(), "/incident/name", Some(json!("Login is down"))));
    let ids = |path: &str| -> Vec<String> {
        let list = parsed(&expect(&page, &request(Method::GET, path), 200));
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|incident| incident["id"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(ids("/incidents/unresolved?page=1"), [second.clone(), first.clone()]);
    assert_eq!(ids("/incidents?q=LOGIN&limit=5"), std::slice::from_ref(&second));
    assert_eq!(ids("/incidents?q=failed"), [second.clone(), first.clone()]);
    assert_eq!(ids("/incidents?limit=1&page=2"), std::slice::from_ref(&first));
    patch(&page, &first, json!({"status":"resolved","deliver_notifications":false}));
    assert_eq!(ids("/incidents/unresolved?page=1"), std::slice::from_ref(&second));
    let shown = parsed(&expect(&page, &request(Method::GET, &format!("/incidents/{second}")), 200));
    assert_eq!(shown["metadata"]["acme_health"]["incident_key"], json!("inc-7"));
    expect(&page, &request(Method::DELETE, &format!("/incidents/{second}")), 200);
    assert!(ids("/incidents/unresolved?page=1").is_empty());
}

#[test]
fn an_old_update_can_be_corrected() {
    let page = Statuspage::new(config());
    let id = open(&page, &golden());
    let update = page.incidents()[0].incident_updates[0].id.clone();
    let path = format!("/incidents/{id}/incident_updates/{update}");
    let send =
        |update: Value| json(request(Method::PATCH, &path), &json!({ "incident_update": update }));
    expect(&page, &send(json!({"body":"Corrected.","deliver_notifications":false})), 200);
    assert_eq!(page.incidents()[0].incident_updates[0].body, "Corrected.");
    expect(&page, &send(json!({"status":"resolved"})), 422);
}

#[test]
fn people_act_behind_the_automations_back() {
    let page = Statuspage::new(config());
    let id = page.open_by_hand("We know", &[("c2", MajorOutage)], now());
    assert_eq!(page.incidents()[0].impact.as_str(), "critical");
    assert!(page.set_component_by_hand("c1", PartialOutage, now()));
    assert!(page.resolve_by_hand(&id, now()) && page.delete_by_hand(&id));
    assert!(!page.delete_by_hand(&id) && !page.resolve_by_hand(&id, now()));
    assert_eq!(page.states_of("c2"), [Operational, MajorOutage]);
}

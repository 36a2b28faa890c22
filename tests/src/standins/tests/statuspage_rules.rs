//! Statuspage: keys, rate, paths, lists, components.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{body, call, expect, header, json, now, parsed};
use crate::standins::{
    Call,
    statuspage::{ComponentStatus, ErrorShape, Statuspage, StatuspageConfig},
};

/// A page `p1` with the components `c1` and `c2`.
pub(super) fn config() -> StatuspageConfig {
    let component = |id: &str| (id.to_owned(), format!("Component {id}"));
    StatuspageConfig {
        page_id: "p1".to_owned(),
        components: vec![component("c1"), component("c2")],
        ..StatuspageConfig::default()
    }
}

/// A request with the right key; the path is below the page.
pub(super) fn request(method: Method, path: &str) -> Call {
    let key = format!("OAuth {}", config().api_key);
    header(call(method, &format!("/v1/pages/p1{path}")), "authorization", &key)
}

#[test]
fn wants_its_key_in_its_own_form() {
    let page = Statuspage::new(config());
    let key = config().api_key;
    for wrong in ["", "OAuth wrong", &key, &format!("Bearer {key}"), &format!("oauth {key}")] {
        expect(&page, &header(request(Method::GET, "/components"), "authorization", wrong), 401);
    }
    expect(&page, &request(Method::GET, "/components"), 200);
    expect(&page, &request(Method::GET, "/components.json"), 200);
}

#[test]
fn points_are_taken_of_metrics_that_are_there() {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    for (page, unknown) in [
        (StatuspageConfig { metrics: vec!["m1".to_owned()], ..config() }, 404),
        (
            StatuspageConfig { metrics: vec!["m1".to_owned()], unknown_metric: status, ..config() },
            422,
        ),
    ] {
        let page = Statuspage::new(page);
        let at = now().as_second();
        let point = json!({ "timestamp": at, "value": 1.5 });
        let add =
            |data: Value| json(request(Method::POST, "/metrics/data"), &json!({ "data": data }));
        expect(&page, &add(json!({ "m1": [point], "m9": [point] })), unknown);
        assert_eq!(page.points_of("m1"), [], "nothing of a request that is refused");
        for wrong in [
            json!([]),
            json!({ "m1": point }),
            json!({ "m1": [{ "timestamp": at }] }),
            json!({ "m1": [{ "timestamp": at, "value": "1" }] }),
            json!({ "m1": [{ "timestamp": at, "value": 1, "unit": "s" }] }),
            json!({ "m1": [{ "timestamp": at - 29 * 86_400, "value": 1 }] }),
        ] {
            expect(&page, &add(wrong), 422);
        }
        expect(&page, &add(json!({ "m1": [point] })), 202);
        assert_eq!(page.points_of("m1"), [(at.div_euclid(30) * 30, 1.5)]);
        page.create_metric_by_hand("m9");
        expect(&page, &add(json!({ "m9": [point] })), 202);
        let listed = parsed(&expect(&page, &request(Method::GET, "/metrics?page=1"), 200));
        assert_eq!((&listed[0]["id"], &listed[1]["id"]), (&json!("m1"), &json!("m9")));
    }
}

#[test]
fn unknown_things_are_404() {
    let page = Statuspage::new(config());
    let update = json!({"component": {"status": "operational"}});
    expect(&page, &json(request(Method::PATCH, "/components/c9"), &update), 404);
    let update = json!({"incident": {"status": "resolved"}});
    expect(&page, &json(request(Method::PATCH, "/incidents/i9"), &update), 404);
    expect(&page, &request(Method::GET, "/incidents/i9"), 404);
    expect(&page, &request(Method::DELETE, "/incidents/i9"), 404);
    expect(&page, &request(Method::POST, "/incidents/i9/incident_updates"), 404);
    let mut other = request(Method::GET, "/components");
    other.path = "/v1/pages/p2/components".to_owned();
    expect(&page, &other, 404);
    other.path = "/v2/pages/p1/components".to_owned();
    expect(&page, &other, 404);
}

#[tokio::test(start_paused = true)]
async fn allows_sixty_requests_in_a_minute() {
    let page = Statuspage::new(config());
    for _ in 0..60 {
        expect(&page, &request(Method::GET, "/components?page=1"), 200);
    }
    tokio::time::advance(Duration::from_millis(1500)).await;
    let answer = expect(&page, &request(Method::GET, "/components?page=1"), 420);
    assert_eq!(answer.headers, [("retry-after", "59".to_owned())]);
    tokio::time::advance(Duration::from_millis(58_500)).await;
    expect(&page, &request(Method::GET, "/components?page=1"), 200);
}

#[test]
fn doubtful_points_of_the_documents_can_be_switched() {
    let page = Statuspage::new(StatuspageConfig {
        requests_per_minute: 1,
        rate_status: StatusCode::TOO_MANY_REQUESTS,
        error_shape: ErrorShape::Error,
        ..config()
    });
    expect(&page, &request(Method::GET, "/components"), 200);
    let answer = expect(&page, &request(Method::GET, "/components"), 429);
    assert!(parsed(&answer)["error"].is_array());
}

#[test]
fn lists_are_paginated() {
    let names: Vec<String> = (0..150).map(|n| format!("component {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let components = StatuspageConfig::with_components(&names).components;
    let page = Statuspage::new(StatuspageConfig { components, ..config() });
    for (query, count) in [
        ("", 100),
        ("?page=1", 100),
        ("?page=2", 50),
        ("?page=3", 0),
        ("?page=1&per_page=10", 10),
        ("?per_page=1000", 100),
    ] {
        let answer = expect(&page, &request(Method::GET, &format!("/components{query}")), 200);
        assert_eq!(parsed(&answer).as_array().map(Vec::len), Some(count), "{query}");
        assert_eq!(answer.warnings.is_empty(), !query.is_empty(), "{query}");
    }
    expect(&page, &request(Method::GET, "/components?page=0"), 400);
    expect(&page, &request(Method::GET, "/components?page=x"), 400);
}

#[test]
fn a_component_is_changed_on_its_own() {
    let page = Statuspage::new(config());
    let set = |component: Value| {
        json(request(Method::PATCH, "/components/c1"), &json!({ "component": component }))
    };
    let answer = parsed(&expect(&page, &set(json!({"status": "major_outage"})), 200));
    assert_eq!((&answer["id"], &answer["status"]), (&json!("c1"), &json!("major_outage")));
    expect(&page, &set(json!({"status": "operational", "description": "d"})), 200);
    let states = page.states_of("c1");
    use ComponentStatus::{MajorOutage, Operational};
    assert_eq!(states, [Operational, MajorOutage, Operational]);
    assert!(page.mails().is_empty() && page.states_of("c2").is_empty());

    for bad in [
        json!({"status": "down"}),
        json!({"status": ""}),
        json!({"status": 1}),
        json!({"name": "x".repeat(256)}),
        json!({"showcase": "yes"}),
        json!({"surprise": 1}),
        json!("text"),
    ] {
        expect(&page, &set(bad), 422);
    }
    let plain = request(Method::PATCH, "/components/c1");
    expect(&page, &json(plain.clone(), &json!({"status": "operational"})), 422);
    expect(&page, &body(header(plain.clone(), "content-type", "application/json"), "{"), 400);
    expect(&page, &body(plain, "component[status]=operational"), 400);
}

#[test]
fn ids_follow_from_names_and_have_twelve_characters() {
    let ids: Vec<String> = ["auth", "admin", "database"].map(StatuspageConfig::component_id).into();
    for id in &ids {
        assert!(id.len() == 12 && id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1);
    }
    assert_eq!(ids[1], StatuspageConfig::component_id("admin"));
}

#[test]
fn points_go_into_slots_and_one_that_is_wrong_refuses_all() {
    let page = Statuspage::new(StatuspageConfig { metrics: vec!["m1".to_owned()], ..config() });
    let now = now().as_second();
    let tell = |points: Value, status| {
        let call = request(Method::POST, "/metrics/data");
        expect(&page, &json(call, &json!({ "data": points })), status);
    };
    let point = |at: i64, value: f64| json!({ "timestamp": at, "value": value });
    let slot = now.div_euclid(30) * 30;
    tell(json!({ "m1": [point(slot, 1.0), point(slot + 29, 2.0), point(slot - 1, 3.0)] }), 202);
    assert_eq!(page.points_of("m1"), [(slot - 30, 3.0), (slot, 2.0)]);
    tell(json!({ "m1": [point(slot, 9.0)], "m2": [point(slot, 9.0)] }), 404);
    tell(json!({ "m1": [point(slot, 9.0), point(now - 29 * 86_400, 9.0)] }), 422);
    tell(json!({ "m1": [{ "timestamp": "now", "value": 9.0 }] }), 422);
    assert_eq!(page.points_of("m1"), [(slot - 30, 3.0), (slot, 2.0)]);
}

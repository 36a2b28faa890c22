//! Datadog's v2 events, service checks and key validation.

use axum::http::Method;
use serde_json::{Value, json};

use super::support::{body, call, expect, header, json, mutated, parsed};
use crate::standins::{
    Call,
    datadog::{Datadog, DatadogConfig},
};

fn keys(call: Call) -> Call {
    let config = DatadogConfig::default();
    let call = header(call, "dd-api-key", &config.api_key);
    header(call, "dd-application-key", &config.application_key)
}

fn event(value: &Value) -> Call {
    json(keys(call(Method::POST, "/api/v2/events")), value)
}

/// A complete request with every commonly used field.
fn golden() -> Value {
    json!({"data":{"type":"event","attributes":{"category":"alert","title":"checkout unhealthy",
        "message":"error ratio 12%","aggregation_key":"inc-7","tags":["service:checkout"],
        "attributes":{"status":"error","priority":"2",
            "links":[{"url":"https://h.example/i/7","category":"runbook","title":"Incident"}],
            "custom":{"burn_rate":14.2}}}}})
}

fn change() -> Value {
    json!({"data":{"type":"event","attributes":{"category":"change","title":"flag on",
        "attributes":{"changed_resource":{"type":"feature_flag","name":"fallback"},
            "author":{"type":"user","name":"a@b.example"},
            "impacted_resources":[{"type":"service","name":"checkout"}],
            "prev_value":{"on":false},"new_value":{"on":true}}}}})
}

#[test]
fn accepts_an_event_and_answers_its_uid() {
    let datadog = Datadog::default();
    let answer = parsed(&expect(&datadog, &event(&golden()), 202));
    let uid = answer.pointer("/data/attributes/attributes/evt/uid").and_then(Value::as_str);
    assert_eq!(uid, datadog.alerts().first().map(|alert| alert.history[0].uid.as_str()));
    expect(&datadog, &event(&change()), 202);
    assert_eq!(datadog.change_events().len(), 1);
}

#[test]
fn events_with_one_key_are_one_alert() {
    let datadog = Datadog::default();
    expect(&datadog, &event(&golden()), 202);
    let ok = mutated(&golden(), "/data/attributes/attributes/status", Some(json!("ok")));
    expect(&datadog, &event(&ok), 202);
    let other = mutated(&golden(), "/data/attributes/aggregation_key", Some(json!("inc-8")));
    expect(&datadog, &event(&other), 202);

    assert_eq!(datadog.alerts().len(), 2);
    let alert = datadog.alert("inc-7").expect("the alert");
    assert_eq!(alert.status, "ok");
    let history: Vec<&str> = alert.history.iter().map(|change| change.status.as_str()).collect();
    assert_eq!(history, ["error", "ok"]);
}

#[test]
fn both_keys_are_needed() {
    let datadog = Datadog::default();
    for name in ["dd-api-key", "dd-application-key"] {
        for value in ["", "wrong"] {
            expect(&datadog, &header(event(&golden()), name, value), 403);
        }
    }
    assert!(datadog.alerts().is_empty());
}

#[test]
fn refuses_whatever_the_schema_does_not_allow() {
    let datadog = Datadog::default();
    let long = |length: usize| Some(json!("x".repeat(length)));
    let many = |length: usize| Some(Value::from(vec!["a:b"; length]));
    let deep = (0..10).fold(json!({}), |inner, _| json!({ "inner": inner }));
    let wide: Value = (0..101).map(|n| (n.to_string(), json!(n))).collect();
    let link = json!({"url":"https://h.example","category":"runbook"});
    let at = "/data/attributes";
    let cases: Vec<(String, Option<Value>)> = vec![
        ("/data/type".into(), None),
        ("/data/type".into(), Some(json!("alert"))),
        ("/data/surprise".into(), Some(json!(1))),
        (format!("{at}/surprise"), Some(json!(1))),
        (format!("{at}/attributes/surprise"), Some(json!(1))),
        (format!("{at}/title"), None),
        (format!("{at}/title"), long(501)),
        (format!("{at}/title"), long(0)),
        (format!("{at}/message"), long(4001)),
        (format!("{at}/message"), long(0)),
        (format!("{at}/aggregation_key"), long(101)),
        (format!("{at}/host"), long(256)),
        (format!("{at}/tags"), many(101)),
        (format!("{at}/tags"), many(0)),
        (format!("{at}/tags"), Some(json!(["x".repeat(201)]))),
        (format!("{at}/tags"), Some(json!("a:b"))),
        (format!("{at}/integration_id"), Some(json!("ours"))),
        (format!("{at}/category"), Some(json!("incident"))),
        (format!("{at}/category"), Some(json!("change"))),
        (format!("{at}/category"), None),
        (format!("{at}/timestamp"), Some(json!(1_795_428_131))),
        (format!("{at}/timestamp"), Some(json!("yesterday"))),
        (format!("{at}/timestamp"), Some(json!("2026-11-22T16:02:10Z"))),
        (format!("{at}/attributes"), None),
        (format!("{at}/attributes/status"), None),
        (format!("{at}/attributes/status"), Some(json!("critical"))),
        (format!("{at}/attributes/priority"), Some(json!(2))),
        (format!("{at}/attributes/priority"), Some(json!("6"))),
        (format!("{at}/attributes/links"), Some(Value::from(vec![link.clone(); 21]))),
        (format!("{at}/attributes/links"), Some(json!([]))),
        (format!("{at}/attributes/links"), Some(json!([mutated(&link, "/url", long(2049))]))),
        (format!("{at}/attributes/links"), Some(json!([mutated(&link, "/title", long(301))]))),
        (format!("{at}/attributes/links"), Some(json!([mutated(&link, "/category", long(3))]))),
        (format!("{at}/attributes/links"), Some(json!([mutated(&link, "/more", long(3))]))),
        (format!("{at}/attributes/custom"), Some(json!("text"))),
        (format!("{at}/attributes/custom"), Some(deep)),
        (format!("{at}/attributes/custom"), Some(wide)),
    ];
    for (pointer, new) in cases {
        let broken = mutated(&golden(), &pointer, new.clone());
        let answer = expect(&datadog, &event(&broken), 400);
        assert!(parsed(&answer)["errors"][0]["detail"].is_string(), "{pointer} {new:?}");
    }
    assert!(datadog.alerts().is_empty());
}

#[test]
fn refuses_broken_change_events() {
    let datadog = Datadog::default();
    let at = "/data/attributes/attributes";
    for (pointer, new) in [
        ("/changed_resource", None),
        ("/changed_resource/name", Some(json!(" "))),
        ("/changed_resource/type", Some(json!("service"))),
        ("/author/type", Some(json!("robot"))),
        ("/author/name", Some(json!("x".repeat(129)))),
        ("/impacted_resources", Some(json!([{"type":"host","name":"h"}]))),
        ("/new_value", Some(json!(true))),
        ("/status", Some(json!("ok"))),
    ] {
        expect(&datadog, &event(&mutated(&change(), &format!("{at}{pointer}"), new)), 400);
    }
}

#[test]
fn the_limits_themselves_are_allowed() {
    let datadog = Datadog::default();
    let at = "/data/attributes";
    for (pointer, new) in [
        ("/title", json!("é".repeat(500))),
        ("/message", json!("x".repeat(4000))),
        ("/aggregation_key", json!("x".repeat(100))),
        ("/tags", Value::from(vec!["a:b"; 100])),
        ("/timestamp", json!("2026-11-22T16:02:11Z")),
        ("/timestamp", json!("2026-11-23T11:02:11.25+01:00")),
    ] {
        expect(&datadog, &event(&mutated(&golden(), &format!("{at}{pointer}"), Some(new))), 202);
    }
}

#[test]
fn a_body_must_be_json_and_say_so() {
    let datadog = Datadog::default();
    expect(&datadog, &body(event(&golden()), "{"), 400);
    expect(&datadog, &header(event(&golden()), "content-type", "text/plain"), 415);
    expect(&datadog, &header(event(&golden()), "content-type", ""), 415);
}

#[test]
fn service_checks_keep_the_latest_status() {
    let datadog = Datadog::default();
    let golden = json!({"check":"acme.health","host_name":"eu-1","status":2,
        "tags":["service:checkout","env:prod"],"message":"error ratio 12%"});
    let send = |run: &Value| json(keys(call(Method::POST, "/api/v1/check_run")), &json!([run]));
    let answer = expect(&datadog, &send(&golden), 202);
    assert_eq!((answer.content_type, parsed(&answer)), ("text/json", json!({"status":"ok"})));
    expect(&datadog, &send(&mutated(&golden, "/status", Some(json!(0)))), 202);
    let latest: Vec<u8> = datadog.service_checks().iter().map(|check| check.status).collect();
    assert_eq!(latest, [0]);

    for (pointer, new) in [
        ("/check", None),
        ("/host_name", None),
        ("/tags", None),
        ("/status", None),
        ("/status", Some(json!(4))),
        ("/status", Some(json!("ok"))),
        ("/tags", Some(json!("a:b"))),
        ("/timestamp", Some(json!(1_795_428_131 - 601))),
        ("/timestamp", Some(json!("now"))),
        ("/timestamp", Some(json!(i64::MIN))),
        ("/surprise", Some(json!(1))),
    ] {
        expect(&datadog, &send(&mutated(&golden, pointer, new)), 400);
    }
    expect(&datadog, &json(send(&golden), &golden), 400);
    expect(&datadog, &header(send(&golden), "dd-api-key", "wrong"), 403);
    expect(&datadog, &header(send(&golden), "dd-application-key", ""), 202);
}

#[test]
fn validates_the_api_key_alone() {
    let datadog = Datadog::default();
    let validate = keys(call(Method::GET, "/api/v1/validate"));
    let answer = expect(&datadog, &validate, 200);
    assert_eq!(parsed(&answer), json!({"valid": true}));
    expect(&datadog, &header(validate, "dd-api-key", "wrong"), 403);
    expect(&datadog, &keys(call(Method::POST, "/api/v1/validate")), 404);
}

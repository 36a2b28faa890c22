//! New Relic's Event API.

use axum::http::Method;
use serde_json::{Value, json};

use super::support::{body, call, expect, gzip, header, json, mutated, noise, parsed};
use crate::standins::{
    Call, Verdict,
    newrelic::{NewRelic, NewRelicConfig},
};

fn newrelic() -> NewRelic {
    NewRelic::new(NewRelicConfig::default())
}

fn events(value: &Value) -> Call {
    let call = call(Method::POST, "/v1/accounts/1/events");
    json(header(call, "api-key", &NewRelicConfig::default().license_key), value)
}

/// A complete request with every commonly used field.
fn golden() -> Value {
    json!({"eventType":"AcmeIncident","timestamp":1_795_428_131,"incidentId":"inc-7","state":"open",
        "sequence":1,"service":"checkout","errorRatio":0.12})
}

#[test]
fn stores_events_and_answers_a_uuid() {
    let newrelic = newrelic();
    let answer = parsed(&expect(&newrelic, &events(&json!([golden()])), 200));
    assert_eq!(answer["success"], json!(true));
    assert!(answer["uuid"].as_str().is_some_and(|uuid| uuid.len() == 36));
    expect(&newrelic, &events(&golden()), 200);
    let zipped = body(events(&golden()), gzip(golden().to_string().as_bytes()));
    expect(&newrelic, &header(zipped, "content-encoding", "gzip"), 200);

    let stored = newrelic.events();
    assert_eq!(stored.len(), 3);
    assert_eq!(stored[0].event_type, "AcmeIncident");
    assert_eq!(stored[0].attributes["errorRatio"], json!(0.12));
    assert!(newrelic.integration_errors().is_empty());
}

#[test]
fn refuses_what_headers_and_size_forbid() {
    let newrelic = newrelic();
    let good = || events(&golden());
    for (name, value, status) in [
        ("api-key", "", 403),
        ("api-key", "wrong", 403),
        ("content-type", "text/plain", 415),
        ("content-encoding", "zstd", 415),
        ("content-encoding", "gzip", 400),
    ] {
        expect(&newrelic, &header(good(), name, value), status);
    }
    expect(&newrelic, &body(good(), ""), 400);
    expect(&newrelic, &body(good(), noise(1_000_001)), 413);
    let mut other = good();
    other.path = "/v1/accounts/2/events".to_owned();
    expect(&newrelic, &other, 403);
    other.path = "/v1/account/1/events".to_owned();
    expect(&newrelic, &other, 404);
    other = good();
    other.method = Method::PUT;
    expect(&newrelic, &other, 405);
    assert!(newrelic.events().is_empty() && newrelic.integration_errors().is_empty());
}

#[test]
fn drops_bad_events_one_by_one_after_a_success() {
    let wide: Value = (0..255).map(|n| (format!("a{n}"), json!(n))).collect();
    let mut wide = wide;
    wide["eventType"] = json!("Wide");
    let cases: Vec<Value> = [
        ("/eventType", None),
        ("/eventType", Some(json!("a-b"))),
        ("/eventType", Some(json!(""))),
        ("/eventType", Some(json!(7))),
        ("/eventType", Some(json!("Metric"))),
        ("/eventType", Some(json!("MetricRaw"))),
        ("/eventType", Some(json!("Metric2"))),
        ("/eventType", Some(json!("Public_X"))),
        ("/state", Some(json!(true))),
        ("/state", Some(json!(null))),
        ("/state", Some(json!(["open"]))),
        ("/state", Some(json!({"is": "open"}))),
        ("/state", Some(json!("x".repeat(4097)))),
        ("/bad name", Some(json!("x"))),
        ("/timestamp", Some(json!(1_795_428_131 - 86_401))),
        ("/timestamp", Some(json!(1_795_428_131 + 86_401))),
        ("/timestamp", Some(json!("2026-11-23T10:02:11Z"))),
        ("/timestamp", Some(json!(1.0e300))),
    ]
    .into_iter()
    .map(|(pointer, new)| mutated(&golden(), pointer, new))
    .chain([wide, json!("text"), json!([golden()])])
    .collect();
    for bad in cases {
        let newrelic = newrelic();
        let answer = expect(&newrelic, &events(&json!([bad, golden()])), 200);
        let uuid = parsed(&answer)["uuid"].as_str().map(str::to_owned);
        assert_eq!(answer.verdict, Verdict::Partial, "{bad}");
        assert_eq!(newrelic.events().len(), 1, "{bad}");
        let errors = newrelic.integration_errors();
        assert_eq!(errors.len(), 1, "{bad}");
        assert_eq!((errors[0].category, &errors[0].request_id), ("EventApiException", &uuid));
    }
}

#[test]
fn a_payload_that_is_not_json_is_told_of_afterwards() {
    let newrelic = newrelic();
    expect(&newrelic, &body(events(&golden()), "{"), 200);
    assert_eq!(newrelic.integration_errors().len(), 1);
}

#[test]
fn allows_the_limits_and_both_sorts_of_time() {
    let newrelic = newrelic();
    for (pointer, new) in [
        ("/eventType", json!("Metrics")),
        ("/eventType", json!("a:b_C9")),
        ("/state", json!("x".repeat(4096))),
        ("/a.b:c_d", json!(1)),
        ("/timestamp", json!(1_795_428_131_000_i64)),
        ("/timestamp", json!(1_795_428_131.75)),
        ("/timestamp", json!(1_795_428_131 - 86_400)),
    ] {
        let answer = expect(&newrelic, &events(&mutated(&golden(), pointer, Some(new))), 200);
        assert_eq!(answer.verdict, Verdict::Accepted, "{:?}", answer.reason);
    }
}

#[test]
fn reserved_attributes_are_dropped_or_warned_about() {
    for (name, value, kept) in [
        ("accountId", json!(5), false),
        ("appId", json!("five"), false),
        ("appId", json!(5), true),
        ("hostname", json!("h"), false),
        ("entity.guid", json!("g"), false),
        ("entity.name", json!("n"), true),
        ("limit", json!(1), true),
    ] {
        let newrelic = newrelic();
        let event = mutated(&golden(), &format!("/{name}"), Some(value.clone()));
        let answer = expect(&newrelic, &events(&event), 200);
        let stored = newrelic.events();
        assert_eq!(stored[0].attributes.contains_key(name), kept, "{name}");
        let silent = name == "appId" && kept;
        assert_eq!(answer.warnings.is_empty(), silent, "{name}: {:?}", answer.warnings);
    }
}

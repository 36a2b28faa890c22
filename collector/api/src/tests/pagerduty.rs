//! What people do in PagerDuty.

use axum::http::StatusCode;
use bellwether_core::access::{Outcome, Role};
use ring::hmac;
use serde_json::{Value, json};

use super::access::{Asked, Place, asked};
use super::memory::Memory;
use super::samples::at;
use super::text;

const SECRET: &str = "a-secret-of-pagerduty";

/// What PagerDuty posts when a person acknowledges an incident of ours.
fn acknowledged() -> Value {
    json!({ "event": {
        "id": "01BZ", "event_type": "incident.acknowledged", "resource_type": "incident",
        "occurred_at": at(90).to_string(),
        "agent": { "id": "PLH1", "type": "user_reference", "summary": "Ann Other" },
        "data": { "id": "PGR0", "type": "incident", "incident_key": "inc-3" },
    } })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut webhook = acknowledged();
    *webhook.pointer_mut(pointer).unwrap() = value;
    webhook
}

fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let hex: String = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    format!("v1={hex}")
}

fn posted(webhook: &Value, secret: &str) -> Asked {
    let signature = signature(secret, &webhook.to_string());
    asked("POST", "/webhooks/pagerduty").json(webhook).with("x-pagerduty-signature", &signature)
}

fn place(store: Memory) -> Place {
    let pagerduty = json!({ "webhook_secret": SECRET });
    Place::over(json!({ "endpoint": "0.0.0.0:0", "pagerduty": pagerduty }), store)
}

/// Scenario: a person acknowledges one of our incidents in PagerDuty, or resolves it there.
/// Guarantee: it is acknowledged here, in that person's name, and the audit says so.
#[tokio::test]
async fn who_acknowledges_in_pagerduty_acknowledges_here() {
    let store = Memory::with_history();
    let kept = store.acts.clone();
    let place = place(store);
    for event in ["incident.acknowledged", "incident.resolved"] {
        let webhook = with("/event/event_type", json!(event));
        let answer = place.ask(posted(&webhook, SECRET)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{event}");
        assert_eq!(text(answer).await, r#"{"acknowledged":true,"why":null}"#);
        let entry = kept.lock().unwrap().remove(0);
        assert_eq!((entry.by.as_str(), entry.outcome), ("Ann Other", Outcome::Done));
        assert_eq!(entry.act, "POST /webhooks/pagerduty");
    }
    let body = acknowledged();
    let both = format!("v1=00, {}", signature(SECRET, &body.to_string()));
    let exchanged = posted(&body, "other").with("x-pagerduty-signature", &both);
    assert_eq!(place.status(exchanged).await, StatusCode::OK, "while a secret is exchanged");
}

/// Guarantee: what says nothing that we go by is answered well, so that PagerDuty does not send it
/// again, and changes nothing.
#[tokio::test]
async fn what_says_nothing_about_people_and_our_incidents_changes_nothing() {
    let store = Memory::with_history();
    let kept = store.acts.clone();
    let place = place(store);
    for (webhook, why) in [
        (with("/event/event_type", json!("pagey.ping")), "only acknowledgements"),
        (with("/event/agent", Value::Null), "no person"),
        (with("/event/agent/type", json!("inbound_integration_reference")), "no person"),
        (with("/event/occurred_at", json!(at(-4_000).to_string())), "too long ago"),
        (with("/event/data", json!({})), "no key of ours"),
        (with("/event/data/incident_key", json!("somebody-elses")), "no such incident"),
    ] {
        let answer = place.ask(posted(&webhook, SECRET)).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{why}");
        let said = text(answer).await;
        assert!(said.contains(why) && said.contains(r#""acknowledged":false"#), "{said}");
    }
    assert!(kept.lock().unwrap().iter().all(|it| it.about == "/webhooks/pagerduty"));
}

/// Scenario: somebody else posts what PagerDuty might have posted.
/// Guarantee: without its signature over those very bytes it is nobody, whatever else is shown.
#[tokio::test(start_paused = true)]
async fn what_pagerduty_did_not_sign_is_nobodys() {
    let store = Memory::with_history();
    let kept = store.acts.clone();
    let place = place(store);
    let good = acknowledged();
    let swapped = with("/event/data/incident_key", json!("inc-2"));
    let foreign = signature(SECRET, &good.to_string());
    for request in [
        posted(&good, "another"),
        posted(&good, SECRET).with("x-pagerduty-signature", ""),
        posted(&good, SECRET).with("x-pagerduty-signature", foreign.trim_start_matches("v1=")),
        posted(&swapped, SECRET).with("x-pagerduty-signature", &foreign),
        asked("POST", "/webhooks/pagerduty").json(&good),
        asked("POST", "/webhooks/pagerduty").json(&good).token(&place.token(Role::Admin)),
        posted(&json!([]), SECRET),
    ] {
        assert_eq!(place.status(request).await, StatusCode::UNAUTHORIZED);
    }
    let unset = Place::over(json!({}), Memory::with_history());
    assert_eq!(unset.status(posted(&good, "")).await, StatusCode::UNAUTHORIZED, "none is wanted");
    assert!(kept.lock().unwrap().is_empty());
    for _ in 0..3 {
        place.status(posted(&good, "another")).await;
    }
    let guessed = place.status(posted(&good, "another")).await;
    assert_eq!(guessed, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(place.status(posted(&good, SECRET)).await, StatusCode::OK, "nobody is locked out");
}

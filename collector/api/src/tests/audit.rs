//! What is kept of acts.

use std::time::Duration;

use axum::http::StatusCode;
use bellwether_core::access::{Outcome, Role};
use serde_json::{Value, json};

use super::access::{Place, asked};
use super::memory::Memory;
use super::samples::at;
use super::text;
use crate::table::TABLE;

const ACKNOWLEDGE: &str = "/api/v1/incidents/inc-3/acknowledge";

fn elsewhere() -> Value {
    json!({ "endpoint": "0.0.0.0:0" })
}

/// Scenario: an operator acts, a viewer tries to, and an administrator reads who did.
/// Guarantee: who, when, what, from where and what became of it is there, also of what was
/// refused; the viewer's changed nothing.
#[tokio::test]
async fn who_acts_is_kept_with_what_became_of_it() {
    let store = Memory::with_history();
    let kept = store.acts.clone();
    let place = Place::over(elsewhere(), store);
    let (operator, viewer) = (place.token(Role::Operator), place.token(Role::Viewer));
    let act = |token: &str| asked("POST", ACKNOWLEDGE).token(token).json(&json!({ "for": "2h" }));
    assert_eq!(place.status(act(&viewer)).await, StatusCode::FORBIDDEN);
    assert_eq!(place.status(act(&operator)).await, StatusCode::OK);
    let wrong = asked("POST", "/api/v1/incidents/nope/acknowledge").token(&operator);
    assert_eq!(place.status(wrong.json(&json!({}))).await, StatusCode::NOT_FOUND);
    let kept = kept.lock().unwrap().clone();
    let told: Vec<_> = kept.iter().rev().map(|it| (it.by.as_str(), it.role, it.outcome)).collect();
    assert_eq!(
        told,
        [
            ("a-viewer", Role::Viewer, Outcome::Refused),
            ("a-operator", Role::Operator, Outcome::Done),
            ("a-operator", Role::Operator, Outcome::Refused),
        ]
    );
    let done = &kept[1];
    assert_eq!(done.act, "POST /api/v1/incidents/{id}/acknowledge");
    assert_eq!((done.about.as_str(), done.at), (ACKNOWLEDGE, at(100)));
    assert_eq!(done.body, r#"{"for":"2h"}"#);
    let why = kept[2].why.clone().unwrap();
    assert!(why.starts_with("forbidden: "), "{why}");
    assert!(kept[0].why.clone().unwrap().starts_with("not_found: "));

    let admin = place.token(Role::Admin);
    let audit = place.ask(asked("GET", "/api/v1/audit?limit=2").token(&admin)).await;
    let audit: Value = serde_json::from_str(&text(audit).await).unwrap();
    assert_eq!(audit["audit"].as_array().unwrap().len(), 2);
    assert_eq!(audit["audit"][1]["by"], "a-operator");
    assert_eq!(audit["audit"][1]["at"], at(100).to_string());
    assert!(!audit.to_string().contains(&operator), "no token is in it");
}

/// Scenario: people on the collector's own machine act without a token, and say who they are, or not.
/// Guarantee: the audit says what they said; a token's name counts, whatever is said.
#[tokio::test]
async fn without_a_token_who_they_say_they_are_is_kept() {
    let store = Memory::with_history();
    let kept = store.acts.clone();
    let place = Place::over(json!({}), store);
    let token = place.token(Role::Operator);
    let act = |body| asked("POST", ACKNOWLEDGE).json(&body);
    place.ask(act(json!({ "by": "ann" }))).await;
    place.ask(act(json!({ "by": " " }))).await;
    place.ask(act(json!(["ann"]))).await;
    place.ask(act(json!({ "by": "ann" })).token(&token)).await;
    let kept: Vec<String> = kept.lock().unwrap().iter().rev().map(|it| it.by.clone()).collect();
    assert_eq!(kept, ["ann", "loopback", "loopback", "a-operator"]);
}

/// Guarantee: every act is for operators at least, and is kept.
#[test]
fn what_changes_something_is_an_act_of_operators() {
    let harmless = ["/api/v1/session"];
    for row in TABLE.iter().filter(|it| it.verb.as_str() != "GET" && it.path.starts_with("/api")) {
        assert_eq!(row.act, !harmless.contains(&row.path), "{}", row.path);
        assert!(!row.act || ["operator", "admin"].contains(&row.access.as_str()), "{}", row.path);
    }
    assert!(TABLE.iter().any(|it| it.act));
}

/// Scenario: the store is full.
/// Guarantee: what cannot be kept is not done.
#[tokio::test]
async fn what_cannot_be_kept_is_not_done() {
    let place = Place::over(elsewhere(), Memory::broken());
    let operator = place.token(Role::Operator);
    let request = asked("POST", ACKNOWLEDGE).token(&operator).json(&json!({}));
    let answer = place.ask(request).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(answer).await.contains("store_unavailable"));
}

#[tokio::test(start_paused = true)]
async fn nobody_acts_without_end() {
    let place = Place::over(elsewhere(), Memory::with_history());
    let (busy, calm) = (place.token(Role::Operator), place.token(Role::Admin));
    let act = |token: &str| asked("POST", ACKNOWLEDGE).token(token).json(&json!({}));
    for _ in 0..30 {
        assert_eq!(place.status(act(&busy)).await, StatusCode::OK);
    }
    let slowed = place.ask(act(&busy)).await;
    assert_eq!(slowed.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.headers()["retry-after"], "1");
    assert_eq!(place.status(act(&calm)).await, StatusCode::OK, "another one is not held up");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(place.status(act(&busy)).await, StatusCode::OK);
}

#[tokio::test]
async fn what_is_sent_is_bounded() {
    let place = Place::over(elsewhere(), Memory::with_history());
    let operator = place.token(Role::Operator);
    let long = json!({ "text": "x".repeat(300_000) });
    let request = asked("POST", "/api/v1/incidents/inc-3/notes").token(&operator).json(&long);
    let answer = place.ask(request).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

//! What people say of routes that are gone.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use bellwether_core::BoxFuture;
use bellwether_core::access::Role;
use bellwether_core::act::{Act, Acts, Done, Refused};
use bellwether_core::facts::{NoRemoval, Removal};
use bellwether_core::route::Route;
use serde_json::{Value, json};

use super::access::{Asked, Place, asked};
use super::text;

/// Does what it is told, and remembers it.
#[derive(Default)]
struct Hand {
    removals: Mutex<Vec<Removal>>,
    refuses: Option<Refused>,
}

impl Acts for Hand {
    fn act(&self, _: Act) -> BoxFuture<'_, Result<Done, Refused>> {
        Box::pin(async { Err(Refused::Wrong("this hand knows routes only".to_owned())) })
    }

    fn accept(&self, removal: Removal) -> BoxFuture<'_, Result<Vec<Route>, Refused>> {
        Box::pin(async move {
            if let Some(why) = &self.refuses {
                return Err(why.clone());
            }
            self.removals.lock().unwrap().push(removal);
            Ok(vec!["GET /x".parse().unwrap()])
        })
    }
}

fn removal() -> Value {
    json!({ "service": "api", "routes": ["/x"], "by": "jane", "why": "moved" })
}

fn accept(body: &Value) -> Asked {
    asked("POST", "/api/v1/routes/accept").json(body)
}

async fn told(place: &Place, request: Asked) -> (StatusCode, Value) {
    let response = place.ask(request).await;
    let status = response.status();
    (status, serde_json::from_str(&text(response).await).unwrap())
}

#[tokio::test]
async fn a_removal_is_taken_and_says_which_routes_it_was() {
    let hand = Arc::new(Hand::default());
    let place = Place::operated(json!({}), hand.clone());
    let answer = told(&place, accept(&removal())).await;
    assert_eq!(answer, (StatusCode::OK, json!({ "accepted": ["GET /x"] })));
    // whoever shows a token is called as the token is
    let token = place.token(Role::Operator);
    told(&place, accept(&removal()).token(&token)).await;
    let mut nameless = removal();
    nameless["by"] = Value::Null;
    told(&place, accept(&nameless)).await;
    let by: Vec<String> = hand.removals.lock().unwrap().iter().map(|it| it.by.clone()).collect();
    assert_eq!(by, ["jane", "a-operator", "loopback"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_removal_is_told_and_nothing_is_done() {
    for (key, value, message) in [
        ("service", Value::Null, "service"),
        ("routes", json!(["x"]), "has to begin with `/`"),
        ("routes", json!([]), "`routes` names 1 to 1000 routes"),
        ("by", json!(" "), "`by` is empty"),
        ("why", json!(""), "`why` is empty"),
        ("why", json!("x".repeat(3_000)), "`why` is longer than 2000 bytes"),
        ("more", json!(1), "unknown field `more`"),
    ] {
        let hand = Arc::new(Hand::default());
        let place = Place::operated(json!({}), hand.clone());
        let mut body = removal();
        body[key] = value;
        let (status, answer) = told(&place, accept(&body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer["error"]["code"], "invalid_body");
        let told = answer["error"]["message"].as_str().unwrap();
        assert!(told.contains(message), "{body}: {told}");
        assert!(hand.removals.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_done_says_why() {
    let unknown = NoRemoval::Service { service: "api".into(), known: vec!["web".to_owned()] };
    for (why, status, code) in [
        (Refused::Unknown(unknown.to_string()), StatusCode::NOT_FOUND, "not_found"),
        (
            Refused::Later("the disk is full".to_owned()),
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
        ),
    ] {
        let place =
            Place::operated(json!({}), Arc::new(Hand { refuses: Some(why), ..Hand::default() }));
        let (found, answer) = told(&place, accept(&removal())).await;
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)));
    }
}

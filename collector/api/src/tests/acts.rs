//! What people do over HTTP.

use super::*;

/// Posts JSON as somebody on this machine.
async fn post(path: &str, body: Value) -> (StatusCode, Value) {
    let (api, _hand) = api_over(samples::snapshot(), Memory::with_history());
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json");
    let door = Door::new(&Config::default(), api.tokens(), None, CancellationToken::new());
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = router(api, door).oneshot(request).await.unwrap();
    let status = response.status();
    (status, serde_json::from_str(&text(response).await).unwrap())
}

#[tokio::test]
async fn acts_are_answered_with_what_came_of_them() {
    let (status, incident) =
        post("/api/v1/incidents/inc-3/acknowledge", json!({ "by": "ann", "for": "2h" })).await;
    assert_eq!(status, StatusCode::OK, "{incident}");
    assert_eq!(incident["response"]["owner"], "ann");
    let acknowledged = &incident["response"]["acknowledged"];
    assert_eq!(acknowledged["by"], "ann");
    assert_ne!(acknowledged["until"], acknowledged["at"]);
    let note = json!({ "by": "ann", "text": "the disk is full" });
    let (_, incident) = post("/api/v1/incidents/inc-3/notes", note).await;
    assert_eq!(incident["response"]["notes"][0]["text"], "the disk is full");
    let (_, incident) =
        post("/api/v1/incidents/inc-3/assign", json!({ "by": "ann", "to": "bob" })).await;
    assert_eq!(incident["response"]["owner"], "bob");
    let escalate = json!({ "by": "ann", "reason": "nobody comes", "step": 2 });
    let (status, incident) = post("/api/v1/incidents/inc-3/escalate", escalate).await;
    assert_eq!((status, &incident["response"]["acknowledged"]), (StatusCode::OK, &Value::Null));
    let words = json!({ "by": "ann", "headline": "Trouble", "text": "We are on it." });
    let (_, incident) = post("/api/v1/incidents/inc-3/publish", words).await;
    let published = &incident["response"]["published"];
    assert_eq!((&published["by"], &published["text"]), (&json!("ann"), &json!("We are on it.")));
    let verdict = json!({ "by": "ann", "verdict": "false" });
    let (_, incident) = post("/api/v1/incidents/inc-3/resolve", verdict).await;
    assert_eq!(incident["response"]["verdict"], "false");
    let wish = json!({ "by": "ann", "reason": "the move", "component": "auth", "for": "1h" });
    let (status, silence) = post("/api/v1/silences", wish).await;
    assert_eq!((status, &silence["id"]), (StatusCode::OK, &json!("sil-1")));
    assert_eq!(silence["component"], "auth");
    assert!(silence["until"].is_string());
}

#[tokio::test]
async fn what_is_not_done_says_why() {
    let by = || json!({ "by": "ann" });
    for (path, body, status, code) in [
        ("/api/v1/incidents/inc-0/acknowledge", by(), StatusCode::NOT_FOUND, "not_found"),
        ("/api/v1/incidents/inc-3/acknowledge", json!({}), StatusCode::BAD_REQUEST, "invalid_body"),
        ("/api/v1/incidents/inc-3/notes", by(), StatusCode::BAD_REQUEST, "invalid_body"),
        ("/api/v1/incidents/inc-3/escalate", by(), StatusCode::BAD_REQUEST, "invalid_body"),
        (
            "/api/v1/incidents/inc-3/escalate",
            json!({ "by": "ann", "reason": "nobody comes", "step": 3 }),
            StatusCode::CONFLICT,
            "refused",
        ),
        // what serde alone would take for an object
        (
            "/api/v1/incidents/inc-3/notes",
            json!(["ann", "x"]),
            StatusCode::BAD_REQUEST,
            "invalid_body",
        ),
        (
            "/api/v1/incidents/inc-3/verdict",
            json!({ "by": "ann", "verdict": "real" }),
            StatusCode::SERVICE_UNAVAILABLE,
            "later",
        ),
        ("/api/v1/silences/sil-1/end", by(), StatusCode::CONFLICT, "refused"),
    ] {
        let (found, answer) = post(path, body).await;
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{path}: {answer}");
    }
}

#[tokio::test]
async fn it_can_be_read_who_is_told_next() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::with_history());
    let steps = good(&api, "/api/v1/incidents/inc-open/escalation").await;
    insta::assert_json_snapshot!("escalation", steps);
    let over = good(&api, "/api/v1/incidents/inc-2/escalation").await;
    assert_eq!(over, json!({ "id": "inc-2", "steps": [] }));
    let (status, answer) = get(&api, "/api/v1/incidents/inc-0/escalation").await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[tokio::test]
async fn silences_and_decisions_can_be_read() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::with_history());
    let silences = good(&api, "/api/v1/silences").await;
    assert_eq!(silences["silences"][0]["reason"], "the move");
    let drafts = good(&api, "/api/v1/incidents/inc-3/drafts").await;
    assert_eq!(drafts["drafts"][0]["headline"], "Admin panel: major outage");
    assert_eq!(good(&api, "/api/v1/incidents/inc-2/drafts").await, json!({ "drafts": [] }));
    assert_eq!(get(&api, "/api/v1/incidents/inc-9/drafts").await.0, StatusCode::NOT_FOUND);
    let decisions = good(&api, "/api/v1/incidents/inc-3/decisions").await;
    let told = &decisions["decisions"][0];
    assert_eq!(told["why"], "alerting.routes[0] holds");
    assert_eq!(told["reason"], json!({ "kind": "route", "route": 0 }));
}

//! The routes, in-process, over a snapshot and a store in memory.

pub(crate) mod access;
mod acts;
mod audit;
mod headers;
mod links;
mod live;
pub(crate) mod memory;
mod openapi;
mod page;
mod pagerduty;
mod past;
mod removal;
pub(crate) mod running;
pub(crate) mod samples;
mod serving;
mod stale;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::access::Door;
use crate::table::router;
use crate::tests::memory::Memory;
use crate::view::Snapshot;
use crate::{Api, Config, Live, Signer, Sources, TokenFile};

/// An API, and the hand that publishes its snapshots.
pub(crate) fn api_over(snapshot: Snapshot, store: Memory) -> (Api, watch::Sender<Arc<Snapshot>>) {
    let (sender, snapshots) = watch::channel(Arc::new(snapshot));
    (Api::new(sources(snapshots, store)), sender)
}

/// Where an API has everything from, with no token anywhere.
pub(crate) fn sources(snapshots: watch::Receiver<Arc<Snapshot>>, store: Memory) -> Sources {
    let store = Arc::new(store);
    Sources {
        snapshots,
        known: watch::Sender::new(Arc::new(samples::known())).subscribe(),
        every: watch::Sender::new(std::time::Duration::from_secs(1)).subscribe(),
        store: store.clone(),
        acts: store.clone(),
        audit: store.clone(),
        metrics: Arc::new(String::new),
        tokens: TokenFile::in_folder(std::path::Path::new("/nowhere")),
        provider: None,
        drafts: store,
        links: Signer::default(),
        live: Live::new(samples::at(0)),
        now: Arc::new(|| samples::at(100)),
    }
}

async fn send(api: &Api, method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    let door = Door::new(&Config::default(), api.tokens(), None, CancellationToken::new());
    router(api.clone(), door).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

pub(crate) async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn get(api: &Api, path: &str) -> (StatusCode, Value) {
    let response = send(api, Method::GET, path).await;
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/json", "{path}");
    (status, serde_json::from_str(&text(response).await).unwrap())
}

async fn good(api: &Api, path: &str) -> Value {
    let (status, value) = get(api, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value
}

#[tokio::test]
async fn the_whole_snapshot_is_as_documented() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::default());
    let status = good(&api, "/api/v1/status").await;
    insta::assert_json_snapshot!(status);
    let read: Snapshot = serde_json::from_value(status).unwrap();
    assert_eq!(read, samples::snapshot(), "who reads the JSON gets the same");
}

#[tokio::test]
async fn a_collector_that_knows_nothing_yet_answers() {
    let (api, _hand) = api_over(Snapshot::default(), Memory::default());
    insta::assert_json_snapshot!(good(&api, "/api/v1/status").await);
}

#[tokio::test]
async fn every_part_says_how_it_is() {
    let (api, hand) = api_over(samples::snapshot(), Memory::default());
    insta::assert_json_snapshot!(good(&api, "/status").await);

    let mut snapshot = samples::snapshot();
    snapshot.collector.ready = false;
    snapshot.collector.problems = vec!["the disk is full".to_owned()];
    snapshot.collector.store_error = Some("the disk is full".to_owned());
    hand.send_replace(Arc::new(snapshot));
    let (status, parts) = get(&api, "/status").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(parts["error"], "the disk is full");
    assert_eq!(parts["components"]["extension:storage"]["healthy"], false);
    assert_eq!(parts["components"]["receiver:otlp/grpc"]["healthy"], true);
}

#[tokio::test]
async fn where_traces_are_looked_at_is_as_configured() {
    let (api, _hand) = api_over(Snapshot::default(), Memory::default());
    assert_eq!(good(&api, "/api/v1/trace-links").await, json!({ "links": [] }));
    let link = json!({ "name": "Jaeger", "url": "http://jaeger/search?service={service}" });
    let config: Config = serde_json::from_value(json!({ "trace_links": [link] })).unwrap();
    let door = Door::new(&config, api.tokens(), None, CancellationToken::new());
    let request = Request::builder().uri("/api/v1/trace-links").header(header::HOST, "localhost");
    let request = request.body(Body::empty()).unwrap();
    let answer = text(router(api, door).oneshot(request).await.unwrap()).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!({ "links": [link] }));
}

#[tokio::test]
async fn metrics_are_read_when_somebody_asks() {
    let (_hand, snapshots) = watch::channel(Arc::new(Snapshot::default()));
    let metrics = Arc::new(|| "up 1\n".to_owned());
    let api = Api::new(Sources { metrics, ..sources(snapshots, Memory::default()) });
    let answer = send(&api, Method::GET, "/metrics").await;
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(text(answer).await, "up 1\n");
}

#[tokio::test]
async fn parts_of_the_snapshot_have_routes_of_their_own() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::default());
    let status = good(&api, "/api/v1/status").await;
    for part in ["components", "services", "destinations"] {
        let value = good(&api, &format!("/api/v1/{part}")).await;
        assert_eq!(value, json!({ part: status[part] }));
    }
}

#[tokio::test]
async fn history_comes_from_the_store() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::with_history());
    insta::assert_json_snapshot!(good(&api, "/api/v1/transitions").await);
    let ids = |value: &Value| -> Vec<String> {
        let incidents = value["incidents"].as_array().unwrap();
        incidents.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&good(&api, "/api/v1/incidents").await), ["inc-3", "inc-2", "inc-1"]);
    assert_eq!(ids(&good(&api, "/api/v1/incidents?limit=2").await), ["inc-3", "inc-2"]);
    insta::assert_json_snapshot!("notifications", good(&api, "/api/v1/notifications").await);
    for (query, numbers) in [
        ("incident=inc-3", vec![1]),
        ("incident=inc-1", vec![]),
        ("destination=statuspage", vec![2, 1]),
        ("destination=statuspage&incident=inc-3&limit=9", vec![1]),
        ("destination=slack", vec![]),
    ] {
        let found = good(&api, &format!("/api/v1/notifications?{query}")).await;
        let found = found["notifications"].as_array().unwrap().iter();
        let found: Vec<i64> = found.map(|it| it["number"].as_i64().unwrap()).collect();
        assert_eq!(found, numbers, "{query}");
    }
}

#[tokio::test]
async fn one_incident_is_found_open_or_in_the_store() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::with_history());
    let status = good(&api, "/api/v1/status").await;
    assert_eq!(good(&api, "/api/v1/incidents/inc-open").await, status["incidents"][0]);
    assert_eq!(good(&api, "/api/v1/incidents/inc-2").await["id"], "inc-2");
    let (status, value) = get(&api, "/api/v1/incidents/inc-9").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let message = "there is no incident `inc-9`";
    assert_eq!(value, json!({ "error": { "code": "not_found", "message": message } }));
}

#[tokio::test]
async fn wrong_queries_are_refused_with_a_reason() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::with_history());
    for (query, part) in [
        ("limit=0", "limit is 0: write 1 to 1000"),
        ("limit=1001", "limit is 1001: write 1 to 1000"),
        ("limit=-1", "invalid digit"),
        ("limit=many", "invalid digit"),
        ("limits=5", "unknown field `limits`"),
    ] {
        for route in ["incidents", "transitions"] {
            let (status, value) = get(&api, &format!("/api/v1/{route}?{query}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
            assert_eq!(value["error"]["code"], "invalid_query");
            let message = value["error"]["message"].as_str().unwrap();
            assert!(message.contains(part), "{query}: {message}");
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_is_told_without_its_inner_words() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::broken());
    for path in ["/api/v1/incidents", "/api/v1/transitions", "/api/v1/incidents/inc-9"] {
        let (status, value) = get(&api, path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(value["error"]["code"], "store_unavailable");
        assert!(!value.to_string().contains("disk"), "{value}");
    }
    good(&api, "/api/v1/status").await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_does_not_hold_the_caller() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::stuck());
    let (status, value) = get(&api, "/api/v1/incidents").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value["error"]["code"], "store_unavailable");
}

#[tokio::test]
async fn unknown_paths_and_methods_get_json() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::default());
    let (status, value) = get(&api, "/api/v2/status").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(value["error"]["message"], "nothing is served under /api/v2/status");
    for method in [Method::POST, Method::DELETE, Method::PUT] {
        let response = send(&api, method, "/api/v1/status").await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        let value: Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(value["error"]["code"], "method_not_allowed");
    }
    let response = send(&api, Method::HEAD, "/api/v1/status").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(response).await, "");
}

#[tokio::test]
async fn readiness_is_honest() {
    let (api, _hand) = api_over(samples::snapshot(), Memory::default());
    insta::assert_json_snapshot!(good(&api, "/readyz").await);

    let (api, _hand) = api_over(Snapshot::default(), Memory::broken());
    let (status, value) = get(&api, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    insta::assert_json_snapshot!("not_ready", value);
    assert_eq!(good(&api, "/livez").await, json!({ "alive": true }), "alive all the same");

    let mut snapshot = samples::snapshot();
    snapshot.collector.ready = false;
    snapshot.collector.problems = vec!["the newest change could not be stored".to_owned()];
    let (api, _hand) = api_over(snapshot, Memory::default());
    let (status, value) = get(&api, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value["reasons"], json!(["the newest change could not be stored"]));
}

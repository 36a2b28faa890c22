//! The real transport, over a real socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use http::{HeaderValue, Method};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::call::Call;
use crate::transport::{Http, MAX_ANSWER, Network, Transport};
use crate::wire::Wire;

fn http() -> Arc<dyn Transport> {
    // another test may have been first
    let _ = rustls::crypto::ring::default_provider().install_default();
    Http::new().unwrap().open(&Wire::default()).unwrap()
}

async fn serve(tasks: &mut JoinSet<()>) -> String {
    let app = Router::new()
        .route(
            "/echo",
            post(|headers: HeaderMap, body: Bytes| async move {
                assert_eq!(headers["dd-api-key"], "key");
                assert_eq!(headers[header::CONTENT_TYPE], "application/json");
                assert!(headers[header::USER_AGENT].to_str().unwrap().starts_with("bellwether/"));
                ([(header::RETRY_AFTER, "7")], body)
            }),
        )
        .route("/elsewhere", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/echo")]) }))
        .route("/endless", get(|| async { vec![b'x'; MAX_ANSWER + 1] }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

#[tokio::test]
async fn calls_arrive_as_they_are_and_answers_come_back_whole() {
    let mut tasks = JoinSet::new();
    let url = serve(&mut tasks).await;
    let call = Call::new("test", Method::POST, format!("{url}/echo"))
        .json(&serde_json::json!({ "a": 1 }))
        .header(http::HeaderName::from_static("dd-api-key"), HeaderValue::from_static("key"));
    let answer = http().send(call).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"{\"a\":1}".as_slice()));
    assert_eq!(answer.retry_after().unwrap().wait(Default::default()).as_secs(), 7);
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_are_cut_off() {
    let mut tasks = JoinSet::new();
    let url = serve(&mut tasks).await;
    let get = |path: &str| Call::new("test", Method::GET, format!("{url}{path}"));
    assert_eq!(http().send(get("/elsewhere")).await.unwrap().status, 302);
    let error = http().send(get("/endless")).await.unwrap_err().to_string();
    assert!(error.ends_with("the answer is longer than 4 MiB"), "{error}");
}

#[tokio::test]
async fn a_failed_call_names_the_host_and_not_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let call = Call::new("test", Method::GET, format!("http://{address}/hook/t0ken?key=t0ken"));
    let error = http().send(call).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("{address}: ")), "{error}");
    assert!(error.contains("refused") && !error.contains("t0ken"), "{error}");
}

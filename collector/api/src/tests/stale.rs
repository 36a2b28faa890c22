//! Old news is not passed off as new.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::memory::Memory;
use super::samples::{at, snapshot};
use super::{api_over, get, good, send, text};

#[tokio::test(start_paused = true)]
async fn a_collector_that_stands_still_is_not_ready() {
    let (api, hand) = api_over(snapshot(), Memory::default());
    good(&api, "/readyz").await;
    tokio::time::advance(Duration::from_secs(30)).await;
    let (status, value) = get(&api, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value["reasons"], json!(["nothing was evaluated in the last 30 s"]));
    assert_eq!(good(&api, "/api/v1/status").await["collector"]["ready"], false);
    let page = text(send(&api, Method::GET, "/plain").await).await;
    assert!(page.contains("nothing was evaluated in the last 30 s"));

    let mut next = snapshot();
    next.collector.now = at(131).into();
    hand.send(Arc::new(next)).unwrap();
    good(&api, "/readyz").await;
}

#[tokio::test]
async fn a_collector_that_stops_says_so() {
    let (api, hand) = api_over(snapshot(), Memory::default());
    drop(hand);
    let (status, value) = get(&api, "/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(value["reasons"], json!(["the collector is stopping"]));
}

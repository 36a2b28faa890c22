//! Web pages that send: cross-origin requests.

use bellwether_core::ingest::Accepted;
use tokio::sync::Semaphore;

use super::harness::{JSON, Receiver, Reply};

const PAGES: &str = r#"{"cors": {
    "allowed_origins": ["https://app.example", "https://*.shop.example"],
    "allowed_headers": ["X-Tenant", "content-encoding"],
    "max_age": 7200
}}"#;

async fn receiver(keys: &str) -> Receiver {
    let receiver = Receiver::start(|| Ok(Accepted::default()), keys, |_| {}).await;
    receiver.ingest.go.add_permits(Semaphore::MAX_PERMITS);
    receiver
}

async fn preflight(receiver: &Receiver, origin: &str, headers: &str) -> Reply {
    let lines = format!(
        "origin: {origin}\r\naccess-control-request-method: POST\r\n\
         access-control-request-headers: {headers}\r\n"
    );
    receiver.send("OPTIONS", "/v1/traces", &lines, b"").await
}

/// Scenario: browsers ask before their pages send.
/// Guarantee: yes for allowed origins and headers, with how long that holds; else no.
#[tokio::test]
async fn pages_are_allowed_as_configured() {
    let receiver = receiver(PAGES).await;
    for origin in ["https://app.example", "https://de.shop.example"] {
        let reply = preflight(&receiver, origin, "content-type, x-tenant").await;
        assert_eq!(reply.status, 204);
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
        assert_eq!(reply.header("access-control-allow-methods"), Some("post"));
        assert_eq!(reply.header("access-control-allow-headers"), Some("content-type, x-tenant"));
        assert_eq!(reply.header("access-control-max-age"), Some("7200"));
    }
    for origin in ["https://evil.example", "http://app.example", "https://shop.example", "null"] {
        let reply = preflight(&receiver, origin, "content-type").await;
        assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
    }
    let reply = preflight(&receiver, "https://app.example", "x-other").await;
    assert_eq!(reply.header("access-control-allow-headers"), None);
    assert_eq!(reply.header("access-control-allow-methods"), None);
}

/// Scenario: pages send.
/// Guarantee: answers, errors too, may be read by allowed pages only; caches keep them apart.
#[tokio::test]
async fn answers_are_marked_for_allowed_pages() {
    let receiver = receiver(PAGES).await;
    for (body, status) in [("{}", 200), ("x", 400)] {
        let lines = format!("content-type: {JSON}\r\norigin: https://app.example\r\n");
        let reply = receiver.send("POST", "/v1/traces", &lines, body.as_bytes()).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("access-control-allow-origin"), Some("https://app.example"));
        assert!(reply.header("vary").expect("vary").contains("origin"));
    }
    let lines = format!("content-type: {JSON}\r\norigin: https://evil.example\r\n");
    let reply = receiver.send("POST", "/v1/traces", &lines, b"{}").await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

/// Scenario: nothing is configured, or everything is allowed.
/// Guarantee: no page may send; every page may.
#[tokio::test]
async fn none_by_default_and_all_when_asked() {
    let closed = receiver("{}").await;
    let reply = preflight(&closed, "https://app.example", "content-type").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (405, None));

    let open = receiver(r#"{"cors":{"allowed_origins":["*"],"allowed_headers":["*"]}}"#).await;
    let reply = preflight(&open, "https://any.example", "x-anything").await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://any.example"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("x-anything"));
    assert_eq!(reply.header("access-control-max-age"), None);
}

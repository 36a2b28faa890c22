//! What every answer carries, errors included.

use axum::http::Method;

use super::memory::Memory;
use super::samples::snapshot;
use super::{api_over, send};

#[tokio::test]
async fn every_answer_is_locked_down() {
    let (api, _hand) = api_over(snapshot(), Memory::broken());
    for (method, path) in [
        (Method::GET, "/plain"),
        (Method::GET, "/style.css"),
        (Method::GET, "/livez"),
        (Method::GET, "/readyz"),
        (Method::GET, "/api/v1/status"),
        (Method::GET, "/api/v1/incidents"),
        (Method::GET, "/nowhere"),
        (Method::POST, "/"),
    ] {
        let response = send(&api, method, path).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    }
}

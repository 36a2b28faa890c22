//! Readiness from the requests that a router really serves.

use axum::body::Body;
use axum::http::StatusCode;
use tower::ServiceExt;

use super::*;
use crate::business::{Catalog, Component, Criticality};
use crate::routing::{Router, get};
use crate::telemetry::Parts;

/// Scenario: a router serves a critical route and another one; one of them begins to fail.
/// Guarantee: failures of the critical route turn readiness, first to `warn` and past the hold to `fail`; failures of the
/// other do not.
#[tokio::test]
async fn failing_requests_to_critical_routes_turn_readiness() {
    for (failing, hold, expected) in [
        ("/login", HOLD, Status::Warn),
        ("/login", Duration::ZERO, Status::Fail),
        ("/blog", Duration::ZERO, Status::Pass),
    ] {
        let auth = Component::new("auth", Criticality::Critical).route("GET /login").unwrap();
        let blog = Component::new("blog", Criticality::Low).route("GET /blog").unwrap();
        let catalog = Catalog::new().component(auth).component(blog);
        let telemetry = Telemetry::new(Parts { catalog, ..Parts::silent() });
        let answers = |path: &'static str| {
            let code = if path == failing { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
            get(async move || code)
        };
        let health = Health::new(&telemetry).without_startup().hold(hold);
        let app = Router::new()
            .route("/login", answers("/login"))
            .route("/blog", answers("/blog"))
            .merge(health.router());
        let app = telemetry.instrument(app);
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap().status()
        };
        assert_eq!(ask("/ready").await, StatusCode::OK);
        for _ in 0..OUTCOME_REQUESTS {
            ask("/login").await;
            ask("/blog").await;
        }
        assert_eq!(health.ready(), expected, "{failing} {hold:?}");
        assert_eq!(ask("/ready").await.as_u16(), expected.code());
    }
}

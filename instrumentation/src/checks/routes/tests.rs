use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::State;
use axum::middleware::from_fn;

use super::*;
use crate::routing::{any, get, post};

type Calls = Arc<AtomicUsize>;

async fn handler(State(calls): State<Calls>) -> StatusCode {
    calls.fetch_add(1, Ordering::Relaxed);
    StatusCode::NOT_FOUND
}

fn app(calls: &Calls) -> Router {
    let users = Router::new()
        .route("/", get(handler).post(handler))
        .route("/{id}/files/{*rest}", get(handler));
    Router::new()
        .route("/login", post(handler))
        .route("/proxy/{*rest}", any(handler))
        .nest("/users", users)
        .with_state(Arc::clone(calls))
}

async fn run(router: impl Into<RoutesUnderTest>, expected: &[&str]) -> CheckResult {
    routes(router, expected.iter().copied()).run().await
}

#[tokio::test]
async fn mounted_routes_pass_and_no_handler_is_called() {
    let calls = Calls::default();
    let app = app(&calls);
    let expected = [
        "POST /login",
        "GET /users",
        "HEAD /users",
        "POST /users",
        "GET /users/{id}/files/{*rest}",
        "PUT /proxy/{*rest}",
    ];
    assert_eq!(run(&app, &expected).await, Ok(()));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_is_missing_is_named_with_its_reason() {
    let app = app(&Calls::default());
    let error = run(&app, &["GET /login", "GET /admin", "POST /login"]).await.unwrap_err();
    assert_eq!(
        error.message(),
        "GET /login is mounted for POST only (405); GET /admin is not mounted (404)"
    );
    assert_eq!(error.error_type, "route_missing");
}

#[tokio::test]
async fn a_plain_axum_router_is_asked_the_same_way() {
    let app = axum::Router::new().route("/login", axum::routing::post(async || ()));
    assert_eq!(run(&app, &["POST /login"]).await, Ok(()));
    assert!(run(&app, &["GET /login"]).await.is_err());
}

#[tokio::test]
async fn an_authentication_layer_in_front_hides_nothing() {
    let deny = from_fn(async |_: Request, _: axum::middleware::Next| StatusCode::UNAUTHORIZED);
    let app = app(&Calls::default()).layer(deny);
    assert_eq!(run(&app, &["POST /login", "GET /users"]).await, Ok(()));
    let error = run(&app, &["GET /admin"]).await.unwrap_err();
    assert_eq!(error.message(), "GET /admin is not mounted (404)");

    let plain = app.into_axum();
    let error = run(&plain, &["GET /admin"]).await.unwrap_err();
    assert!(error.skipped, "{error}");
}

#[tokio::test]
async fn a_text_that_is_no_route_fails_with_the_right_form() {
    let error = run(&app(&Calls::default()), &["/login"]).await.unwrap_err();
    assert!(error.message().contains("`/login` is not a route"), "{error}");
}

#[test]
fn templates_become_paths() {
    assert_eq!(example_path("/"), "/");
    assert_eq!(example_path("/u/{id}/f/{*rest}"), "/u/probe/f/probe");
    assert_eq!(example_path("/broken/{id"), "/broken/probe");
}

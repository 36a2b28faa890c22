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

/// Scenario: a layer of the router, which sees the question, hangs; another takes two seconds.
/// Guarantee: the first is waited for no longer than the check, or the budget, allows; the second passes.
#[tokio::test(start_paused = true)]
async fn a_layer_that_hangs_times_out_and_a_slow_one_passes() {
    use std::time::Duration;

    use crate::Telemetry;
    use crate::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};

    let own = Duration::from_secs(3);
    let slow = from_fn(async |request: Request, next: axum::middleware::Next| {
        tokio::time::sleep(Duration::from_secs(2)).await;
        next.run(request).await
    });
    let hangs = from_fn(async |_: Request, _: axum::middleware::Next| {
        std::future::pending::<StatusCode>().await
    });
    let app = || axum::Router::new().route("/login", axum::routing::post(async || ()));
    let hanging = app().layer(hangs);
    let report = Startup::new(&Telemetry::disabled())
        .in_tasks()
        .check("hangs", "auth", Degrade, routes(&hanging, ["POST /login"]))
        .check("has its own time", "auth", Degrade, routes(&hanging, ["POST /login"]))
        .timeout(own)
        .check("slow", "auth", Degrade, routes(&app().layer(slow), ["POST /login"]))
        .run()
        .await;
    let ended: Vec<_> = report.checks().iter().map(|it| (it.outcome(), it.took())).collect();
    assert_eq!(
        (ended[0].0, ended[0].1 <= CHECK_BUDGET),
        (CheckOutcome::TimedOut, true),
        "{report}"
    );
    assert_eq!(ended[1], (CheckOutcome::TimedOut, own), "{report}");
    assert_eq!(ended[2], (CheckOutcome::Passed, Duration::from_secs(2)), "{report}");
}

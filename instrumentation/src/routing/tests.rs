use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use tower::ServiceExt;

use super::*;

async fn echo(path: MatchedPath) -> String {
    path.as_str().to_owned()
}

fn app() -> Router {
    let users =
        Router::new().route("/", get(echo).post(echo)).route("/{id}", get(echo).delete(echo));
    let version = Router::new().nest("/users", users).route("/login", post(echo));
    Router::new()
        .nest("/api/v1/", version)
        .merge(Router::new().route("/health", get(echo)))
        .route("/proxy/{*rest}", any(echo))
        .fallback(async || (StatusCode::NOT_FOUND, "nothing here"))
}

#[test]
fn the_manifest_lists_what_was_mounted_by_path_and_method() {
    let routes: Vec<String> = app().manifest().iter().map(Route::to_string).collect();
    assert_eq!(
        routes,
        [
            "POST /api/v1/login",
            "GET /api/v1/users",
            "POST /api/v1/users",
            "DELETE /api/v1/users/{id}",
            "GET /api/v1/users/{id}",
            "GET /health",
            "ANY /proxy/{*rest}",
        ]
    );
}

/// Every line of the manifest is served by axum, under exactly the template that the manifest gives.
#[tokio::test]
async fn the_manifest_tells_the_truth() {
    let app = app();
    let manifest = app.manifest().clone();
    let served = app.into_axum();
    for route in manifest.iter() {
        let method = route.method().replace(Route::ANY, "PATCH");
        let path = route.path().replace("{id}", "7").replace("{*rest}", "a/b");
        let request =
            Request::builder().method(method.as_str()).uri(&path).body(Body::empty()).unwrap();
        let response = served.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{route}");
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        assert_eq!(body, route.path(), "{route}");
    }
}

#[test]
fn layers_and_state_keep_the_manifest() {
    let app: Router = Router::<u8>::new()
        .route("/a", get(async || ()))
        .layer(axum::middleware::from_fn(async |request: Request, next: axum::middleware::Next| {
            next.run(request).await
        }))
        .with_state(1);
    assert_eq!(app.manifest().to_string(), "GET /a\n");
}

#[test]
fn unrecorded_routes_are_served_but_not_claimed() {
    let foreign = axum::Router::new().route("/metrics", axum::routing::get(async || ()));
    let app: Router = Router::new().merge_unrecorded(foreign);
    assert!(app.manifest().is_empty());
}

#[test]
fn a_manifest_knows_what_it_serves() {
    let manifest = app().manifest().clone();
    let serves = |text: &str| manifest.serves(&text.parse().unwrap());
    assert!(serves("get /health"));
    assert!(serves("HEAD /health"));
    assert!(serves("DELETE /proxy/{*rest}"));
    assert!(!serves("POST /health"));
    assert!(!serves("GET /admin"));
}

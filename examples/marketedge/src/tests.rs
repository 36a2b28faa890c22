use axum::body::Body;
use axum::http::{Request, StatusCode};
use clap::{CommandFactory, Parser};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

async fn service(flags: &[&str]) -> axum::Router {
    let args = Args::parse_from(["marketedge"].iter().chain(flags));
    let store = Store::lazy("sqlite::memory:");
    store.prepare(Some("stripes")).await.unwrap();
    router(App::new(store, &args), &args).into_axum()
}

async fn call(
    app: &axum::Router,
    method: &str,
    path: &str,
    token: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn log_in(app: &axum::Router) -> String {
    let credentials = json!({ "username": "zebra-probe", "password": "stripes" });
    let (status, body) = call(app, "POST", "/api/v1/auth/login", "", credentials).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn zebra_logs_in_and_opens_the_dashboard() {
    let app = service(&[]).await;
    let token = log_in(&app).await;
    let (status, body) = call(&app, "GET", "/api/v1/admin/dashboard", &token, json!({})).await;
    assert_eq!((status, &body["tenant"]), (StatusCode::OK, &json!("zebra")));
    let (_, me) = call(&app, "GET", "/api/v1/auth/me", &token, json!({})).await;
    assert_eq!(me["username"], "zebra-probe");
}

#[tokio::test]
async fn strangers_are_refused() {
    let app = service(&[]).await;
    let wrong = json!({ "username": "zebra-probe", "password": "spots" });
    let (status, _) = call(&app, "POST", "/api/v1/auth/login", "", wrong).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = call(&app, "GET", "/api/v1/admin/dashboard", "made-up", json!({})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_unknown_user_is_the_applications_own_404() {
    let app = service(&[]).await;
    let token = log_in(&app).await;
    let (status, _) =
        call(&app, "GET", "/api/v1/admin/users/u-zebra-probe", &token, json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, body) = call(&app, "GET", "/api/v1/admin/users/nobody", &token, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"], "there is no such user");
}

#[tokio::test]
async fn without_admin_nothing_else_is_wrong() {
    let app = service(&["--without-admin"]).await;
    let token = log_in(&app).await;
    let (status, _) = call(&app, "GET", "/api/v1/admin/dashboard", &token, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, body) = call(&app, "GET", "/health", "", json!({})).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "status": "ok" })));
}

#[tokio::test]
async fn clients_discover_the_sign_in() {
    let app = service(&["--issuer", "https://api.marketedge.example/"]).await;
    let (status, body) =
        call(&app, "GET", "/.well-known/openid-configuration", "", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["issuer"], "https://api.marketedge.example");
    assert_eq!(body["token_endpoint"], "https://api.marketedge.example/api/v1/auth/login");
}

#[test]
fn the_help_hides_what_is_for_tests_and_prints_no_secret() {
    Args::command().debug_assert();
    let help = Args::command().render_long_help().to_string();
    assert!(help.contains("--without-admin"), "{help}");
    assert!(!help.contains("blocking"), "{help}");
}

//! The endpoints on axum.

use axum::extract::Path;
use axum::http::HeaderMap;

use super::Health;
use super::answer::Question;
use super::service::respond;
use crate::routing::{MethodRouter, Router, get};

/// Returns a router with the six paths, which are in its manifest.
pub(super) fn router(health: &Health) -> Router {
    let customers = {
        let health = health.clone();
        get(async move |Path(customer): Path<String>, headers: HeaderMap| {
            respond(&health, Question::Customer(&customer), &headers)
        })
    };
    Router::new()
        .route("/live", answering(health, Question::Live))
        .route("/ready", answering(health, Question::Ready))
        .route("/health", answering(health, Question::Health))
        .route("/health/detailed", answering(health, Question::Detailed))
        .route("/health/business-critical", answering(health, Question::BusinessCritical))
        .route("/health/customers/{customer}", customers)
}

fn answering(health: &Health, question: Question<'static>) -> MethodRouter {
    let health = health.clone();
    get(async move |headers: HeaderMap| respond(&health, question, &headers))
}

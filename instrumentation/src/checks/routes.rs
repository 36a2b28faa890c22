//! Checks that routes are mounted on an axum router, without calling a handler.
//!
//! The check asks the finished router, in-process, with the made-up method `BELLWETHER-PROBE`. No handler of a standard
//! method can run for it. A path that is mounted answers 405 and must name its methods in the `Allow` header (RFC 9110,
//! section 15.5.6), and axum sets that header outside of all layers, so that an authentication layer's 401 carries it as
//! well. A path that is not mounted reaches the fallback, whose 404 has no such header.

use std::fmt;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::ALLOW;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use tower::ServiceExt;

use super::{Check, CheckKind, CheckResult, NotPassed};
use crate::routing::{Route, RouteManifest, Router};

const PROBE: &[u8] = b"BELLWETHER-PROBE";

/// Checks that each of the routes, written `METHOD /path/{param}`, is mounted on the router.
///
/// A [`RouteManifest`] is such a list too: the one that an earlier version wrote down, for instance. What the catalog
/// declares is held by [`catalog_routes`](super::catalog_routes).
///
/// Handlers are not called; layers of the router do see the probe. A router of this crate is asked where axum can tell
/// and believed where it cannot; a plain `axum::Router` with a route of [`any`](crate::routing::any) kind should be
/// asked through [`Router`], because axum would hand the probe to that handler.
///
/// ```
/// use bellwether::checks;
/// use bellwether::routing::{Router, post};
///
/// let app: Router = Router::new().route("/api/v1/auth/login", post(async || "welcome"));
/// let login = checks::routes(&app, ["POST /api/v1/auth/login"]);
/// ```
pub fn routes<I>(router: impl Into<RoutesUnderTest>, expected: I) -> Routes
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    Routes { router: router.into(), expected: expected.into_iter().map(Into::into).collect() }
}

/// Checks that routes are mounted; comes from [`routes`].
#[derive(Debug, Clone)]
pub struct Routes {
    router: RoutesUnderTest,
    expected: Vec<String>,
}

/// Holds the router that [`routes`] asks: one of this crate or a plain axum one.
#[derive(Debug, Clone)]
pub struct RoutesUnderTest {
    router: axum::Router,
    manifest: Option<RouteManifest>,
}

impl From<&Router> for RoutesUnderTest {
    fn from(router: &Router) -> Self {
        Self { router: router.as_axum().clone(), manifest: Some(router.manifest().clone()) }
    }
}

impl From<&axum::Router> for RoutesUnderTest {
    fn from(router: &axum::Router) -> Self {
        Self { router: router.clone(), manifest: None }
    }
}

impl Check for Routes {
    fn kind(&self) -> CheckKind {
        CheckKind::Route
    }

    async fn run(&self) -> CheckResult {
        let mut missing = Vec::new();
        let mut unclear = Vec::new();
        for text in &self.expected {
            let route: Route =
                text.parse().map_err(|error| NotPassed::from(error).error_type("invalid_route"))?;
            match self.router.ask(&route).await {
                Answer::Mounted => {}
                Answer::Missing(why) => missing.push(format!("{route} {why}")),
                Answer::Unclear(status) => unclear.push(format!("{route} answered {status}")),
            }
        }
        if !missing.is_empty() {
            return Err(NotPassed::failed(missing.join("; "))
                .advice("mount the route on the router that is served, or correct the expectation")
                .error_type("route_missing"));
        }
        if !unclear.is_empty() {
            return Err(NotPassed::skipped(format!(
                "cannot tell whether it is mounted: {}",
                unclear.join("; ")
            ))
            .advice("register it on bellwether::routing::Router, which remembers its routes"));
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Mounted,
    Missing(Why),
    Unclear(StatusCode),
}

#[derive(Debug, PartialEq, Eq)]
enum Why {
    NotMounted,
    OtherMethods(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMounted => f.write_str("is not mounted (404)"),
            Self::OtherMethods(methods) => {
                write!(f, "is mounted for {methods} only (405)")
            }
        }
    }
}

impl RoutesUnderTest {
    async fn ask(&self, route: &Route) -> Answer {
        if self.manifest.as_ref().is_some_and(|manifest| manifest.answers_any(route.path())) {
            return Answer::Mounted;
        }
        let Some(request) = probe(route.path()) else {
            return Answer::Missing(Why::NotMounted);
        };
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        match (judge(&response, route.method()), &self.manifest) {
            (Answer::Unclear(_), Some(manifest)) if manifest.serves(route) => Answer::Mounted,
            (Answer::Unclear(_), Some(_)) => Answer::Missing(Why::NotMounted),
            (answer, _) => answer,
        }
    }
}

/// Builds the request that no handler answers; `None` when the path is no path.
fn probe(template: &str) -> Option<Request> {
    Request::builder()
        .method(Method::from_bytes(PROBE).ok()?)
        .uri(example_path(template))
        .body(Body::empty())
        .ok()
}

/// Writes a path that the template matches: every parameter becomes `probe`.
fn example_path(template: &str) -> String {
    let mut path = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        path.push_str("probe");
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    path.push_str(rest);
    path
}

fn judge(response: &Response, method: &str) -> Answer {
    let allow = response.headers().get(ALLOW).and_then(|v| v.to_str().ok());
    match allow {
        Some(methods) if methods.split(',').any(|m| m.trim() == method) => Answer::Mounted,
        Some(methods) => Answer::Missing(Why::OtherMethods(methods.replace(',', ", "))),
        None if response.status() == StatusCode::NOT_FOUND => Answer::Missing(Why::NotMounted),
        None => Answer::Unclear(response.status()),
    }
}

#[cfg(test)]
mod tests;

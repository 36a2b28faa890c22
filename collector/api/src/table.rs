//! Every route in one table: what it is, who may ask for it, what it answers.

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{MethodRouter, delete, get, post};
use bellwether_core::access::Role;

use crate::access::{Access, Door, gate};
use crate::api::Api;
use crate::error::ApiError;
use crate::{audit, headers, routes, session};

/// What a route is asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Delete,
}

impl Verb {
    /// Returns the word of HTTP.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    /// As the router and the OpenAPI document write it.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// What it is for.
    #[expect(dead_code, reason = "for the OpenAPI document, which comes next")]
    pub(crate) summary: &'static str,
    /// Whether it changes something, so that it is kept who asked for it.
    pub(crate) act: bool,
    handler: fn() -> MethodRouter<Api>,
}

const ANYONE: Access = Access::Anyone;
const VIEWER: Access = Access::Role(Role::Viewer);
const ADMIN: Access = Access::Role(Role::Admin);

impl Route {
    const fn get(
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: fn() -> MethodRouter<Api>,
    ) -> Self {
        Self { verb: Verb::Get, path, access, summary, act: false, handler }
    }

    const fn post(
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: fn() -> MethodRouter<Api>,
    ) -> Self {
        Self { verb: Verb::Post, ..Self::get(path, access, summary, handler) }
    }

    const fn delete(
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: fn() -> MethodRouter<Api>,
    ) -> Self {
        Self { verb: Verb::Delete, ..Self::get(path, access, summary, handler) }
    }

    /// Keeps who asked for it.
    #[expect(dead_code, reason = "no act is there yet")]
    const fn act(self) -> Self {
        Self { act: true, ..self }
    }
}

/// Every route.
pub(crate) static TABLE: &[Route] = &[
    Route::get("/", VIEWER, "A page for people, without script", || get(routes::index)),
    Route::get("/style.css", ANYONE, "The style of that page", || get(routes::style)),
    Route::get("/livez", ANYONE, "Whether the process answers", || get(routes::livez)),
    Route::get("/readyz", ANYONE, "Whether telemetry is taken, judged and kept", || {
        get(routes::readyz)
    }),
    Route::get("/status", VIEWER, "How every part is", || get(routes::parts)),
    Route::get("/metrics", VIEWER, "The collector's own metrics", || get(routes::metrics)),
    Route::get("/api/v1/status", VIEWER, "How everything stands", || get(routes::status)),
    Route::get("/api/v1/components", VIEWER, "How components stand", || get(routes::components)),
    Route::get("/api/v1/services", VIEWER, "Services that reported", || get(routes::services)),
    Route::get("/api/v1/destinations", VIEWER, "How destinations are", || {
        get(routes::destinations)
    }),
    Route::get("/api/v1/incidents", VIEWER, "The newest incidents", || get(routes::incidents)),
    Route::get("/api/v1/incidents/{id}", VIEWER, "One incident", || get(routes::incident)),
    Route::get("/api/v1/transitions", VIEWER, "The newest changes of state", || {
        get(routes::transitions)
    }),
    Route::get("/api/v1/session", VIEWER, "Who asks", || get(session::who)),
    Route::post("/api/v1/session", ANYONE, "Gives a browser a cookie for a token", || {
        post(session::begin)
    }),
    Route::delete("/api/v1/session", ANYONE, "Takes the cookie away", || delete(session::end)),
    Route::get("/api/v1/audit", ADMIN, "Who did what", || get(audit::newest)),
];

/// Returns the row of a request, by the path that the router matched.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|it| it.verb.as_str() == method.as_str() && it.path == path)
}

/// Returns what people call a route.
pub(crate) fn name(method: &Method, path: &str) -> String {
    format!("{method} {path}")
}

/// Builds all routes behind the gate.
pub(crate) fn router(api: Api, door: Door) -> Router {
    let routes = TABLE.iter().fold(Router::new(), |it, row| it.route(row.path, (row.handler)()));
    let routes = routes
        .fallback(routes::unknown)
        .method_not_allowed_fallback(async || ApiError::method())
        .layer(axum::Extension(door.clone()))
        .layer(from_fn_with_state((api.clone(), door), gate))
        .with_state(api);
    // around the whole: what routing adds to an answer comes after the layers of its routes
    Router::new().fallback_service(routes).layer(map_response(headers::secure))
}

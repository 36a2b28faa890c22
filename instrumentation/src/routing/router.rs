//! axum's router, with a memory of its routes.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use tower::{Layer, Service};

use super::{MethodRouter, Route, RouteManifest};

/// Registers routes on an axum router and records each in the same call.
///
/// The methods mean what they mean on `axum::Router`, panics on conflicting routes included. Hand the finished router to
/// [`Telemetry::instrument`](crate::Telemetry::instrument), which reports the manifest and adds server spans, or take
/// the plain axum router with [`into_axum`](Self::into_axum).
#[derive(Debug, Clone)]
#[must_use]
pub struct Router<S = ()> {
    inner: axum::Router<S>,
    manifest: RouteManifest,
    /// Routes whose component the code names.
    components: BTreeMap<Route, &'static str>,
}

impl<S> Default for Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// Creates a router without routes, which answers 404 to everything.
    pub fn new() -> Self {
        Self {
            inner: axum::Router::new(),
            manifest: RouteManifest::default(),
            components: BTreeMap::new(),
        }
    }

    /// Mounts the methods of `method_router` on a path template such as `/users/{id}`.
    #[track_caller]
    pub fn route(mut self, path: &str, method_router: MethodRouter<S>) -> Self {
        let routes = method_router.methods.iter().map(|method| Route::mounted(method, path));
        self.manifest.extend(routes);
        self.inner = self.inner.route(path, method_router.inner);
        self
    }

    /// Mounts a tower service on a path template; listed as `ANY`, because the service sees every method.
    #[track_caller]
    pub fn route_service<T>(mut self, path: &str, service: T) -> Self
    where
        T: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Response: IntoResponse,
        T::Future: Send + 'static,
    {
        self.manifest.extend([Route::mounted(Route::ANY, path)]);
        self.inner = self.inner.route_service(path, service);
        self
    }

    /// Says which component of the catalog the routes belong to that are mounted so far: requests to them carry it as
    /// `business.component`. It beats the catalog's patterns; a route that has one keeps it.
    ///
    /// ```
    /// use bellwether::routing::{Router, get, post};
    ///
    /// let admin = Router::new().route("/users", get(async || "nobody yet")).component("admin");
    /// let auth = Router::new().route("/login", post(async || "welcome")).component("auth");
    /// let app: Router = Router::new().nest("/admin", admin).merge(auth);
    /// ```
    ///
    /// The id becomes part of metrics, which is why it comes from the code.
    pub fn component(mut self, id: &'static str) -> Self {
        for route in self.manifest.iter() {
            self.components.entry(route.clone()).or_insert(id);
        }
        self
    }

    /// Mounts the routes of another router below a prefix.
    #[track_caller]
    pub fn nest(mut self, prefix: &str, router: Self) -> Self {
        let below = |route: &Route| Route::mounted(route.method(), join(prefix, route.path()));
        self.manifest.extend(router.manifest.iter().map(below));
        self.components.extend(router.components.iter().map(|(route, id)| (below(route), *id)));
        self.inner = self.inner.nest(prefix, router.inner);
        self
    }

    /// Adds the routes of another router.
    #[track_caller]
    pub fn merge(mut self, router: Self) -> Self {
        self.manifest.extend(router.manifest.iter().cloned());
        self.components.extend(router.components);
        self.inner = self.inner.merge(router.inner);
        self
    }

    /// Adds the routes of a plain axum router, for example one that a library made.
    ///
    /// They are served but not in the manifest: axum does not tell which they are.
    #[track_caller]
    pub fn merge_unrecorded(mut self, router: axum::Router<S>) -> Self {
        self.inner = self.inner.merge(router);
        self
    }

    /// Applies a layer to every route and to the fallback.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.inner = self.inner.layer(layer);
        self
    }

    /// Applies a layer to requests that match a route, and to no others.
    #[track_caller]
    pub fn route_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.inner = self.inner.route_layer(layer);
        self
    }

    /// Answers requests that match no route; a fallback is not a route and not in the manifest.
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.inner = self.inner.fallback(handler);
        self
    }

    /// Provides the state that the handlers ask for.
    pub fn with_state<S2>(self, state: S) -> Router<S2> {
        let Self { inner, manifest, components } = self;
        Router { inner: inner.with_state(state), manifest, components }
    }

    /// Returns the plain axum router, without server spans and without a report of the manifest.
    pub fn into_axum(self) -> axum::Router<S> {
        self.inner
    }
}

impl<S> Router<S> {
    /// Returns what is mounted so far.
    pub fn manifest(&self) -> &RouteManifest {
        &self.manifest
    }

    /// Returns the routes whose component the code names.
    pub(crate) fn components(&self) -> &BTreeMap<Route, &'static str> {
        &self.components
    }

    pub(crate) fn as_axum(&self) -> &axum::Router<S> {
        &self.inner
    }
}

/// Joins a prefix and a nested path the way axum does, so that the template is the one that axum reports.
fn join(prefix: &str, path: &str) -> String {
    if prefix.ends_with('/') {
        format!("{prefix}{}", path.trim_start_matches('/'))
    } else if path == "/" {
        prefix.to_owned()
    } else {
        format!("{prefix}{path}")
    }
}

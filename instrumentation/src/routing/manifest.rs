//! The route manifest: what a service serves, as a sorted set.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Names one route: a method and a path template, written `METHOD /path/{param}`.
///
/// The method is an HTTP method in upper case, or `ANY` for a route that answers every method.
/// Routes order by path, then by method.
///
/// ```
/// let route: bellwether::routing::Route = "GET /users/{id}".parse()?;
/// assert_eq!((route.method(), route.path()), ("GET", "/users/{id}"));
/// assert!("GET users".parse::<bellwether::routing::Route>().is_err());
/// # Ok::<(), bellwether::routing::InvalidRoute>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    path: String,
    method: String,
}

impl Route {
    /// The method of a route that answers every method.
    pub const ANY: &'static str = "ANY";

    /// Returns the method in upper case, or [`Route::ANY`].
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path template, beginning with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    #[cfg(feature = "axum")]
    pub(crate) fn mounted(method: &str, path: impl Into<String>) -> Self {
        Self { path: path.into(), method: method.to_owned() }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Writes it as `METHOD /path/{param}`.
impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.to_string()
    }
}

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidRoute(text.to_owned());
        let (method, path) = text.trim().split_once(' ').ok_or_else(invalid)?;
        let path = path.trim_start();
        let is_token = !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphabetic());
        if !is_token || !path.starts_with('/') || path.contains(char::is_whitespace) {
            return Err(invalid());
        }
        Ok(Self { path: path.to_owned(), method: method.to_ascii_uppercase() })
    }
}

/// Reports a text that is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a route; write the method and the path, for example `GET /users/{{id}}`")]
pub struct InvalidRoute(String);

/// Lists the routes that a service serves: sorted, each once.
///
/// A [`Router`](crate::routing::Router) keeps its manifest while routes are registered. A service on another
/// framework collects its own:
///
/// ```
/// use bellwether::routing::{Route, RouteManifest};
///
/// let manifest: RouteManifest = ["GET /health", "POST /login"]
///     .iter()
///     .map(|route| route.parse::<Route>())
///     .collect::<Result<_, _>>()?;
/// assert_eq!(manifest.to_string(), "GET /health\nPOST /login\n");
/// # Ok::<(), bellwether::routing::InvalidRoute>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteManifest {
    routes: BTreeSet<Route>,
}

impl RouteManifest {
    /// Iterates over the routes, by path and then by method.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }

    /// Returns the number of routes.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Tells whether there is no route.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// Tells whether a request of this route's method on this route's template is served.
    ///
    /// `ANY` serves every method, and `GET` serves `HEAD`.
    pub fn serves(&self, wanted: &Route) -> bool {
        self.routes.iter().any(|route| {
            route.path == wanted.path
                && (route.method == wanted.method
                    || route.method == Route::ANY
                    || (route.method == "GET" && wanted.method == "HEAD"))
        })
    }

    #[cfg(feature = "axum")]
    pub(crate) fn answers_any(&self, path: &str) -> bool {
        self.routes.iter().any(|route| route.path == path && route.method == Route::ANY)
    }
}

/// Reads what `Display` writes: one route a line; empty lines and lines that begin with `#` say nothing.
///
/// ```
/// use bellwether::routing::RouteManifest;
///
/// let manifest: RouteManifest = "# what version 1 served\nGET /health\nPOST /login\n".parse()?;
/// assert_eq!(manifest.len(), 2);
/// # Ok::<(), bellwether::routing::InvalidRoute>(())
/// ```
impl FromStr for RouteManifest {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines = text.lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::parse).collect()
    }
}

impl IntoIterator for RouteManifest {
    type Item = Route;
    type IntoIter = std::collections::btree_set::IntoIter<Route>;

    fn into_iter(self) -> Self::IntoIter {
        self.routes.into_iter()
    }
}

impl FromIterator<Route> for RouteManifest {
    fn from_iter<I: IntoIterator<Item = Route>>(routes: I) -> Self {
        Self { routes: routes.into_iter().collect() }
    }
}

impl Extend<Route> for RouteManifest {
    fn extend<I: IntoIterator<Item = Route>>(&mut self, routes: I) {
        self.routes.extend(routes);
    }
}

impl fmt::Display for RouteManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.routes.iter().try_for_each(|route| writeln!(f, "{route}"))
    }
}

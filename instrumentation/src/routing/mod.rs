//! Routes that know themselves: a recording router for axum and the manifest that it keeps.
//!
//! axum's `Router` cannot list its routes. [`Router`] is a thin wrapper that registers on axum's router and records
//! in the same call, so that the manifest says what is mounted and nothing else. A service changes one import:
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use bellwether::routing::{Router, get, post}; // instead of axum::Router and axum::routing::{get, post}
//!
//! async fn handler() {}
//!
//! let users = Router::new().route("/", get(handler).post(handler)).route("/{id}", get(handler));
//! let app: Router = Router::new().route("/login", post(handler)).nest("/users", users);
//!
//! let served: Vec<String> = app.manifest().iter().map(|route| route.to_string()).collect();
//! assert_eq!(served, ["POST /login", "GET /users", "POST /users", "GET /users/{id}"]);
//! # }
//! ```

mod manifest;
#[cfg(feature = "axum")]
mod method_router;
#[cfg(feature = "axum")]
mod router;
#[cfg(all(test, feature = "axum"))]
mod tests;

pub use manifest::{InvalidRoute, Route, RouteManifest};
#[cfg(feature = "axum")]
pub use method_router::{
    MethodRouter, any, connect, delete, get, head, options, patch, post, put, trace,
};
#[cfg(feature = "axum")]
pub use router::Router;

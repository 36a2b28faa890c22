//! Answers over HTTP what the collector knows, and takes what people decide.
//!
//! The state comes as a [`Snapshot`] that the application publishes, history from the store.
//! Nothing here reads a clock: ages are counted from the snapshot's own `now`. The routes and
//! their shapes are described in `docs/api.md`.

mod access;
mod acts;
mod api;
mod audit;
mod body;
mod dashboard;
mod error;
mod freshness;
mod grpc;
mod headers;
mod known;
mod links;
mod live;
mod oidc;
mod openapi;
mod page;
mod pagerduty;
mod parts;
mod past;
mod range;
mod removal;
mod report;
mod routes;
mod series;
mod server;
mod serving;
mod session;
mod table;
mod traces;
pub mod view;

pub use access::{Auth, NewToken, Token, TokenError, TokenFile, WithoutToken};
pub use api::{Api, Known, Metrics, Now, Sources};
pub use links::{KeyError, LinkSettings, Seal, Signer};
pub use live::Live;
pub use oidc::{OidcSettings, Provider, ProviderAnswer, ProviderCall, RoleValues};
pub use pagerduty::PagerdutySettings;
pub use server::{BindError, Config, Server, Socket};
pub use traces::TraceLink;
pub use view::Snapshot;

#[cfg(test)]
mod tests;

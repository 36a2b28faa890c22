//! Receives OTLP over gRPC and HTTP.
//!
//! A receiver speaks the protocol, checks that a body is what it says, and hands it on as it came
//! to [`Ingest`](bellwether_core::ingest::Ingest), whose answer it puts into the protocol's words.

pub mod grpc;
pub mod http;

mod admission;
mod auth;
mod body;
mod check;
mod listen;
mod probe;
mod proto;
mod refused;
mod seldom;
mod terms;
mod tls;

pub use admission::Admission;
pub use auth::{Auth, BearerTokenAuth, Tokens};
pub use listen::Listening;
pub use terms::Terms;
pub use tls::Tls;

#[cfg(test)]
mod tests;

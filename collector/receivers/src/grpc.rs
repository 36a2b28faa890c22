//! The OTLP receiver for gRPC: `receivers.otlp.protocols.grpc`.

mod call;
mod config;
mod connection;
mod message;
mod plain;
mod status;

use std::net::SocketAddr;
use std::sync::Arc;

use bellwether_core::ingest::Ingest;
use bellwether_core::settings::Endpoint;
use tokio_util::sync::CancellationToken;

pub use config::Config;

use crate::admission::Admission;
use crate::listen::{Limits, Listening, Socket};
use call::Export;
use connection::Grpc;

/// Says why the receiver could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error(
        "cannot listen for OTLP gRPC on {endpoint}; free it or set receivers.otlp.protocols.grpc.endpoint"
    )]
    Bind {
        /// The configured endpoint.
        endpoint: Endpoint,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Holds a socket that listens and takes no request yet.
#[derive(Debug)]
pub struct Bound {
    socket: Socket,
    admission: Admission,
    max_message: usize,
    limits: Limits,
}

/// Binds the socket; connections wait in its backlog until [`Bound::run`].
///
/// # Errors
/// Fails when the endpoint's name is unknown or its port is taken or forbidden.
pub async fn build(config: &Config, admission: Admission) -> Result<Bound, Error> {
    let bind = |source| Error::Bind { endpoint: config.endpoint.clone(), source };
    let listening = Listening::bind(&config.endpoint).await.map_err(bind)?;
    build_on(&listening, config, admission)
}

/// Builds the receiver on a socket that is bound to its endpoint already.
///
/// # Errors
/// Fails when the system has no further file descriptors.
pub fn build_on(
    listening: &Listening,
    config: &Config,
    admission: Admission,
) -> Result<Bound, Error> {
    let bind = |source| Error::Bind { endpoint: config.endpoint.clone(), source };
    let socket = Socket::share(listening).map_err(bind)?;
    let limits = Limits::default();
    Ok(Bound { socket, admission, max_message: config.max_message(), limits })
}

impl Bound {
    /// Returns the address that is listened on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.socket.local_addr
    }

    /// Serves until `shutdown`, then lets open requests end, for at most five seconds. A bad
    /// request or connection never ends it.
    pub async fn run(self, ingest: Arc<dyn Ingest>, shutdown: CancellationToken) {
        let Self { socket, admission, max_message, limits } = self;
        let export = Export { ingest, max_message, request_timeout: limits.request_timeout };
        tracing::info!(address = %socket.local_addr, "otlp grpc receiver listening");
        socket.serve(Grpc { export, admission, limits }, limits, shutdown).await;
    }
}

#[cfg(test)]
mod tests;

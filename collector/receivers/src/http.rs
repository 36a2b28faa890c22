//! The OTLP receiver for HTTP: `receivers.otlp.protocols.http`.
//!
//! It speaks HTTP/1.1: a connection carries one request at a time, so what one connection can
//! hold is what one request can.

mod answer;
mod body;
mod config;
mod cors;
mod service;

use std::net::SocketAddr;
use std::sync::Arc;

use bellwether_core::ingest::Ingest;
use bellwether_core::settings::Endpoint;
use tokio_util::sync::CancellationToken;

pub use config::{BodySize, Config, Cors};

use crate::admission::Admission;
use crate::listen::{Limits, Listening, Socket};
use service::{Export, Http};

/// Says why the receiver could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error(
        "cannot listen for OTLP HTTP on {endpoint}; free it or set receivers.otlp.protocols.http.endpoint"
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
    config: Config,
    admission: Admission,
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
    Ok(Bound { socket, config: config.clone(), admission, limits: Limits::default() })
}

impl Bound {
    /// Returns the address that is listened on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.socket.local_addr
    }

    /// Serves until `shutdown`, then lets open requests end, for at most five seconds. A bad
    /// request or connection never ends it.
    pub async fn run(self, ingest: Arc<dyn Ingest>, shutdown: CancellationToken) {
        let Self { socket, config, admission, limits } = self;
        let export = Export {
            ingest,
            max_body: config.max_request_body_size.bytes(),
            cors: config.cors,
            request_timeout: limits.request_timeout,
        };
        tracing::info!(address = %socket.local_addr, "otlp http receiver listening");
        socket.serve(Http { export, admission, limits }, limits, shutdown).await;
    }
}

#[cfg(test)]
mod tests;

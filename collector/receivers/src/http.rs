//! The OTLP receiver for HTTP: `receivers.otlp.protocols.http`.
//!
//! It speaks HTTP/1.1: a connection carries one request at a time, so what one connection can
//! hold is what one request can.

mod answer;
mod body;
mod config;
mod cors;
mod serve;
mod service;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::Ingest;
use bellwether_core::settings::Endpoint;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::{BodySize, Config, Cors};

use crate::admission::Admission;
use service::Export;

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

/// Bounds what the receiver takes on and how long it waits.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Connections at once; further ones wait in the listener's backlog.
    connections: usize,
    /// From the end of a request, or the begin of a connection, to the end of the next one's
    /// headers: ends idle connections and those that send byte by byte.
    head_timeout: Duration,
    /// From a request's headers to its answer, so that a body that never ends frees its room.
    request_timeout: Duration,
    /// From the shutdown signal until open requests are given up.
    grace: Duration,
}

const LIMITS: Limits = Limits {
    connections: 1_024,
    head_timeout: Duration::from_secs(60),
    request_timeout: Duration::from_secs(30),
    grace: Duration::from_secs(5),
};

/// Holds a socket that listens and takes no request yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    local_addr: SocketAddr,
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
    let address = (config.endpoint.host(), config.endpoint.port());
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let local_addr = listener.local_addr().map_err(bind)?;
    Ok(Bound { listener, local_addr, config: config.clone(), admission, limits: LIMITS })
}

impl Bound {
    /// Returns the address that is listened on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown`, then lets open requests end, for at most five seconds. A bad
    /// request or connection never ends it.
    pub async fn run(self, ingest: Arc<dyn Ingest>, shutdown: CancellationToken) {
        let export = Export {
            ingest,
            admission: self.admission,
            max_body: self.config.max_request_body_size.bytes(),
            cors: self.config.cors,
            request_timeout: self.limits.request_timeout,
        };
        tracing::info!(address = %self.local_addr, "otlp http receiver listening");
        serve::serve(self.listener, Arc::new(export), self.limits, shutdown).await;
    }
}

#[cfg(test)]
mod tests;

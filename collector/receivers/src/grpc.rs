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

use crate::listen::{Beginning, Limits, Listening, Socket, Speak};
use crate::terms::{Gate, Terms};
use crate::tls::Alpn;
use call::Export;
use connection::Grpc;

/// HTTP/1.1 is for probes.
const ALPN: Alpn = &[b"h2", b"http/1.1"];

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
    /// A certificate or a key cannot be used.
    #[error("receivers.otlp.protocols.grpc.tls: {0}")]
    Tls(String),
    /// Senders should show a token, and none is known.
    #[error("receivers.otlp.protocols.grpc.auth: there is no authenticator `{0}`")]
    Auth(String),
}

/// Holds a socket that listens and takes no request yet.
#[derive(Debug)]
pub struct Bound {
    socket: Socket,
    terms: Terms,
    max_message: usize,
    pub(crate) limits: Limits,
}

/// Binds the socket; connections wait in its backlog until [`Bound::run`].
///
/// # Errors
/// Fails when the endpoint's name is unknown or its port is taken or forbidden, or as
/// [`build_on`] does.
pub async fn build(config: &Config, terms: impl Into<Terms>) -> Result<Bound, Error> {
    let bind = |source| Error::Bind { endpoint: config.endpoint.clone(), source };
    let listening = Listening::bind(&config.endpoint).await.map_err(bind)?;
    build_on(&listening, config, terms)
}

/// Builds the receiver on a socket that is bound to its endpoint already.
///
/// # Errors
/// Fails when a certificate or a key cannot be used, when tokens are wanted and the terms have
/// none, and when the system has no further file descriptors.
pub fn build_on(
    listening: &Listening,
    config: &Config,
    terms: impl Into<Terms>,
) -> Result<Bound, Error> {
    let bind = |source| Error::Bind { endpoint: config.endpoint.clone(), source };
    let terms = terms.into().wanted(config.auth.as_ref()).map_err(Error::Auth)?;
    let beginning = Beginning::new(config.tls.as_ref(), ALPN).map_err(Error::Tls)?;
    let socket = Socket::share(listening, beginning).map_err(bind)?;
    let limits = Limits::default();
    Ok(Bound { socket, terms, max_message: config.max_message(), limits })
}

impl Bound {
    /// Returns the address that is listened on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.socket.local_addr
    }

    /// Serves until `shutdown`, then lets open requests end, for at most five seconds. A bad
    /// request or connection never ends it.
    pub async fn run(self, ingest: Arc<dyn Ingest>, shutdown: CancellationToken) {
        let Self { socket, terms: Terms { admission, tokens }, max_message, limits } = self;
        let gate = Gate::new(tokens, Grpc::NAME);
        let export = Export { ingest, gate, max_message, request_timeout: limits.request_timeout };
        tracing::info!(address = %socket.local_addr, tls = socket.is_secure(), "otlp grpc receiver listening");
        socket.serve(Grpc { export, admission, limits }, limits, shutdown).await;
    }
}

#[cfg(test)]
mod tests;

//! The OTLP receiver for gRPC: `receivers.otlp.protocols.grpc`.

mod codec;
pub(crate) mod probe;
mod service;
mod status;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::Ingest;
use bellwether_core::settings::Endpoint;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use service::Export;

/// Configures the receiver; keys mean what they mean to the OpenTelemetry Collector.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "OtlpGrpcReceiver")]
pub struct Config {
    /// Host and port to listen on.
    pub endpoint: Endpoint,
    /// Largest request in MiB, before and after decompression.
    pub max_recv_msg_size_mib: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        let max_recv_msg_size_mib = NonZeroU32::MIN.saturating_add(63);
        Self { endpoint: Endpoint::loopback(4317), max_recv_msg_size_mib }
    }
}

/// Says why the receiver could not start or ended.
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
    /// The server broke.
    #[error("the OTLP gRPC server ended")]
    Serve(#[from] tonic::transport::Error),
}

/// Bounds what the receiver takes on and how long it waits.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Requests at work at once, over all connections; what comes on top is told to retry.
    requests_in_flight: usize,
    /// From a request's headers to its answer, so that a body that never ends frees its place.
    request_timeout: Duration,
    /// From the shutdown signal until open requests are given up.
    grace: Duration,
}

const LIMITS: Limits = Limits {
    requests_in_flight: 256,
    request_timeout: Duration::from_secs(30),
    grace: Duration::from_secs(5),
};

/// Finds a peer that is gone although its connection was never closed.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Holds a socket that listens and takes no request yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    local_addr: SocketAddr,
    max_message: usize,
    limits: Limits,
}

/// Binds the socket; connections wait in its backlog until [`Bound::run`].
///
/// # Errors
/// Fails when the endpoint's name is unknown or its port is taken or forbidden.
pub async fn build(config: &Config) -> Result<Bound, Error> {
    let bind = |source| Error::Bind { endpoint: config.endpoint.clone(), source };
    let address = (config.endpoint.host(), config.endpoint.port());
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let local_addr = listener.local_addr().map_err(bind)?;
    let mib = usize::try_from(config.max_recv_msg_size_mib.get()).unwrap_or(usize::MAX);
    Ok(Bound { listener, local_addr, max_message: mib.saturating_mul(1 << 20), limits: LIMITS })
}

impl Bound {
    /// Returns the address that is listened on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown`, then lets open requests end, for at most five seconds.
    ///
    /// # Errors
    /// Fails when the server breaks; a bad request or connection is no reason.
    pub async fn run(
        self,
        ingest: Arc<dyn Ingest>,
        shutdown: CancellationToken,
    ) -> Result<(), Error> {
        let incoming = TcpIncoming::from(self.listener)
            .with_nodelay(Some(true))
            .with_keepalive(Some(KEEPALIVE));
        let in_flight = self.limits.requests_in_flight;
        let serve = Server::builder()
            // probes may be asked for by whatever client is at hand
            .accept_http1(true)
            .timeout(self.limits.request_timeout)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .max_concurrent_streams(u32::try_from(in_flight).ok())
            .serve_with_incoming_shutdown(
                Export::new(ingest, in_flight, self.max_message),
                incoming,
                shutdown.cancelled(),
            );
        tracing::info!(address = %self.local_addr, "otlp grpc receiver listening");
        let out_of_time = async {
            shutdown.cancelled().await;
            tokio::time::sleep(self.limits.grace).await;
        };
        tokio::select! {
            ended = serve => ended?,
            () = out_of_time => tracing::warn!("otlp grpc receiver gave up on open requests"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

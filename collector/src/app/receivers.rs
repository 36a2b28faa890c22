//! The way in: the sockets on which OTLP comes.

use std::net::SocketAddr;
use std::sync::Arc;

use bellwether_core::ingest::Ingest;
use bellwether_receivers::grpc;
use tokio_util::sync::CancellationToken;

use super::parts::Parts;
use crate::config::Config;

/// Receivers whose sockets are bound. Nothing is taken yet.
pub(super) struct Receivers {
    grpc: grpc::Bound,
}

impl Receivers {
    /// Binds what is configured.
    pub(super) async fn bind(config: &Config) -> anyhow::Result<Self> {
        Ok(Self { grpc: grpc::build(&config.grpc).await? })
    }

    pub(super) fn grpc_addr(&self) -> SocketAddr {
        self.grpc.local_addr()
    }

    /// Runs them until `stop`.
    pub(super) fn start(
        self,
        parts: &mut Parts,
        ingest: &Arc<dyn Ingest>,
        stop: &CancellationToken,
    ) {
        let grpc = self.grpc.run(Arc::clone(ingest), stop.clone());
        parts.run("receiver otlp/grpc", async { grpc.await.map_err(Into::into) });
    }
}

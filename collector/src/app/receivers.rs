//! The way in: the sockets on which OTLP comes.

use std::net::SocketAddr;
use std::sync::Arc;

use bellwether_core::ingest::Ingest;
use bellwether_receivers::{Admission, grpc, http};
use tokio_util::sync::CancellationToken;

use super::parts::Parts;
use crate::config::Config;

/// Bytes of requests that may be in memory at once, over all receivers.
const IN_FLIGHT: u64 = 96 << 20;

/// Receivers whose sockets are bound. Nothing is taken yet.
pub(super) struct Receivers {
    grpc: Option<grpc::Bound>,
    http: Option<http::Bound>,
}

impl Receivers {
    /// Binds what is configured.
    pub(super) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let admission = Admission::new(IN_FLIGHT);
        let grpc = match &config.grpc {
            Some(config) => Some(grpc::build(config).await?),
            None => None,
        };
        let http = match &config.http {
            Some(config) => Some(http::build(config, admission).await?),
            None => None,
        };
        Ok(Self { grpc, http })
    }

    pub(super) fn grpc_addr(&self) -> Option<SocketAddr> {
        self.grpc.as_ref().map(grpc::Bound::local_addr)
    }

    pub(super) fn http_addr(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(http::Bound::local_addr)
    }

    /// Runs each as a part of its own until `stop`.
    pub(super) fn start(
        self,
        parts: &mut Parts,
        ingest: &Arc<dyn Ingest>,
        stop: &CancellationToken,
    ) {
        if let Some(grpc) = self.grpc {
            let grpc = grpc.run(Arc::clone(ingest), stop.clone());
            parts.run("receiver otlp/grpc", async { grpc.await.map_err(Into::into) });
        }
        if let Some(http) = self.http {
            let http = http.run(Arc::clone(ingest), stop.clone());
            parts.run("receiver otlp/http", async {
                http.await;
                Ok(())
            });
        }
    }
}

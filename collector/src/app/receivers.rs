//! The way in: the sockets on which OTLP comes.

use std::net::SocketAddr;
use std::sync::Arc;

use bellwether_core::ingest::Ingest;
use bellwether_receivers::{Admission, grpc, http};
use tokio_util::sync::CancellationToken;

use super::heartbeat::Door;
use super::parts::Parts;
use crate::config::{Config, Receiver};

/// Bytes of requests that may be in memory at once, over all receivers.
const IN_FLIGHT: u64 = 96 << 20;

/// Receivers whose sockets are bound. Nothing is taken yet.
pub(super) struct Receivers {
    bound: Vec<Bound>,
}

/// A receiver of one name.
struct Bound {
    name: String,
    grpc: Option<grpc::Bound>,
    http: Option<http::Bound>,
}

impl Receivers {
    /// Binds what is configured.
    pub(super) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let admission = Admission::new(IN_FLIGHT);
        let mut bound = Vec::new();
        for (name, receiver) in &config.receivers {
            let Receiver::Otlp(protocols) = receiver;
            let grpc = match &protocols.grpc {
                Some(config) => Some(grpc::build(config, admission.clone()).await?),
                None => None,
            };
            let http = match &protocols.http {
                Some(config) => Some(http::build(config, admission.clone()).await?),
                None => None,
            };
            bound.push(Bound { name: name.clone(), grpc, http });
        }
        Ok(Self { bound })
    }

    pub(super) fn grpc_addr(&self) -> Option<SocketAddr> {
        self.bound.iter().find_map(|it| it.grpc.as_ref()).map(grpc::Bound::local_addr)
    }

    pub(super) fn http_addr(&self) -> Option<SocketAddr> {
        self.bound.iter().find_map(|it| it.http.as_ref()).map(http::Bound::local_addr)
    }

    /// Returns the sockets on which they should answer.
    pub(super) fn doors(&self) -> Vec<Door> {
        let door = |name: &str, protocol: &str, address: SocketAddr| Door {
            name: format!("{name}/{protocol}"),
            address,
            tls: false,
        };
        let doors = self.bound.iter().flat_map(|Bound { name, grpc, http }| {
            let grpc = grpc.iter().map(|it| door(name, "grpc", it.local_addr()));
            grpc.chain(http.iter().map(|it| door(name, "http", it.local_addr())))
        });
        doors.collect()
    }

    /// Runs each as a part of its own until `stop`; `entrance` says where the requests of a
    /// receiver go in.
    pub(super) fn start(
        self,
        parts: &mut Parts,
        entrance: impl Fn(&str) -> Option<Arc<dyn Ingest>>,
        stop: &CancellationToken,
    ) {
        for Bound { name, grpc, http } in self.bound {
            let Some(ingest) = entrance(&name) else { continue };
            if let Some(grpc) = grpc {
                let grpc = grpc.run(Arc::clone(&ingest), stop.clone());
                parts.run(format!("receiver {name}/grpc"), endless(grpc));
            }
            if let Some(http) = http {
                let http = http.run(ingest, stop.clone());
                parts.run(format!("receiver {name}/http"), endless(http));
            }
        }
    }
}

async fn endless(running: impl Future<Output = ()>) -> anyhow::Result<()> {
    running.await;
    Ok(())
}

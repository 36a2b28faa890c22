//! Sends requests: OTLP over gRPC and over HTTP.

mod grpc;
mod http1;

use std::net::SocketAddr;

use clap::ValueEnum;
use tokio::task::JoinSet;

pub use self::grpc::Grpc;
pub use self::http1::Http;
use crate::answer::Answer;
use crate::template::Ready;

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Protocol {
    /// OTLP over gRPC.
    Grpc,
    /// OTLP over HTTP/1.1, protobuf.
    Http,
}

/// How bodies are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
}

impl Protocol {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
        }
    }
}

impl Compression {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
        }
    }
}

/// One way to a peer, with one request under way at a time.
#[derive(Debug)]
pub enum Lane {
    /// Shares its connection with others.
    Grpc(Grpc),
    /// Has one of its own.
    Http(Http),
}

impl Lane {
    /// Opens `lanes` ways to a peer, over `connections` connections where several requests share
    /// one. The tasks that drive them end with `tasks`.
    ///
    /// # Errors
    /// Fails when the peer does not listen.
    pub async fn open(
        peer: SocketAddr,
        (protocol, compression): (Protocol, Compression),
        lanes: usize,
        connections: usize,
        tasks: &mut JoinSet<()>,
    ) -> anyhow::Result<Vec<Self>> {
        match protocol {
            Protocol::Grpc => {
                let mut opened = Vec::new();
                for _ in 0..connections.clamp(1, lanes.max(1)) {
                    opened.push(Grpc::connect(peer, compression, tasks).await?);
                }
                Ok((opened.iter().cycle().cloned().map(Self::Grpc)).take(lanes).collect())
            }
            Protocol::Http => {
                let http = (0..lanes).map(|_| Self::Http(Http::new(peer, compression)));
                Ok(http.collect())
            }
        }
    }

    /// Sends a request and returns the answer.
    pub async fn send(&mut self, ready: &Ready) -> Answer {
        match self {
            Self::Grpc(it) => it.send(ready.framed.clone()).await,
            Self::Http(it) => it.send(ready.body()).await,
        }
    }
}

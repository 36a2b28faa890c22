//! Binds a socket, accepts connections and serves each in a task of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::settings::Endpoint;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) mod http1;
mod secure;
mod stream;

pub(crate) use secure::Beginning;
pub(crate) use stream::Stream;

use crate::seldom::Seldom;

/// What is waited after the system refused to accept, for want of file descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(100);

/// Bounds what a receiver takes on and how long it waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once; further ones wait in the listener's backlog.
    pub(crate) connections: usize,
    /// From the begin of a connection until it has said what it speaks.
    pub(crate) begin_timeout: Duration,
    /// How long a connection may be without a request, or send the headers of one.
    pub(crate) idle_timeout: Duration,
    /// From a request's headers to its answer, so that a body that never ends frees its room.
    pub(crate) request_timeout: Duration,
    /// From the shutdown signal until open requests are given up.
    pub(crate) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            begin_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(300),
            request_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(5),
        }
    }
}

/// Speaks a protocol over connections.
pub(crate) trait Speak: Send + Sync + 'static {
    /// What it is called in the log.
    const NAME: &'static str;

    /// Serves a connection until it ends, or until `stop` and its open requests are answered.
    fn speak(&self, stream: Stream, stop: CancellationToken) -> impl Future<Output = ()> + Send;
}

/// A socket that is bound. Receivers that are built on it share its backlog, so that one can take
/// over from another without a connection being refused. It listens until it and all of them are
/// gone.
#[derive(Clone, Debug)]
pub struct Listening {
    socket: Arc<std::net::TcpListener>,
    local_addr: SocketAddr,
}

impl Listening {
    /// Binds a socket; connections wait in its backlog.
    ///
    /// # Errors
    /// Fails when the endpoint's name is unknown or its port is taken or forbidden.
    pub async fn bind(endpoint: &Endpoint) -> std::io::Result<Self> {
        let listener = TcpListener::bind((endpoint.host(), endpoint.port())).await?;
        let local_addr = listener.local_addr()?;
        Ok(Self { socket: Arc::new(listener.into_std()?), local_addr })
    }

    /// Returns the address that is listened on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }
}

/// One receiver's share of a socket.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: TcpListener,
    pub(crate) local_addr: SocketAddr,
    beginning: Beginning,
}

impl Socket {
    pub(crate) fn share(listening: &Listening, beginning: Beginning) -> std::io::Result<Self> {
        let listener = TcpListener::from_std(listening.socket.try_clone()?)?;
        Ok(Self { listener, local_addr: listening.local_addr, beginning })
    }

    /// Says whether it speaks TLS.
    pub(crate) const fn is_secure(&self) -> bool {
        !self.beginning.is_plain()
    }

    /// Serves until `shutdown`, then gives open requests their grace.
    pub(crate) async fn serve<S: Speak>(
        self,
        speak: S,
        limits: Limits,
        shutdown: CancellationToken,
    ) {
        let mut connections = JoinSet::new();
        let door =
            Arc::new(Door { speak, beginning: self.beginning, limits, seldom: Seldom::default() });
        let mut full = false;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(ended) = connections.join_next() => note::<S>(ended),
                accepted = self.listener.accept(), if connections.len() < limits.connections => {
                    match accepted {
                        Ok((socket, peer)) => {
                            // Answers are small and somebody waits for them.
                            drop(socket.set_nodelay(true));
                            let (door, stop) = (Arc::clone(&door), shutdown.clone());
                            connections.spawn(async move { door.open(socket, peer, stop).await });
                            tell_when_full::<S>(&mut full, connections.len(), limits.connections);
                        }
                        Err(error) => {
                            tracing::warn!(%error, receiver = S::NAME, "cannot accept a connection");
                            tokio::time::sleep(PAUSE).await;
                        }
                    }
                }
            }
        }
        drop(self.listener);
        let ended = tokio::time::timeout(limits.grace, async {
            while let Some(ended) = connections.join_next().await {
                note::<S>(ended);
            }
        });
        if ended.await.is_err() {
            tracing::warn!(
                open = connections.len(),
                receiver = S::NAME,
                "gave up on open requests"
            );
            connections.shutdown().await;
        }
    }
}

/// Where a connection comes in.
struct Door<S> {
    speak: S,
    beginning: Beginning,
    limits: Limits,
    seldom: Seldom,
}

impl<S: Speak> Door<S> {
    async fn open(&self, socket: TcpStream, peer: SocketAddr, stop: CancellationToken) {
        let beginning = self.beginning.begin(socket, self.limits.begin_timeout);
        let Some(begun) = stop.run_until_cancelled(beginning).await else { return };
        match begun {
            Ok(stream) => self.speak.speak(stream, stop).await,
            Err(error) => {
                tracing::debug!(%error, %peer, receiver = S::NAME, "no TLS with a sender");
                if let Some(count) = self.seldom.due() {
                    tracing::warn!(%error, %peer, count, receiver = S::NAME, "senders were turned away: no TLS with them, the last because of this");
                }
            }
        }
    }
}

/// Tells once that no further connection is taken, and again only after half of them ended.
fn tell_when_full<S: Speak>(full: &mut bool, now: usize, most: usize) {
    if now >= most && !*full {
        tracing::warn!(most, receiver = S::NAME, "all connections are in use, further ones wait");
    }
    *full = now >= most || (*full && now > most / 2);
}

fn note<S: Speak>(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, receiver = S::NAME, "a connection panicked");
    }
}

//! Accepts connections and serves each in a task of its own, with bounds: whoever sends or reads too
//! slowly is let go, and neither one nor many take all places.

mod stream;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::stream::Patient;
use crate::access::network;
use crate::error::ApiError;

/// What is waited after the system refused to accept, for want of file descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(100);

/// Most bytes of a connection that are read ahead.
const READ_AHEAD: usize = 64 << 10;

/// Requests of one connection at once, where it carries several.
const STREAMS: u32 = 64;

/// Bounds what is taken on and how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once; further ones wait in the listener's backlog.
    pub(crate) connections: usize,
    /// Connections of one address; further ones are closed, so that nobody takes all places.
    pub(crate) of_one: usize,
    /// How long a connection may be without a request, or send the headers of one.
    pub(crate) headers: Duration,
    /// From a request's headers to those of its answer.
    pub(crate) request: Duration,
    /// How long nothing may come, nor be taken: a socket asks for a sign of life more often.
    pub(crate) quiet: Duration,
    /// How long an answer may wait for somebody who does not read it.
    pub(crate) stalled: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            of_one: 512,
            headers: Duration::from_secs(30),
            request: Duration::from_secs(30),
            quiet: Duration::from_secs(60),
            stalled: Duration::from_secs(30),
        }
    }
}

/// Serves until `stop`, and then until every connection has ended.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let mut places = Places::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next_with_id() => places.leave(ended),
            accepted = listener.accept(), if connections.len() < limits.connections => {
                let (socket, peer) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "api: cannot accept a connection");
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                };
                let from = network(peer.ip().to_canonical());
                if places.of(from) >= limits.of_one {
                    tracing::debug!(%from, most = limits.of_one, "api: one address has all its connections");
                    continue;
                }
                // answers are small, and somebody waits for them
                drop(socket.set_nodelay(true));
                let (router, stop) = (router.clone(), stop.clone());
                let serving = async move { connection(socket, peer, router, limits, stop).await };
                places.enter(connections.spawn(serving).id(), from);
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Who has how many connections.
#[derive(Default)]
struct Places {
    by_task: HashMap<Id, IpAddr>,
    count: HashMap<IpAddr, usize>,
}

impl Places {
    fn of(&self, from: IpAddr) -> usize {
        self.count.get(&from).copied().unwrap_or_default()
    }

    fn enter(&mut self, task: Id, from: IpAddr) {
        self.by_task.insert(task, from);
        *self.count.entry(from).or_default() += 1;
    }

    fn leave(&mut self, ended: Result<(Id, ()), JoinError>) {
        let task = ended.map(|(id, ())| id).unwrap_or_else(|error| {
            if error.is_panic() {
                tracing::error!(%error, "api: a connection panicked");
            }
            error.id()
        });
        let Some(from) = self.by_task.remove(&task) else { return };
        if let Some(count) = self.count.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                self.count.remove(&from);
            }
        }
    }
}

/// Serves a connection until it ends, or until `stop` and its open requests are answered.
async fn connection<S>(
    socket: S,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        answer(router.clone(), request, limits.request)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(READ_AHEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        // sockets over HTTP/2
        .enable_connect_protocol()
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(limits.quiet / 3)
        .keep_alive_timeout(limits.quiet / 3);
    let socket = TokioIo::new(Patient::new(socket, limits.quiet, limits.stalled));
    let serving = builder.serve_connection_with_upgrades(socket, service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, %peer, "api: a connection broke off");
    }
}

/// Answers a request, whose body may be as slow as whoever sends it.
async fn answer(
    router: Router,
    request: Request,
    within: Duration,
) -> Result<Response, Infallible> {
    match tokio::time::timeout(within, router.oneshot(request)).await {
        Ok(answer) => answer,
        Err(_) => Ok(ApiError::too_slow(within).into_response()),
    }
}

#[cfg(test)]
mod tests;

//! Serves a connection: all its calls in one task.
//!
//! What a call reads it takes right after the connection has read it from the socket, in the same
//! turn, so that unread bytes of many connections do not pile up, however wide their windows are.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use h2::server::{Builder, Connection, SendResponse};
use h2::{Ping, PingPong, RecvStream};
use http::Request;
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;

use super::call::Export;
use super::plain;
use crate::admission::Admission;
use crate::listen::{Limits, Speak, Stream};

/// What a peer may send of a call before we ask for more.
const CALL_WINDOW: u32 = 1 << 20;

/// What a peer may send of all calls of a connection before we ask for more.
const WINDOW: u32 = 2 << 20;

/// Most bytes of a piece of a call: most requests come in one, which then is not copied. Senders
/// that cut into smaller pieces whatever they are told go on as they do.
const PIECE: u32 = 64 << 10;

/// Calls of a connection at once.
const CALLS: u32 = 256;

/// Most bytes of the headers of a call.
const HEADERS: u32 = 16 << 10;

/// Most bytes of answers that wait for a peer that does not read them.
const UNSENT: usize = 64 << 10;

/// Calls that were broken off whose rest is still let pass.
const BROKEN_OFF: usize = 256;

/// How often a quiet connection is asked whether its peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Speaks gRPC, and answers probes over HTTP/1.1.
pub(super) struct Grpc {
    pub(super) export: Export,
    pub(super) admission: Admission,
    pub(super) limits: Limits,
}

impl Speak for Grpc {
    const NAME: &'static str = "otlp/grpc";

    async fn speak(&self, mut stream: Stream, stop: CancellationToken) {
        let beginning = async {
            let first = stream.first_bytes().await.unwrap_or_default();
            // Every HTTP/2 connection begins with `PRI * HTTP/2.0`.
            if first != b"PRI" {
                return Err(stream);
            }
            Ok(builder().handshake::<_, Bytes>(stream).await)
        };
        match tokio::time::timeout(self.limits.begin_timeout, beginning).await {
            Ok(Ok(Ok(connection))) => self.serve(connection, stop).await,
            Ok(Err(stream)) => plain::serve(stream, &self.export, &self.limits, stop).await,
            Ok(Ok(Err(error))) => {
                tracing::debug!(%error, "a connection to the otlp grpc receiver did not begin")
            }
            Err(_) => {
                tracing::debug!("a connection to the otlp grpc receiver did not begin in time")
            }
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .initial_window_size(CALL_WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_frame_size(PIECE)
        .max_concurrent_streams(CALLS)
        .max_header_list_size(HEADERS)
        .max_send_buffer_size(UNSENT)
        .max_concurrent_reset_streams(BROKEN_OFF);
    builder
}

impl Grpc {
    async fn serve(&self, mut connection: Connection<Stream, Bytes>, stop: CancellationToken) {
        let share = self.admission.share();
        let mut calls = FuturesUnordered::new();
        let mut alive = Alive::new(connection.ping_pong(), self.limits.idle_timeout);
        let mut tick = interval_at(Instant::now() + KEEPALIVE, KEEPALIVE);
        let call = |(request, respond)| self.export.answer(&share, request, respond);
        let stopped = stop.cancelled();
        tokio::pin!(stopped);
        let mut stopping = false;
        loop {
            let serving = std::future::poll_fn(|cx| turn(&mut connection, &mut calls, call, cx));
            tokio::select! {
                biased;
                ended = serving => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection to the otlp grpc receiver broke off");
                    }
                    return;
                }
                () = &mut stopped, if !stopping => stopping = true,
                _ = tick.tick() => match alive.look(calls.is_empty()) {
                    Life::Goes => continue,
                    Life::Idle => stopping = true,
                    Life::Gone => {
                        tracing::debug!("a peer of the otlp grpc receiver is gone");
                        return;
                    }
                }
            }
            connection.graceful_shutdown();
        }
    }
}

/// Lets the connection read, its calls work and their answers leave, until all have to wait.
fn turn<F: Future<Output = ()>>(
    connection: &mut Connection<Stream, Bytes>,
    calls: &mut FuturesUnordered<F>,
    call: impl Fn((Request<RecvStream>, SendResponse<Bytes>)) -> F,
    cx: &mut Context<'_>,
) -> Poll<Result<(), h2::Error>> {
    loop {
        match connection.poll_accept(cx) {
            Poll::Ready(Some(Ok(accepted))) => calls.push(call(accepted)),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
            Poll::Ready(None) => return Poll::Ready(Ok(())),
            Poll::Pending => match calls.poll_next_unpin(cx) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            },
        }
    }
}

/// What became of a connection.
enum Life {
    Goes,
    Idle,
    Gone,
}

/// Looks after a connection, once each [`KEEPALIVE`].
struct Alive {
    pings: Option<PingPong>,
    unanswered: bool,
    quiet: Duration,
    idle_timeout: Duration,
}

impl Alive {
    fn new(pings: Option<PingPong>, idle_timeout: Duration) -> Self {
        Self { pings, unanswered: false, quiet: Duration::ZERO, idle_timeout }
    }

    fn look(&mut self, quiet: bool) -> Life {
        let Some(pings) = &mut self.pings else { return Life::Goes };
        let pong = std::future::poll_fn(|cx| pings.poll_pong(cx)).now_or_never();
        if self.unanswered && !matches!(pong, Some(Ok(_))) {
            return Life::Gone;
        }
        // An error says that the connection ends, which is seen elsewhere.
        self.unanswered = pings.send_ping(Ping::opaque()).is_ok();
        self.quiet = if quiet { self.quiet + KEEPALIVE } else { Duration::ZERO };
        if self.quiet >= self.idle_timeout { Life::Idle } else { Life::Goes }
    }
}

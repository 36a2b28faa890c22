//! Accepts connections and serves each in a task of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::service::Export;

/// What is waited after the system refused to accept, for want of file descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(100);

/// Most bytes of a connection that are read ahead: headers, and pieces of a body.
const READ_AHEAD: usize = 64 << 10;

/// Serves until `shutdown`, then gives open requests their grace.
pub(super) async fn serve(
    listener: TcpListener,
    export: Arc<Export>,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next() => note(ended),
            accepted = listener.accept(), if connections.len() < limits.connections => {
                match accepted {
                    Ok((stream, _)) => {
                        let (export, shutdown) = (Arc::clone(&export), shutdown.clone());
                        connections.spawn(connection(stream, export, limits, shutdown));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "otlp http receiver cannot accept a connection");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }
    drop(listener);
    let ended = tokio::time::timeout(limits.grace, async {
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
    });
    if ended.await.is_err() {
        let open = connections.len();
        tracing::warn!(open, "otlp http receiver gave up on open requests");
        connections.shutdown().await;
    }
}

async fn connection(
    stream: TcpStream,
    export: Arc<Export>,
    limits: Limits,
    shutdown: CancellationToken,
) {
    // Answers are small and somebody waits for them.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| {
        let export = Arc::clone(&export);
        async move { Ok::<_, Infallible>(export.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(READ_AHEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the otlp http receiver broke off");
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection to the otlp http receiver panicked");
    }
}

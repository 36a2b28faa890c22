//! Makes sure that a body is the request that it says it is.

use bellwether_core::ingest::Signal;
use bellwether_otlp::validate;
use bytes::Bytes;

use crate::admission::Hold;
use crate::refused::{RETRY_AFTER, Refused};

/// Bodies from here on are worked on where they hold up nobody else: from here on that takes
/// longer than it takes to ask another thread.
const LARGE: usize = 1 << 20;

/// Checks protobuf.
pub(crate) fn check(signal: Signal, request: Bytes) -> Result<Bytes, Refused> {
    let checked = match signal {
        Signal::Traces => validate::traces(&request),
        Signal::Metrics => validate::metrics(&request),
        Signal::Logs => validate::logs(&request),
    };
    checked.map_err(|why| Refused::Malformed(why.to_string()))?;
    Ok(request)
}

/// Works on a body of `size` bytes, and keeps its room while that lasts.
pub(crate) async fn work(
    size: usize,
    mut hold: Hold,
    work: impl FnOnce(&mut Hold) -> Result<Bytes, Refused> + Send + 'static,
) -> Result<(Bytes, Hold), Refused> {
    if size < LARGE {
        return work(&mut hold).map(|request| (request, hold));
    }
    let apart = move || work(&mut hold).map(|request| (request, hold));
    // It does not panic; were it to, the sender keeps the request.
    let done = tokio::task::spawn_blocking(apart).await;
    done.unwrap_or(Err(Refused::Overloaded(RETRY_AFTER)))
}

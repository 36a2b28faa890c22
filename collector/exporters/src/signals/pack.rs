//! Compresses bodies.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;

/// Bodies above this are compressed off the runtime's threads.
const LARGE: usize = 128 << 10;

/// Compresses with gzip at its fastest level: vendors bill by what is inside, not by the wire.
pub(crate) fn gzip(body: &[u8]) -> io::Result<Bytes> {
    let mut encoder =
        GzEncoder::new(Vec::with_capacity(body.len() / 4 + 64), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

/// Compresses like [`gzip`], without holding up other tasks when the body is large.
pub(crate) async fn gzip_async(body: Bytes) -> io::Result<Bytes> {
    if body.len() <= LARGE {
        return gzip(&body);
    }
    tokio::task::spawn_blocking(move || gzip(&body)).await.map_err(io::Error::other)?
}

//! Begins TLS on a connection, where that is spoken.

use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::Stream;
use crate::tls::{Alpn, Tls};

/// The first byte of every handshake.
const HANDSHAKE: u8 = 22;

/// What is said to who speaks HTTP/1.1 without TLS, which whoever looks after the collector may
/// take as a sign of life.
const IN_PLAIN_TEXT: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 48\r\n\r\nthis port speaks TLS; begin the URL with https:\n";

/// Most bytes of plain text that are read before the answer.
const PLAIN_TEXT: usize = 4 << 10;

/// How connections begin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning(Option<Arc<ServerConfig>>);

impl Beginning {
    /// Reads certificates and keys, where there is TLS.
    ///
    /// # Errors
    /// Says in a line what cannot be used.
    pub(crate) fn new(tls: Option<&Tls>, alpn: Alpn) -> std::result::Result<Self, String> {
        let built = tls.map(|it| it.build(alpn)).transpose();
        built.map(Self).map_err(|flaws| {
            let flaws = flaws.into_iter().map(|it| format!("{}: {}", it.path, it.message));
            flaws.collect::<Vec<_>>().join("; ").trim_start_matches(": ").to_owned()
        })
    }

    /// Says whether a connection can be used as soon as it is there.
    pub(crate) const fn is_plain(&self) -> bool {
        self.0.is_none()
    }

    /// Shakes hands, which must not take longer than this.
    pub(crate) async fn begin(&self, socket: TcpStream, within: Duration) -> Result<Stream> {
        let Some(config) = &self.0 else { return Ok(Stream::plain(socket)) };
        let shaking = tokio::time::timeout(within, shake(socket, Arc::clone(config)));
        shaking
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut, "not within the time")))
    }
}

async fn shake(mut socket: TcpStream, config: Arc<ServerConfig>) -> Result<Stream> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 1 && first != [HANDSHAKE] {
        // what is not read would make the system throw the answer away
        let mut spoken = vec![0; PLAIN_TEXT];
        let _ = socket.read(&mut spoken).await?;
        socket.write_all(IN_PLAIN_TEXT).await?;
        socket.shutdown().await?;
        return Err(Error::new(ErrorKind::InvalidData, "it does not speak TLS"));
    }
    TlsAcceptor::from(config).accept(socket).await.map(Stream::secure)
}

//! A connection's bytes.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection whose first bytes can be looked at before anybody reads them.
pub(crate) struct Stream {
    socket: Socket,
    /// Bytes that were looked at.
    ahead: [u8; MOST_AHEAD],
    unread: std::ops::Range<usize>,
}

const MOST_AHEAD: usize = 3;

enum Socket {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl Socket {
    fn io(&mut self) -> &mut (dyn ReadWrite + Send) {
        match self {
            Self::Plain(socket) => socket,
            Self::Secure(socket) => socket,
        }
    }
}

trait ReadWrite: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> ReadWrite for T {}

impl Stream {
    pub(crate) fn plain(socket: TcpStream) -> Self {
        Self::over(Socket::Plain(socket))
    }

    pub(crate) fn secure(socket: TlsStream<TcpStream>) -> Self {
        Self::over(Socket::Secure(Box::new(socket)))
    }

    fn over(socket: Socket) -> Self {
        Self { socket, ahead: [0; MOST_AHEAD], unread: 0..0 }
    }

    /// Waits for the first three bytes and shows them, or as many as there are.
    pub(crate) async fn first_bytes(&mut self) -> Result<&[u8]> {
        while let Some(free) = self.ahead.get_mut(self.unread.end..).filter(|it| !it.is_empty()) {
            match self.socket.io().read(free).await? {
                0 => break,
                read => self.unread.end += read,
            }
        }
        Ok(self.ahead.get(..self.unread.end).unwrap_or_default())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let unread = self.unread.clone();
        if let Some(ahead) = self.ahead.get(unread).filter(|it| !it.is_empty()) {
            let length = ahead.len().min(into.remaining());
            into.put_slice(ahead.get(..length).unwrap_or_default());
            self.unread.start += length;
            return Poll::Ready(Ok(()));
        }
        Pin::new(self.socket.io()).poll_read(cx, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(self.socket.io()).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(self.socket.io()).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            Socket::Plain(socket) => socket.is_write_vectored(),
            Socket::Secure(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(self.socket.io()).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(self.socket.io()).poll_shutdown(cx)
    }
}

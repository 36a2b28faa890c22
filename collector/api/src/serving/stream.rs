//! A connection that does not wait for ever.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A connection whose other side has to send or to take something now and then.
pub(super) struct Patient<S> {
    socket: S,
    /// How long nothing may come, nor be taken.
    quiet: Duration,
    /// How long what is written may not be taken.
    stalled: Duration,
    /// When something came or was taken last.
    moved: Instant,
    silence: Pin<Box<Sleep>>,
    /// Runs while something is not taken.
    stall: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(socket: S, quiet: Duration, stalled: Duration) -> Self {
        let silence = Box::pin(sleep(quiet));
        Self { socket, quiet, stalled, moved: Instant::now(), silence, stall: None }
    }

    /// Nothing came: is not ready until it did not for too long.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while self.silence.as_mut().poll(cx).is_ready() {
            let until = self.moved + self.quiet;
            if until <= Instant::now() {
                return Poll::Ready(Err(too_slow("nothing came")));
            }
            self.silence.as_mut().reset(until);
        }
        Poll::Pending
    }

    /// Notes what became of a write.
    fn after<T>(&mut self, cx: &mut Context<'_>, wrote: Poll<Result<T>>) -> Poll<Result<T>> {
        if wrote.is_ready() {
            self.moved = Instant::now();
            self.stall = None;
            return wrote;
        }
        let stalled = self.stalled;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(stalled)));
        match stall.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(too_slow("nothing was read"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn too_slow(what: &str) -> Error {
    Error::new(ErrorKind::TimedOut, format!("{what} for too long"))
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        match Pin::new(&mut self.socket).poll_read(cx, into) {
            Poll::Pending => self.poll_silence(cx),
            ready => {
                self.moved = Instant::now();
                ready
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.after(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write_vectored(cx, bytes);
        self.after(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

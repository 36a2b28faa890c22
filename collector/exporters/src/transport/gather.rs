//! Gathers what HTTP/2 writes frame by frame: a body leaves in few large writes, from where it
//! lies in memory.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use h2::client::Connection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes may wait for the socket; then it is waited for.
const MOST: usize = 256 << 10;

/// Below this a copy is cheaper than a piece of its own.
const SMALL: usize = 1 << 10;

/// Pieces of one write.
const PIECES: usize = 64;

/// What waits for the socket, shared by who writes frames and who empties it.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    pieces: VecDeque<Bytes>,
    /// What comes behind those: small things together.
    small: BytesMut,
    /// How many bytes both are.
    bytes: usize,
    /// Whether something was not taken since it was emptied.
    refused: bool,
    /// Bodies that are sent, by whose frames are found without a copy.
    bodies: Vec<(u64, Bytes)>,
    announced: u64,
}

/// A body that is sent; forgotten when dropped.
#[derive(Debug)]
pub(super) struct Announced(Outbox, u64);

impl Drop for Announced {
    fn drop(&mut self) {
        self.0.lock().bodies.retain(|(number, _)| *number != self.1);
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // every change is whole before anything that could panic
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets frames of a body be taken from where it lies.
    pub(super) fn announce(&self, pieces: &[Bytes]) -> Announced {
        let mut waiting = self.lock();
        waiting.announced += 1;
        let number = waiting.announced;
        let large = pieces.iter().filter(|it| it.len() >= SMALL);
        waiting.bodies.extend(large.map(|it| (number, it.clone())));
        Announced(self.clone(), number)
    }

    /// Takes bytes, in order; not ready while too many wait.
    fn take(&self, slices: &[IoSlice<'_>]) -> Poll<usize> {
        let mut waiting = self.lock();
        if waiting.bytes >= MOST {
            waiting.refused = true;
            return Poll::Pending;
        }
        slices.iter().for_each(|it| waiting.push(it));
        Poll::Ready(slices.iter().map(|it| it.len()).sum())
    }

    /// Writes until nothing waits; says whether something was refused before.
    fn poll_empty(
        &self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<bool>> {
        let mut waiting = self.lock();
        while waiting.bytes > 0 {
            waiting.close_small();
            let written = ready!(waiting.poll_write(cx, socket))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            waiting.advance(written);
        }
        Poll::Ready(Ok(std::mem::take(&mut waiting.refused)))
    }
}

impl Waiting {
    fn push(&mut self, slice: &[u8]) {
        self.bytes += slice.len();
        match self.owner(slice) {
            Some(piece) => {
                self.close_small();
                self.pieces.push_back(piece);
            }
            None => self.small.extend_from_slice(slice),
        }
    }

    /// Finds the body that a slice is a part of.
    fn owner(&self, slice: &[u8]) -> Option<Bytes> {
        if slice.len() < SMALL {
            return None;
        }
        let part = slice.as_ptr_range();
        let holds = |whole: &Bytes| {
            let whole = whole.as_ptr_range();
            whole.start <= part.start && part.end <= whole.end
        };
        let (_, body) = self.bodies.iter().find(|(_, body)| holds(body))?;
        Some(body.slice_ref(slice))
    }

    fn close_small(&mut self) {
        if !self.small.is_empty() {
            self.pieces.push_back(self.small.split().freeze());
        }
    }

    fn poll_write(
        &self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); PIECES];
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece);
        }
        let filled = slices.get(..self.pieces.len().min(PIECES)).unwrap_or_default();
        Pin::new(socket).poll_write_vectored(cx, filled)
    }

    fn advance(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        while let Some(piece) = self.pieces.front_mut()
            && written > 0
        {
            let length = piece.len().min(written);
            piece.advance(length);
            written -= length;
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
    }
}

/// What HTTP/2 takes for its socket.
#[derive(Debug)]
pub(super) struct Gathered<R> {
    reading: R,
    outbox: Outbox,
}

impl<R> Gathered<R> {
    pub(super) fn new(reading: R, outbox: Outbox) -> Self {
        Self { reading, outbox }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Gathered<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, into)
    }
}

/// [`Driven`] asks again after it has emptied the outbox, so nobody has to be woken.
impl<R: Unpin> AsyncWrite for Gathered<R> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outbox.take(&[IoSlice::new(bytes)]).map(Ok)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.outbox.take(slices).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Drives a connection until it ends, and writes what it gathers whenever it has no more.
pub(super) struct Driven<R, W> {
    connection: Connection<Gathered<R>, Bytes>,
    ended: bool,
    writing: W,
    outbox: Outbox,
}

impl<R, W> Driven<R, W>
where
    R: AsyncRead + Unpin,
{
    pub(super) fn new(
        connection: Connection<Gathered<R>, Bytes>,
        writing: W,
        outbox: Outbox,
    ) -> Self {
        Self { connection, ended: false, writing, outbox }
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Future for Driven<R, W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            // its calls say why it ended
            this.ended = this.ended || Pin::new(&mut this.connection).poll(cx).is_ready();
            let emptied = ready!(this.outbox.poll_empty(cx, &mut this.writing));
            match emptied {
                Ok(true) if !this.ended => {}
                Ok(_) if !this.ended => return Poll::Pending,
                _ => return Poll::Ready(()),
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Bodies in pieces that stay where they were received.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// A body in pieces: several requests of one kind behind each other are one, since repeated
/// fields of protobuf messages merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(Vec<Bytes>);

impl Body {
    /// Returns the number of bytes.
    pub fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// Says whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Bytes::is_empty)
    }

    /// Returns the pieces in order.
    pub fn pieces(&self) -> &[Bytes] {
        &self.0
    }

    /// Puts a piece before the others.
    pub fn push_front(&mut self, piece: Bytes) {
        self.0.insert(0, piece);
    }

    /// Copies the pieces together, unless there is only one.
    pub fn to_bytes(&self) -> Bytes {
        match self.0.as_slice() {
            [] => Bytes::new(),
            [only] => only.clone(),
            pieces => pieces.concat().into(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(vec![bytes])
    }
}

impl FromIterator<Bytes> for Body {
    fn from_iter<I: IntoIterator<Item = Bytes>>(pieces: I) -> Self {
        Self(pieces.into_iter().collect())
    }
}

/// A body on its way out.
pub(crate) struct Outgoing {
    pieces: std::vec::IntoIter<Bytes>,
    left: u64,
}

impl From<Body> for Outgoing {
    fn from(body: Body) -> Self {
        let left = body.len() as u64;
        Self { pieces: body.0.into_iter(), left }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.find(|it| !it.is_empty());
        self.left -= piece.as_ref().map_or(0, |it| it.len() as u64);
        Poll::Ready(piece.map(|it| Ok(Frame::data(it))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

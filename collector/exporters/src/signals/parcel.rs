//! What is sent in one call: requests of one signal behind each other.

use std::collections::VecDeque;

use bellwether_core::ingest::Signal;
use bellwether_core::queue::Queued;
use bellwether_otlp::split;
use bytes::Bytes;
use tokio::time::Instant;

use super::pack::Packed;
use crate::body::Body;

/// A request, or a part of one that was too large for the destination.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) seq: u64,
    pub(crate) items: u32,
    pub(crate) body: Bytes,
}

/// What is sent in one call.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) signal: Signal,
    pub(crate) pieces: Vec<Piece>,
    /// What was compressed for an earlier try.
    pub(crate) packed: Option<Packed>,
    /// How many tries failed.
    pub(crate) failures: u32,
    /// When it was tried first.
    pub(crate) since: Option<Instant>,
}

impl Parcel {
    pub(crate) fn new(signal: Signal, pieces: Vec<Piece>) -> Self {
        Self { signal, pieces, packed: None, failures: 0, since: None }
    }

    /// Returns where it stands among others.
    pub(crate) fn first(&self) -> u64 {
        self.pieces.first().map_or(0, |it| it.seq)
    }

    pub(crate) fn body(&self) -> Body {
        self.pieces.iter().map(|it| it.body.clone()).collect()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.pieces.iter().map(|it| it.body.len()).sum()
    }

    pub(crate) fn items(&self) -> u64 {
        self.pieces.iter().map(|it| u64::from(it.items)).sum()
    }

    /// Returns the requests in two halves; the parcel itself when it holds only one.
    pub(crate) fn halves(mut self) -> Result<[Self; 2], Self> {
        if self.pieces.len() < 2 {
            return Err(self);
        }
        let second = self.pieces.split_off(self.pieces.len() / 2);
        Ok([self.pieces, second].map(|pieces| Self::new(self.signal, pieces)))
    }

    /// Returns the only request in parts of at most so many bytes; nothing when it cannot be cut.
    pub(crate) fn parts(&self, most: usize) -> Option<Vec<Self>> {
        let [Piece { seq, body, .. }] = self.pieces.as_slice() else { return None };
        let parts = cut(self.signal, body, most);
        if parts.len() < 2 {
            return None;
        }
        let parcel = |part: split::Piece| {
            let items = u32::try_from(part.items).unwrap_or(u32::MAX);
            Self::new(self.signal, vec![Piece { seq: *seq, items, body: part.body }])
        };
        Some(parts.into_iter().map(parcel).collect())
    }
}

/// Cuts a request into requests of at most so many bytes.
fn cut(signal: Signal, body: &Bytes, most: usize) -> Vec<split::Piece> {
    match signal {
        Signal::Traces => split::traces(body, most).collect(),
        Signal::Metrics => split::metrics(body, most).collect(),
        Signal::Logs => split::logs(body, most).collect(),
    }
}

/// Requests that were taken from the queue and wait to be put together, in order.
#[derive(Debug, Default)]
pub(crate) struct Window {
    waiting: VecDeque<Queued>,
    bytes: usize,
}

impl Window {
    pub(crate) fn push(&mut self, queued: Queued) {
        self.bytes += queued.request.body.len();
        self.waiting.push_back(queued);
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the signal that is next.
    pub(crate) fn signal(&self) -> Option<Signal> {
        self.waiting.front().map(|it| it.request.signal)
    }

    /// Takes the oldest request and those of the same signal behind it, in order, as long as
    /// together they have at most so many bytes.
    pub(crate) fn parcel(&mut self, most: usize) -> Option<Parcel> {
        let signal = self.signal()?;
        let (mut pieces, mut bytes, mut full) = (Vec::new(), 0_usize, false);
        let mut rest = VecDeque::with_capacity(self.waiting.len());
        for Queued { seq, request } in self.waiting.drain(..) {
            let size = request.body.len();
            full |= request.signal == signal && !pieces.is_empty() && bytes + size > most;
            if full || request.signal != signal {
                rest.push_back(Queued { seq, request });
            } else {
                bytes += size;
                pieces.push(Piece { seq, items: request.items, body: request.body });
            }
        }
        self.waiting = rest;
        self.bytes -= bytes;
        Some(Parcel::new(signal, pieces))
    }
}

#[cfg(test)]
mod tests {
    use bellwether_core::queue::Request;
    use bellwether_core::time::Timestamp;

    use super::*;

    fn queued(seq: u64, signal: Signal, size: usize) -> Queued {
        let (items, at) = (1, Timestamp::default());
        Queued { seq, request: Request { signal, items, at, body: vec![0; size].into() } }
    }

    fn seqs(parcel: &Parcel) -> Vec<u64> {
        parcel.pieces.iter().map(|it| it.seq).collect()
    }

    #[test]
    fn requests_of_one_signal_are_put_together_up_to_a_size_and_never_overtake() {
        use Signal::{Logs, Traces};
        let mut window = Window::default();
        let sizes = [(Traces, 40), (Logs, 10), (Traces, 50), (Traces, 20), (Traces, 5), (Logs, 95)];
        for (seq, (signal, size)) in (1..).zip(sizes) {
            window.push(queued(seq, signal, size));
        }
        let mut parcels = Vec::new();
        while let Some(parcel) = window.parcel(100) {
            parcels.push((parcel.signal, seqs(&parcel)));
        }
        let expected =
            [(Traces, vec![1, 3]), (Logs, vec![2]), (Traces, vec![4, 5]), (Logs, vec![6])];
        assert_eq!(parcels, expected);
        assert_eq!((window.len(), window.bytes()), (0, 0));
        window.push(queued(9, Logs, 1_000));
        assert_eq!(seqs(&window.parcel(100).unwrap()), [9], "a large one goes alone");
    }

    #[test]
    fn a_parcel_is_halved_until_one_request_is_left() {
        let piece = |seq| Piece { seq, items: 1, body: Bytes::new() };
        let parcel = Parcel::new(Signal::Logs, (1..=3).map(piece).collect());
        let [one, two] = parcel.halves().unwrap();
        assert_eq!((seqs(&one), seqs(&two)), (vec![1], vec![2, 3]));
        assert_eq!(seqs(&one.halves().unwrap_err()), [1]);
    }
}

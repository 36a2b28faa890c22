//! Puts a body together as it comes, decompressing on the way; never beyond what is allowed.

use crate::admission::Hold;
use crate::refused::Refused;

mod unpack;

use bytes::Bytes;
use unpack::{Gzip, Zstd};

/// How much is counted at once, so that small pieces do not each go to the shared count.
const STEP: usize = 16 << 10;

/// Most bytes that a body of a known length gets room for when its first bytes come.
const FIRST: usize = 64 << 10;

/// How many times as much as has come it gets room for later. All of it is counted, since memory
/// that was used before lies there from the first byte on; and it is few sizes, which keeps the
/// allocator's memory in one piece.
const AHEAD: usize = 32;

/// A body that comes whole in one piece stays where it was read from here on; a smaller one is
/// copied, so that it does not keep what was read with it.
const KEPT: usize = 16 << 10;

/// Room behind the largest allowed body, so that a decoder can show that there is more.
const SLACK: usize = 64;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    /// Finds it by its name; `None` when it is another one.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let is = |it: &str| name.eq_ignore_ascii_case(it.as_bytes());
        match name {
            b"" => Some(Self::Identity),
            _ if is("identity") => Some(Self::Identity),
            _ if is("gzip") || is("x-gzip") => Some(Self::Gzip),
            _ if is("zstd") => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A body that comes in pieces.
pub(crate) struct Body {
    plain: Plain,
    packing: Packing,
    /// The whole body, if it came in one piece.
    whole: Option<Bytes>,
    /// How many bytes have come.
    came: usize,
    most: usize,
}

enum Packing {
    None,
    Gzip(Gzip),
    Zstd(Zstd),
}

impl Body {
    /// Begins a body of at most `most` bytes, as it comes and once decompressed. `announced` is
    /// what the sender says will come.
    pub(crate) fn new(
        coding: Coding,
        announced: Option<usize>,
        most: usize,
        hold: Hold,
    ) -> Result<Self, Refused> {
        if announced.is_some_and(|bytes| bytes > most) {
            return Err(Refused::TooLarge(most));
        }
        let (packing, expected) = match coding {
            Coding::Identity => (Packing::None, announced),
            Coding::Gzip => (Packing::Gzip(Gzip::new()), None),
            Coding::Zstd => (Packing::Zstd(Zstd::new()?), None),
        };
        let plain = Plain { bytes: Vec::new(), expected, most, hold };
        Ok(Self { plain, packing, whole: None, came: 0, most })
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: Bytes) -> Result<(), Refused> {
        let before = self.came;
        self.came = self.came.saturating_add(piece.len());
        if self.came > self.most {
            return Err(Refused::TooLarge(self.most));
        }
        match &mut self.packing {
            _ if piece.is_empty() => Ok(()),
            Packing::None => {
                let is_whole = before == 0 && self.plain.expected == Some(piece.len());
                if is_whole && piece.len() >= KEPT {
                    self.plain.hold.cover(piece.len() as u64)?;
                    self.whole = Some(piece);
                    return Ok(());
                }
                // a sender that sends more than it announced
                if let Some(whole) = self.whole.take() {
                    self.plain.push(&whole)?;
                }
                self.plain.push(&piece)
            }
            Packing::Gzip(gzip) => gzip.unpack(&piece, &mut self.plain),
            Packing::Zstd(zstd) => zstd.unpack(&piece, &mut self.plain),
        }
    }

    /// Returns the whole body with the room that it holds.
    pub(crate) fn finish(mut self) -> Result<(Bytes, Hold), Refused> {
        if let Some(whole) = self.whole {
            return Ok((whole, self.plain.hold));
        }
        let ended = match &self.packing {
            Packing::None => true,
            Packing::Gzip(gzip) => gzip.is_at_end(),
            Packing::Zstd(zstd) => zstd.is_at_end(),
        };
        if self.came > 0 && !ended {
            let why = format!("broken compression: it ends early, after {} bytes", self.came);
            return Err(Refused::Broken(why));
        }
        let bytes = &mut self.plain.bytes;
        // What waits behind us counts what a body holds, not what was set aside for it.
        if bytes.capacity() - bytes.len() > bytes.len() / 4 {
            bytes.shrink_to_fit();
        }
        self.plain.hold.shrink_to(self.plain.bytes.capacity() as u64);
        Ok((self.plain.bytes.into(), self.plain.hold))
    }
}

/// The plain bytes of a body, as far as they are there.
struct Plain {
    bytes: Vec<u8>,
    /// How many there will be, if that was said.
    expected: Option<usize>,
    most: usize,
    hold: Hold,
}

impl Plain {
    fn push(&mut self, piece: &[u8]) -> Result<(), Refused> {
        self.make_room(piece.len())?;
        let length = self.bytes.len().saturating_add(piece.len());
        self.hold.cover(length.next_multiple_of(STEP) as u64)?;
        self.bytes.extend_from_slice(piece);
        self.check()
    }

    /// Makes room for so many bytes behind those that are there; none is written before it is
    /// counted.
    fn make_room(&mut self, more: usize) -> Result<(), Refused> {
        let (length, capacity) = (self.bytes.len(), self.bytes.capacity());
        let wanted = length.saturating_add(more);
        if wanted <= capacity {
            return Ok(());
        }
        let (ahead, ceiling) = match self.expected {
            Some(expected) if length == 0 => {
                (wanted.saturating_mul(AHEAD).clamp(STEP, FIRST), expected)
            }
            Some(expected) => (wanted.saturating_mul(AHEAD), expected),
            None => (capacity.saturating_mul(2).max(2 * STEP), self.most.saturating_add(SLACK)),
        };
        let larger = ahead.max(wanted).min(ceiling.max(wanted));
        // While it moves, both lie in memory.
        self.hold.cover(length.saturating_add(larger) as u64)?;
        self.bytes.reserve_exact(larger - length);
        self.hold.shrink_to(larger as u64);
        Ok(())
    }

    fn check(&self) -> Result<(), Refused> {
        if self.bytes.len() > self.most { Err(Refused::TooLarge(self.most)) } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        self.bytes.len() == self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests;

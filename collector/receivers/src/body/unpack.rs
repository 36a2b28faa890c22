//! Decompresses piece by piece, straight to where the plain bytes lie.

use flate2::{Decompress, FlushDecompress, Status};
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use super::Plain;
use crate::refused::Refused;

/// Largest window that a zstd frame may ask for: what RFC 9659 allows over HTTP, 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The window of every gzip stream: 2^15 bytes.
const GZIP_WINDOW: u8 = 15;

fn broken(what: &str, after: usize) -> Refused {
    Refused::Broken(format!("broken compression at byte {after} of what it holds: {what}"))
}

/// A gzip stream; several may follow one another.
pub(super) struct Gzip {
    decoder: Decompress,
    at_end: bool,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { decoder: Decompress::new_gzip(GZIP_WINDOW), at_end: false }
    }

    /// Says whether a stream has just ended.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    pub(super) fn unpack(&mut self, mut piece: &[u8], into: &mut Plain) -> Result<(), Refused> {
        while !piece.is_empty() {
            if std::mem::take(&mut self.at_end) {
                self.decoder.reset(true);
            }
            piece = self.step(piece, into)?;
        }
        Ok(())
    }

    /// Takes from a piece what there is room for, or the rest of a stream; returns what is left.
    fn step<'p>(&mut self, piece: &'p [u8], into: &mut Plain) -> Result<&'p [u8], Refused> {
        let begin = self.decoder.total_in();
        loop {
            into.make_room(1)?;
            let taken = usize::try_from(self.decoder.total_in() - begin).unwrap_or(usize::MAX);
            let rest = piece.get(taken..).unwrap_or_default();
            let status = self.decoder.decompress_vec(rest, &mut into.bytes, FlushDecompress::None);
            into.check()?;
            let taken = usize::try_from(self.decoder.total_in() - begin).unwrap_or(usize::MAX);
            let rest = piece.get(taken..).unwrap_or_default();
            match status {
                Ok(Status::StreamEnd) => {
                    self.at_end = true;
                    return Ok(rest);
                }
                // There was room left: it took all the input that there was.
                Ok(_) if !into.is_full() => return Ok(&[]),
                Ok(_) => {}
                Err(error) => return Err(broken(&error.to_string(), into.bytes.len())),
            }
        }
    }
}

/// Frames of zstd, one after another.
pub(super) struct Zstd {
    decoder: DCtx<'static>,
    at_end: bool,
}

impl Zstd {
    pub(super) fn new() -> Result<Self, Refused> {
        let mut decoder = DCtx::create();
        let window = DParameter::WindowLogMax(ZSTD_WINDOW_LOG);
        decoder.set_parameter(window).map_err(|code| broken(get_error_name(code), 0))?;
        Ok(Self { decoder, at_end: true })
    }

    /// Says whether no frame is open.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    pub(super) fn unpack(&mut self, piece: &[u8], into: &mut Plain) -> Result<(), Refused> {
        let mut input = InBuffer::around(piece);
        // Asked with nothing, a decoder says that it waits for another frame.
        while input.pos() < piece.len() || into.is_full() {
            into.make_room(1)?;
            let after = into.bytes.len();
            let mut output = OutBuffer::around_pos(&mut into.bytes, after);
            let hint = self.decoder.decompress_stream(&mut output, &mut input);
            let hint = hint.map_err(|code| broken(get_error_name(code), after))?;
            self.at_end = hint == 0;
            into.check()?;
            // The window is set aside by what a frame says, and filled as it goes.
            let beside = self.decoder.sizeof();
            into.hold.cover(into.bytes.capacity().saturating_add(beside) as u64)?;
            if input.pos() == piece.len() && self.at_end {
                break;
            }
        }
        Ok(())
    }
}

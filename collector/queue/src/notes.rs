//! What the reader of a queue noted, in two files that take turns: one holds a beginning and what
//! came behind it, until a new beginning is synced in the other.
//!
//! A record is a header of 24 bytes and a body; numbers are little endian.
//!
//! | offset | size | what |
//! | --- | --- | --- |
//! | 0 | 4 | length of the body |
//! | 4 | 4 | CRC-32C of everything in the record but itself |
//! | 8 | 8 | up to which number the queue is done |
//! | 16 | 8 | generation: rises with each beginning, so that older records behind it do not count |

use std::io::{self, IoSlice};

use bellwether_core::queue::Note;
use bytes::Bytes;

use crate::files::{File, Files};

const NAMES: [&str; 2] = ["notes.0", "notes.1"];
const HEADER: usize = 24;

/// How large the files are made at once: notes can be kept on a disk without room then, and what
/// waits can leave.
const RESERVE: usize = if cfg!(test) { 4 << 10 } else { 1 << 20 };

/// The notes that are kept.
#[derive(Default)]
pub(crate) struct Notes {
    /// Which file holds them; none before the first beginning.
    file: Option<(usize, Box<dyn File>)>,
    generation: u64,
    end: u64,
    /// Whether only a new beginning may be written, since nobody knows what an earlier write left.
    broken: bool,
}

impl Notes {
    /// Opens the notes that are there, and returns them.
    pub(crate) fn open(files: &dyn Files, names: &[String]) -> io::Result<(Self, Vec<Note>)> {
        let mut newest: (Self, Vec<Note>) = Default::default();
        for (slot, name) in NAMES.iter().enumerate() {
            if !names.iter().any(|it| it == name) {
                continue;
            }
            let mut file = files.open(name)?;
            // after `kill -9` what is read may not be on disk yet
            file.sync()?;
            let length = usize::try_from(file.length()?).map_err(io::Error::other)?;
            let bytes = Bytes::from(file.read(0, length)?);
            let Some((generation, end, notes)) = read_all(&bytes) else { continue };
            if generation > newest.0.generation {
                let file = Some((slot, file));
                newest = (Self { file, generation, end, broken: false }, notes);
            }
        }
        Ok(newest)
    }

    /// Writes and syncs notes, behind the others or as a new beginning.
    pub(crate) fn write(
        &mut self,
        files: &dyn Files,
        notes: &[Note],
        anew: bool,
    ) -> io::Result<()> {
        let broken = std::mem::replace(&mut self.broken, true);
        if anew {
            self.begin(files, notes)?;
        } else {
            match &mut self.file {
                Some((_, file)) if !broken => {
                    self.end = write(file.as_mut(), self.end, self.generation, notes)?;
                }
                _ => return Err(io::Error::other("a new beginning is needed")),
            }
        }
        self.broken = false;
        Ok(())
    }

    /// Writes a beginning into the file that does not hold the present one.
    fn begin(&mut self, files: &dyn Files, notes: &[Note]) -> io::Result<()> {
        let names = files.list()?;
        for name in NAMES {
            reserve(files, name, names.iter().any(|it| it == name))?;
        }
        let slot = self.file.as_ref().map_or(0, |(slot, _)| 1 - slot);
        let name = NAMES.get(slot).copied().unwrap_or_default();
        let mut file = files.open(name)?;
        let generation = self.generation + 1;
        let end = write(file.as_mut(), 0, generation, notes)?;
        *self = Self { file: Some((slot, file)), generation, end, broken: false };
        Ok(())
    }
}

/// Makes a file that has room for what is written first.
fn reserve(files: &dyn Files, name: &str, exists: bool) -> io::Result<()> {
    let mut file = if exists { files.open(name)? } else { files.create(name)? };
    let length = file.length()?;
    let missing = RESERVE.saturating_sub(usize::try_from(length).unwrap_or(RESERVE));
    if missing > 0 {
        file.write(length, &mut [IoSlice::new(&vec![0; missing])])?;
        file.sync()?;
    }
    // it may be there from an earlier try that ended before this
    files.sync()
}

/// Writes records and syncs them; returns where they end.
fn write(file: &mut dyn File, at: u64, generation: u64, notes: &[Note]) -> io::Result<u64> {
    let mut bytes = Vec::new();
    for Note { seq, body } in notes {
        let length = u32::try_from(body.len()).map_err(io::Error::other)?.to_le_bytes();
        let rest = [seq.to_le_bytes(), generation.to_le_bytes()].concat();
        bytes.extend(length);
        bytes.extend(sum(&length, &rest, body).to_le_bytes());
        bytes.extend(rest);
        bytes.extend_from_slice(body);
    }
    file.write(at, &mut [IoSlice::new(&bytes)])?;
    file.sync()?;
    Ok(at + bytes.len() as u64)
}

fn sum(length: &[u8], rest: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(length), rest), body)
}

/// Reads a beginning and what is behind it: the generation, where it ends, the notes.
fn read_all(bytes: &Bytes) -> Option<(u64, u64, Vec<Note>)> {
    let (generation, mut end, first) = read(bytes, 0)?;
    let mut notes = vec![first];
    while let Some((next, at, note)) = read(bytes, end)
        && next == generation
    {
        notes.push(note);
        end = at;
    }
    Some((generation, end as u64, notes))
}

/// Reads the record at `at`: its generation, where it ends, the note; absent when it is not whole.
fn read(bytes: &Bytes, at: usize) -> Option<(u64, usize, Note)> {
    let header = bytes.get(at..)?.first_chunk::<HEADER>()?;
    let (length, rest) = header.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let (seq, generation) = rest.split_first_chunk::<8>()?;
    let from = at + HEADER;
    let end = from.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let body = bytes.get(from..end)?;
    if sum(length, rest, body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let note = Note { seq: u64::from_le_bytes(*seq), body: bytes.slice(from..end) };
    Some((u64::from_le_bytes(*generation.first_chunk()?), end, note))
}

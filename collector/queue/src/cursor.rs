//! Up to where the destination has taken the queue, in two slots of which one is always whole.

use std::io;

use crate::files::{File, Files};

/// The file's name.
pub(crate) const NAME: &str = "cursor";

/// Slots are in different pages, so that a torn page spoils one of them.
const APART: u64 = 4096;
/// Number, generation, CRC-32C of both.
const SLOT: usize = 20;

/// The number of the last request that is done, kept on disk.
pub(crate) struct Cursor {
    file: Box<dyn File>,
    done: u64,
    generation: u64,
    /// Whether something was written that is not synced yet.
    dirty: bool,
}

impl Cursor {
    /// Opens the cursor, or begins one; whether both slots cannot be read is told besides.
    pub(crate) fn open(files: &dyn Files, exists: bool) -> io::Result<(Self, bool)> {
        if !exists {
            let mut file = files.create(NAME)?;
            let slot = encode(0, 0);
            file.write(0, &slot)?;
            file.write(APART, &slot)?;
            file.sync()?;
            files.sync()?;
            let cursor = Self { file, done: 0, generation: 0, dirty: false };
            return Ok((cursor, false));
        }
        let mut file = files.open(NAME)?;
        // after `kill -9` what is read may not be on disk yet
        file.sync()?;
        let slots = [0, APART].map(|at| file.read(at, SLOT).ok().and_then(|it| decode(&it)));
        let newest = slots.into_iter().flatten().max_by_key(|(_, generation)| *generation);
        let (done, generation) = newest.unwrap_or_default();
        if file.length()? < APART + SLOT as u64 {
            // a beginning that was cut short: from here on no write needs room on the disk
            file.write(APART, &encode(done, generation))?;
            file.sync()?;
        }
        let cursor = Self { file, done, generation, dirty: false };
        Ok((cursor, newest.is_none()))
    }

    /// Returns the last number that is done.
    pub(crate) fn done(&self) -> u64 {
        self.done
    }

    /// Notes that everything up to a number is done. Survives `kill -9` when it succeeds, and a
    /// power cut after [`Cursor::sync`].
    pub(crate) fn advance(&mut self, done: u64) -> io::Result<()> {
        self.done = done;
        self.dirty = true;
        self.write()
    }

    /// Writes into the slot that does not hold what is durable.
    fn write(&mut self) -> io::Result<()> {
        let generation = self.generation + 1;
        self.file.write((generation % 2) * APART, &encode(self.done, generation))
    }

    /// Makes what was noted survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.dirty {
            // once more, since an earlier write or sync may have failed
            self.write()?;
            self.file.sync()?;
            self.generation += 1;
            self.dirty = false;
        }
        Ok(())
    }
}

fn encode(done: u64, generation: u64) -> Vec<u8> {
    let mut slot = [done.to_le_bytes(), generation.to_le_bytes()].concat();
    let sum = crc32c::crc32c(&slot);
    slot.extend_from_slice(&sum.to_le_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<(u64, u64)> {
    let (done, rest) = slot.split_first_chunk::<8>()?;
    let (generation, rest) = rest.split_first_chunk::<8>()?;
    let sum = rest.first_chunk::<4>()?;
    (crc32c::crc32c(slot.get(..16)?) == u32::from_le_bytes(*sum))
        .then(|| (u64::from_le_bytes(*done), u64::from_le_bytes(*generation)))
}

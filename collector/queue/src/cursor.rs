//! Up to where the destination has taken the queue, in two slots of which one is always whole.
//!
//! Every record says it too, so that an append needs no second sync; the file is for times in
//! which nothing comes.

use std::io::{self, IoSlice};

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
    /// Up to where it survives `kill -9`.
    noted: u64,
    /// Up to where it survives a power cut.
    durable: u64,
    generation: u64,
}

impl Cursor {
    /// Opens the cursor, or begins one; whether both slots cannot be read is told besides.
    pub(crate) fn open(files: &dyn Files, exists: bool) -> io::Result<(Self, bool)> {
        if !exists {
            let mut file = files.create(NAME)?;
            let slot = encode(0, 0);
            file.write(0, &mut [IoSlice::new(&slot)])?;
            file.write(APART, &mut [IoSlice::new(&slot)])?;
            file.sync()?;
            files.sync()?;
            return Ok((Self { file, done: 0, noted: 0, durable: 0, generation: 0 }, false));
        }
        let mut file = files.open(NAME)?;
        // after `kill -9` what is read may not be on disk yet
        file.sync()?;
        let slots = [0, APART].map(|at| file.read(at, SLOT).ok().and_then(|it| decode(&it)));
        let newest = slots.into_iter().flatten().max_by_key(|(_, generation)| *generation);
        let (done, generation) = newest.unwrap_or_default();
        if file.length()? < APART + SLOT as u64 {
            // a beginning that was cut short: from here on no write needs room on the disk
            file.write(APART, &mut [IoSlice::new(&encode(done, generation))])?;
            file.sync()?;
        }
        let cursor = Self { file, done, noted: done, durable: done, generation };
        Ok((cursor, newest.is_none()))
    }

    /// Returns the last number that is done.
    pub(crate) fn done(&self) -> u64 {
        self.done
    }

    /// Returns the last number that is done even after a power cut.
    pub(crate) fn durable(&self) -> u64 {
        self.durable
    }

    /// Moves on, in memory.
    pub(crate) fn advance(&mut self, done: u64) {
        self.done = self.done.max(done);
    }

    /// Notes that a record that is synced says that everything up to a number is done.
    pub(crate) fn stamped(&mut self, done: u64) {
        self.done = self.done.max(done);
        self.noted = self.noted.max(done);
        self.durable = self.durable.max(done);
    }

    /// Makes it survive `kill -9`.
    pub(crate) fn note(&mut self) -> io::Result<()> {
        if self.noted < self.done {
            self.write()?;
            self.noted = self.done;
        }
        Ok(())
    }

    /// Makes it survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.durable < self.done {
            // once more, since an earlier write or sync may have failed
            self.write()?;
            self.file.sync()?;
            self.generation += 1;
            self.noted = self.done;
            self.durable = self.done;
        }
        Ok(())
    }

    /// Writes into the slot that does not hold what was synced.
    fn write(&mut self) -> io::Result<()> {
        let generation = self.generation + 1;
        let slot = encode(self.done, generation);
        self.file.write((generation % 2) * APART, &mut [IoSlice::new(&slot)])
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

//! A file system in memory that is as unkind as a real one may be. Until a file is synced, a
//! crash keeps any of its written pages, in any order, and tears one; until the folder is
//! synced, a crash keeps any of the changes of names. A sync that fails forgets what it was
//! asked to keep (as Linux does), although it can still be read.

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};

use super::Seeded;
use crate::files::{File, Files};

/// What may be lost as a whole.
const PAGE: usize = 512;

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Cut(u64),
}

#[derive(Clone, Debug, Default)]
struct Inode {
    durable: Vec<u8>,
    seen: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Naming {
    Link(String, usize),
    Rename(String, String),
    Remove(String),
}

#[derive(Debug)]
struct State {
    inodes: Vec<Inode>,
    durable: BTreeMap<String, usize>,
    seen: BTreeMap<String, usize>,
    pending: Vec<Naming>,
    random: Seeded,
    /// How many calls go well before the power is cut; in the middle of a write, perhaps.
    calls_left: Option<u64>,
    crashed: bool,
    /// How many more bytes there is room for.
    room: Option<u64>,
    /// One in so many syncs fails.
    sync_fails: Option<u64>,
    pub(super) syncs: u64,
}

/// The disk; clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Mutex<State>>);

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(at, data) => {
            let at = usize::try_from(*at).unwrap();
            if bytes.len() < at + data.len() {
                bytes.resize(at + data.len(), 0);
            }
            bytes[at..at + data.len()].copy_from_slice(data);
        }
        Change::Cut(length) => bytes.truncate(usize::try_from(*length).unwrap()),
    }
}

fn rename(names: &mut BTreeMap<String, usize>, change: &Naming) {
    match change {
        Naming::Link(name, inode) => drop(names.insert(name.clone(), *inode)),
        Naming::Rename(from, to) => {
            if let Some(inode) = names.remove(from) {
                names.insert(to.clone(), inode);
            }
        }
        Naming::Remove(name) => drop(names.remove(name)),
    }
}

/// Splits a write into the parts that reach the disk one by one.
fn pages(change: &Change) -> Vec<Change> {
    let Change::Write(at, data) = change else { return vec![change.clone()] };
    let (mut parts, mut at, mut rest) = (Vec::new(), *at, data.as_slice());
    while !rest.is_empty() {
        let room = PAGE - usize::try_from(at).unwrap() % PAGE;
        let (part, more) = rest.split_at(room.min(rest.len()));
        parts.push(Change::Write(at, part.to_vec()));
        at += part.len() as u64;
        rest = more;
    }
    parts
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            inodes: Vec::new(),
            durable: BTreeMap::new(),
            seen: BTreeMap::new(),
            pending: Vec::new(),
            random: Seeded(seed),
            calls_left: None,
            crashed: false,
            room: None,
            sync_fails: None,
            syncs: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Cuts the power after so many more calls.
    pub(super) fn crash_after(&self, calls: u64) {
        self.lock().calls_left = Some(calls);
    }

    pub(super) fn has_crashed(&self) -> bool {
        self.lock().crashed
    }

    pub(super) fn set_room(&self, bytes: Option<u64>) {
        self.lock().room = bytes;
    }

    pub(super) fn set_sync_fails(&self, one_in: Option<u64>) {
        self.lock().sync_fails = one_in;
    }

    pub(super) fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.lock().seen.keys().cloned().collect()
    }

    /// Flips bits of a byte of a file, on disk and in what is read.
    pub(super) fn spoil(&self, name: &str, at: usize) {
        let mut state = self.lock();
        let inode = state.seen[name];
        let inode = &mut state.inodes[inode];
        inode.seen[at] ^= 0x55;
        inode.durable[at] ^= 0x55;
    }

    /// Cuts the power now and returns the disk as it is found after that. Of what was not
    /// synced nothing is left, or any part of it.
    pub(super) fn cut_power(&self, nothing_left: bool) -> Self {
        let mut state = self.lock();
        state.crashed = true;
        let mut random = state.random.clone();
        let kind = if nothing_left { 0 } else { random.below(4) };
        let mut keep = move || match kind {
            0 => false,
            1 => true,
            _ => random.one_in(2),
        };
        let mut names = state.durable.clone();
        for change in &state.pending {
            if keep() {
                rename(&mut names, change);
            }
        }
        let mut inodes = Vec::new();
        for inode in &state.inodes {
            let mut bytes = inode.durable.clone();
            for change in inode.pending.iter().flat_map(pages) {
                match change {
                    _ if !keep() => {}
                    // a torn page
                    Change::Write(at, data) if kind == 3 && keep() && keep() => {
                        apply(&mut bytes, &Change::Write(at, data[..data.len() / 2].to_vec()));
                    }
                    change => apply(&mut bytes, &change),
                }
            }
            inodes.push(Inode { seen: bytes.clone(), durable: bytes, pending: Vec::new() });
        }
        let after = Self::new(state.random.0.wrapping_add(1));
        let mut new = after.lock();
        new.inodes = inodes;
        new.seen = names.clone();
        new.durable = names;
        drop(new);
        after
    }
}

impl State {
    fn call(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.calls_left {
            self.crashed |= *left == 0;
            *left = left.saturating_sub(1);
        }
        if self.crashed { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<bool> {
        self.call()?;
        self.syncs += 1;
        let fails = self.sync_fails.is_some_and(|it| self.random.one_in(it));
        Ok(!fails)
    }
}

impl Files for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.lock().call()?;
        Ok(self.names())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut state = self.lock();
        state.call()?;
        if let Some(inode) = state.seen.get(name).copied() {
            state.inodes[inode].seen.clear();
            state.inodes[inode].pending.push(Change::Cut(0));
            return Ok(Box::new(Open { disk: self.clone(), inode }));
        }
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.seen.insert(name.to_owned(), inode);
        state.pending.push(Naming::Link(name.to_owned(), inode));
        Ok(Box::new(Open { disk: self.clone(), inode }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut state = self.lock();
        state.call()?;
        let inode = *state.seen.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Open { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let change = Naming::Rename(from.to_owned(), to.to_owned());
        let mut state = self.lock();
        state.call()?;
        rename(&mut state.seen, &change);
        state.pending.push(change);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        state.seen.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.pending.push(Naming::Remove(name.to_owned()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        if !state.sync()? {
            // unlike data, names stay to be written
            return Err(io::Error::other("input/output error"));
        }
        state.durable = state.seen.clone();
        state.pending.clear();
        Ok(())
    }
}

/// An open file.
struct Open {
    disk: Disk,
    inode: usize,
}

impl File for Open {
    fn length(&self) -> io::Result<u64> {
        let mut state = self.disk.lock();
        state.call()?;
        Ok(state.inodes[self.inode].seen.len() as u64)
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut state = self.disk.lock();
        state.call()?;
        let bytes = state.inodes[self.inode].seen.iter();
        Ok(bytes.skip(usize::try_from(offset).unwrap()).take(length).copied().collect())
    }

    fn write(&mut self, offset: u64, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let bytes = parts.iter().flat_map(|it| it.iter().copied()).collect::<Vec<u8>>();
        let mut state = self.disk.lock();
        let called = state.call();
        let mut take = bytes.len();
        if called.is_err() {
            take = usize::try_from(state.random.below(bytes.len() as u64 + 1)).unwrap();
        }
        let growth =
            (offset + take as u64).saturating_sub(state.inodes[self.inode].seen.len() as u64);
        let room = state.room.unwrap_or(u64::MAX);
        let full = growth > room;
        if full {
            take = take.saturating_sub(usize::try_from(growth - room).unwrap());
        }
        if let Some(left) = &mut state.room {
            *left -= growth.min(room);
        }
        let change = Change::Write(offset, bytes[..take].to_vec());
        let inode = &mut state.inodes[self.inode];
        apply(&mut inode.seen, &change);
        inode.pending.push(change);
        called?;
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.call()?;
        let inode = &mut state.inodes[self.inode];
        let freed = (inode.seen.len() as u64).saturating_sub(length);
        apply(&mut inode.seen, &Change::Cut(length));
        inode.pending.push(Change::Cut(length));
        if let Some(room) = &mut state.room {
            *room += freed;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let works = state.sync()?;
        let inode = &mut state.inodes[self.inode];
        let pending = std::mem::take(&mut inode.pending);
        if !works {
            return Err(io::Error::other("input/output error"));
        }
        for change in pending {
            apply(&mut inode.durable, &change);
        }
        Ok(())
    }
}

//! A disk in memory that a power cut leaves with nothing but what was synced, that has as little
//! room as a test wants, and whose syncs wait when told to.

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bellwether_queue::{Disk, File, Files};

/// The disk; clones are the same one. Folders are told apart by their last name.
#[derive(Clone, Default)]
pub struct Forgetful(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    let_go: Condvar,
}

#[derive(Default)]
struct State {
    folders: BTreeMap<String, Names>,
    inodes: Vec<Inode>,
    off: bool,
    room: Option<usize>,
    refused: u64,
    /// In which folder syncs wait.
    held: Option<String>,
    waiting: usize,
}

#[derive(Default)]
struct Names {
    seen: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
}

#[derive(Clone, Default)]
struct Inode {
    seen: Vec<u8>,
    durable: Vec<u8>,
}

impl Forgetful {
    fn lock(&self) -> MutexGuard<'_, State> {
        // every change is whole before anything that could panic
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power: every further call fails. Returns the disk as it is found after that, with
    /// room for anything.
    #[must_use]
    pub fn cut_power(&self) -> Self {
        let mut state = self.lock();
        state.off = true;
        let mut after = State::default();
        for (folder, names) in &state.folders {
            let durable = names.durable.clone();
            after.folders.insert(folder.clone(), Names { seen: durable.clone(), durable });
        }
        let inode = |it: &Inode| Inode { seen: it.durable.clone(), durable: it.durable.clone() };
        after.inodes = state.inodes.iter().map(inode).collect();
        self.0.let_go.notify_all();
        Self(Arc::new(Shared { state: Mutex::new(after), let_go: Condvar::new() }))
    }

    /// Leaves room for so many bytes beside what is there, or for anything.
    pub fn set_room(&self, bytes: Option<usize>) {
        self.lock().room = bytes;
    }

    /// Returns how many writes found no room.
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// Lets syncs of files wait, in the folder with this last name.
    pub fn hold(&self, folder: &str) {
        self.lock().held = Some(folder.to_owned());
    }

    /// Lets go of the syncs that wait.
    pub fn release(&self) {
        self.lock().held = None;
        self.0.let_go.notify_all();
    }

    /// Returns how many syncs wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }
}

impl State {
    fn call(&self) -> io::Result<()> {
        if self.off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn inode(&mut self, number: usize) -> io::Result<&mut Inode> {
        self.call()?;
        self.inodes.get_mut(number).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn names(&mut self, folder: &str) -> io::Result<&mut Names> {
        self.call()?;
        self.folders.get_mut(folder).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Gives back the room of a file that nobody can reach any more.
    fn free(&mut self, number: usize) {
        let size = self.inodes.get(number).map_or(0, |it| it.seen.len());
        if let Some(room) = &mut self.room {
            *room += size;
        }
    }
}

impl Disk for Forgetful {
    fn folder(&self, path: &Path) -> io::Result<Box<dyn Files>> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut state = self.lock();
        state.call()?;
        state.folders.entry(name.clone()).or_default();
        Ok(Box::new(Folder { disk: self.clone(), name }))
    }
}

struct Folder {
    disk: Forgetful,
    name: String,
}

impl Folder {
    fn open_inode(&self, inode: usize) -> Box<dyn File> {
        Box::new(Open { disk: self.disk.clone(), folder: self.name.clone(), inode })
    }
}

impl Files for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.disk.lock().names(&self.name)?.seen.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut state = self.disk.lock();
        let inode = state.inodes.len();
        if let Some(before) = state.names(&self.name)?.seen.insert(name.to_owned(), inode) {
            state.free(before);
        }
        state.inodes.push(Inode::default());
        Ok(self.open_inode(inode))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let found = self.disk.lock().names(&self.name)?.seen.get(name).copied();
        Ok(self.open_inode(found.ok_or(io::ErrorKind::NotFound)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.disk.lock();
        let names = &mut state.names(&self.name)?.seen;
        let inode = names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.disk.lock();
        let inode = state.names(&self.name)?.seen.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.free(inode);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let names = state.names(&self.name)?;
        names.durable = names.seen.clone();
        Ok(())
    }
}

struct Open {
    disk: Forgetful,
    folder: String,
    inode: usize,
}

impl File for Open {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.lock().inode(self.inode)?.seen.len() as u64)
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut state = self.disk.lock();
        Ok(state.inode(self.inode)?.seen.iter().skip(offset).take(length).copied().collect())
    }

    fn write(&mut self, offset: u64, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut bytes: Vec<u8> = parts.iter().flat_map(|it| it.iter().copied()).collect();
        let mut state = self.disk.lock();
        let room = state.room.unwrap_or(usize::MAX);
        let seen = &mut state.inode(self.inode)?.seen;
        let end = (offset + bytes.len()).min(seen.len().saturating_add(room));
        // a part is written, as on a real disk
        let full = end < offset + bytes.len();
        bytes.truncate(end.saturating_sub(offset));
        let grown = end.saturating_sub(seen.len());
        if grown > 0 {
            seen.resize(end, 0);
        }
        if let Some(place) = seen.get_mut(offset..offset + bytes.len()) {
            place.copy_from_slice(&bytes);
        }
        if let Some(room) = &mut state.room {
            *room -= grown;
        }
        state.refused += u64::from(full);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let mut state = self.disk.lock();
        let seen = &mut state.inode(self.inode)?.seen;
        let freed = seen.len().saturating_sub(length);
        seen.truncate(length);
        if let Some(room) = &mut state.room {
            *room += freed;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.waiting += 1;
        while state.held.as_ref() == Some(&self.folder) && !state.off {
            state = self.disk.0.let_go.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting -= 1;
        let inode = state.inode(self.inode)?;
        inode.durable = inode.seen.clone();
        Ok(())
    }
}

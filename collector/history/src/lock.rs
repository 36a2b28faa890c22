//! One folder, one collector: two writers would each believe in a state that the other changes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::OpenError;

/// Holds a folder for this process; the system lets go of it when the process dies, however.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// How often a folder that is in use is asked for again, and the pause between: who has just
/// ended, or a process that it has just started, may hold it for a moment yet.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(100);

impl FolderLock {
    /// Takes the folder, when it is free within a second.
    pub(crate) async fn soon(folder: &Path) -> Result<Self, OpenError> {
        for _ in 1..TRIES {
            match Self::take(folder) {
                Err(OpenError::InUse { .. }) => tokio::time::sleep(BETWEEN).await,
                taken => return taken,
            }
        }
        Self::take(folder)
    }

    /// Makes the folder when it is missing, and takes it.
    fn take(folder: &Path) -> Result<Self, OpenError> {
        fs::create_dir_all(folder).map_err(|error| OpenError::io(folder, error))?;
        // a file beside the database: to close a database file gives up SQLite's own locks on it
        let path = folder.join("bellwether.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| OpenError::io(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { path: folder.to_owned(), pid: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::io(&path, error)),
        }
        note(&mut file).map_err(|error| OpenError::io(&path, error))?;
        Ok(Self { _file: file })
    }
}

/// Writes the number of this process, for the message that the next one gets.
fn note(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

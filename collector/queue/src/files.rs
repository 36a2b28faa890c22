//! The few things that a queue asks of a file system.

use std::fs;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Opens folders. The real one is [`RealDisk`]; tests have disks that fail.
pub trait Disk: Send + Sync {
    /// Opens a folder for one queue, and makes it if there is none.
    ///
    /// # Errors
    /// Fails when it cannot be made or written, or when another process uses it.
    fn folder(&self, path: &Path) -> io::Result<Box<dyn Files>>;
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn folder(&self, path: &Path) -> io::Result<Box<dyn Files>> {
        Ok(Box::new(Folder::open(path)?))
    }
}

/// A folder of files, used by one queue.
pub trait Files: Send {
    /// Returns the names of all files, in no order.
    ///
    /// # Errors
    /// Fails when the folder cannot be read.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes an empty file, or empties the one that is there.
    ///
    /// # Errors
    /// Fails when the system does.
    fn create(&self, name: &str) -> io::Result<Box<dyn File>>;

    /// Opens a file to read and write.
    ///
    /// # Errors
    /// Fails when there is none, or the system does.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>>;

    /// Renames a file, over another if there is one.
    ///
    /// # Errors
    /// Fails when the system does.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Fails when the system does.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes what was created, renamed and removed survive a power cut.
    ///
    /// # Errors
    /// Fails when the system does.
    fn sync(&self) -> io::Result<()>;

    /// Says whether so many bytes may be kept for later: others need room, too. Yes, unless the
    /// system says that little is free.
    fn can_spare(&self, _bytes: u64) -> bool {
        true
    }
}

/// An open file.
pub trait File: Send {
    /// Returns its length.
    ///
    /// # Errors
    /// Fails when the system does.
    fn length(&self) -> io::Result<u64>;

    /// Reads `length` bytes from `offset` on, or fewer when the file ends before.
    ///
    /// # Errors
    /// Fails when the system does.
    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>>;

    /// Writes all parts one behind the other, the first at `offset`.
    ///
    /// # Errors
    /// Fails when the system does, such as without room; a part may be written then.
    fn write(&mut self, offset: u64, parts: &mut [IoSlice<'_>]) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    /// Fails when the system does.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// Makes what was written survive a power cut (`fdatasync`). After a failure nobody knows
    /// what was written since the last success.
    ///
    /// # Errors
    /// Fails when the system does.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder of the real file system, locked for as long as it is used.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: fs::File,
}

/// A file is kept for later where at least so many times its size is free besides.
const AMPLE: u64 = 16;

/// The file whose lock says that a folder is in use. A killed process lets it go.
const LOCK: &str = "lock";

impl Folder {
    /// Opens a folder and makes it if there is none.
    ///
    /// # Errors
    /// Fails when it cannot be made or written, or when another process uses it.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        // the folder itself has to be there after a power cut
        for parent in path.ancestors().skip(1).take(2).filter(|it| !it.as_os_str().is_empty()) {
            fs::File::open(parent)?.sync_all()?;
        }
        let lock = fs::File::create(path.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another process uses it")
            }
            fs::TryLockError::Error(error) => error,
        })?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }
}

impl Files for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        // a name that is not text is none of ours
        Ok(names?.into_iter().filter_map(|it| it.into_string().ok()).collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut options = fs::OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        Ok(Box::new(Real::new(options.open(self.path.join(name))?)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let file = fs::OpenOptions::new().read(true).write(true).open(self.path.join(name))?;
        Ok(Box::new(Real::new(file)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        fs::File::open(&self.path)?.sync_all()
    }

    fn can_spare(&self, bytes: u64) -> bool {
        rustix::fs::statvfs(&self.path)
            .is_ok_and(|it| it.f_bavail.saturating_mul(it.f_frsize) >= bytes.saturating_mul(AMPLE))
    }
}

/// A file of the real file system.
struct Real {
    file: fs::File,
    /// Where the next write goes by itself: one behind the other needs no seek.
    position: u64,
}

impl Real {
    fn new(file: fs::File) -> Self {
        Self { file, position: 0 }
    }
}

impl File for Real {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut read = 0;
        while let Some(rest) = bytes.get_mut(read..).filter(|it| !it.is_empty()) {
            match self.file.read_at(rest, offset.saturating_add(read as u64)) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(read);
        Ok(bytes)
    }

    fn write(&mut self, offset: u64, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        if self.position != offset {
            self.file.seek(SeekFrom::Start(offset))?;
            self.position = offset;
        }
        // skips empty ones, after which an end could not be told from a failure
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            match self.file.write_vectored(parts) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.position += written as u64;
                    IoSlice::advance_slices(&mut parts, written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}

//! Why a history cannot be opened or used, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use bellwether_core::store::StoreError;
use sqlx::migrate::MigrateError;

/// Says why a history cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or a file in it cannot be made or written.
    #[error(
        "history: {} is not writable: give this user the right to write there, or name another folder for storage",
        path.display()
    )]
    NotWritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system or SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another collector holds the folder.
    #[error(
        "history: another collector{} uses {}: stop it, or name another folder for storage",
        pid.map_or_else(String::new, |pid| format!(" (process {pid})")),
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The other process, when it left its number.
        pid: Option<u32>,
    },
    /// The file is not a database, or a damaged one.
    #[error(
        "history: {} is not a SQLite database, or it is damaged: put a copy back, or move it away to begin with an empty history",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: sqlx::Error,
    },
    /// A newer version of the collector wrote the file.
    #[error(
        "history: {} has schema {found}, and this version knows up to {known}: run the newer version of bellwether that wrote it, or name another folder for storage",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema of the file.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// The file has a schema of the same number that this version did not write.
    #[error(
        "history: {} was made by another build whose schema {version} differs: run that build, or move the file away to begin with an empty history",
        path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The schema that differs.
        version: i64,
    },
    /// Something else went wrong.
    #[error("history: cannot open {}", path.display())]
    Other {
        /// The folder or file.
        path: PathBuf,
        /// What the system or SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, source: source.into() }
            }
            _ => Self::Other { path, source: source.into() },
        }
    }

    pub(crate) fn database(path: &Path, source: sqlx::Error) -> Self {
        const SQLITE_PERM: u32 = 3;
        const SQLITE_READONLY: u32 = 8;
        const SQLITE_CORRUPT: u32 = 11;
        const SQLITE_NOTADB: u32 = 26;
        let path = path.to_owned();
        match sqlite_code(&source) {
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged { path, source },
            Some(SQLITE_PERM | SQLITE_READONLY) => {
                Self::NotWritable { path, source: source.into() }
            }
            _ => Self::Other { path, source: source.into() },
        }
    }

    pub(crate) fn migration(path: &Path, known: i64, source: MigrateError) -> Self {
        match source {
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                Self::database(path, source)
            }
            MigrateError::VersionMissing(found) => {
                Self::Newer { path: path.to_owned(), found, known }
            }
            MigrateError::VersionMismatch(version) => {
                Self::Altered { path: path.to_owned(), version }
            }
            other => Self::Other { path: path.to_owned(), source: other.into() },
        }
    }
}

/// Returns SQLite's primary result code.
fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Turns a database's error into the store's, saying what was tried.
pub(crate) fn failed(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError { what, source: source.into() }
}

/// Turns a record that cannot be written as JSON into the database's kind of error.
pub(crate) fn unwritable(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(error.into())
}

/// Turns a record that cannot be read back into the database's kind of error.
pub(crate) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

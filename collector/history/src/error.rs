//! Why a history cannot be opened or used, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use bellwether_core::store::StoreError;

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
        "history: {place} has schema {found}, and this version knows up to {known}: run the newer version of bellwether that wrote it, or name another place for storage"
    )]
    Newer {
        /// The file or the database.
        place: String,
        /// The schema of the file.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// There is a schema of the same number that this version did not write.
    #[error(
        "history: {place} was made by another build whose schema {version} differs: run that build, or move it away to begin with an empty history"
    )]
    Altered {
        /// The file or the database.
        place: String,
        /// The schema that differs.
        version: i64,
    },
    /// The address of PostgreSQL is none.
    #[error(
        "history: what `storage.postgres` says is no address of PostgreSQL: it begins with postgres:// and names the user, the host and the database"
    )]
    Address,
    /// PostgreSQL does not answer.
    #[error("history: {place} cannot be reached: start it, or correct `storage.postgres`")]
    Unreachable {
        /// The database, without its password.
        place: String,
        /// What went wrong.
        #[source]
        source: sqlx::Error,
    },
    /// PostgreSQL answers, and refuses.
    #[error("history: {place} refuses: {advice}")]
    Refused {
        /// The database, without its password.
        place: String,
        /// What to do.
        advice: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// Another collector writes to the database.
    #[error(
        "history: another collector{} uses {place}: stop it, or give this one a database or a schema of its own",
        by.as_deref().map_or_else(String::new, |by| format!(" ({by})"))
    )]
    Taken {
        /// The database, without its password.
        place: String,
        /// Who, as far as PostgreSQL tells.
        by: Option<String>,
    },
    /// Something else went wrong.
    #[error("history: cannot open {place}")]
    Other {
        /// The folder, file or database.
        place: String,
        /// What the system or the database said.
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
            _ => Self::Other { place: path.display().to_string(), source: source.into() },
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
            _ => Self::Other { place: path.display().to_string(), source: source.into() },
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

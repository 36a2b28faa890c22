//! SQLite, in a file of the collector's own folder: connections, durability, schema.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use crate::error::OpenError;
use crate::schema;

/// The database's name in its folder.
const FILE: &str = "bellwether.db";

/// Reads run beside each other; more than a few only fight for the disk.
const READERS: u32 = 4;

/// Every schema there ever was, in order. One that was released never changes.
const MIGRATIONS: &[schema::Migration] = &[
    (1, "first", include_str!("../migrations/sqlite/0001_first.sql")),
    (2, "alert lives", include_str!("../migrations/sqlite/0002_alert_lives.sql")),
    (3, "money", include_str!("../migrations/sqlite/0003_money.sql")),
    (4, "retention", include_str!("../migrations/sqlite/0004_retention.sql")),
    (5, "audit", include_str!("../migrations/sqlite/0005_audit.sql")),
    (6, "rulings", include_str!("../migrations/sqlite/0006_rulings.sql")),
    (7, "periods", include_str!("../migrations/sqlite/0007_periods.sql")),
];

/// Opens the writing connection and the readers, with the newest schema.
pub(crate) async fn connect(folder: &Path) -> Result<(SqliteConnection, SqlitePool), OpenError> {
    let path = folder.join(FILE);
    let fails = |error| OpenError::database(&path, error);
    let base = SqliteConnectOptions::new().filename(&path).disable_statement_logging();
    let mut writer = base
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL would lose acknowledged facts when the power goes
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .map_err(fails)?;
    schema::migrate(&mut writer, MIGRATIONS).await.map_err(|error| match error {
        schema::Error::Database(error) => fails(error),
        schema::Error::Other(other) => other.at(&path.display().to_string()),
    })?;
    // SQLite opens a file that may only be read without a word, and fails at the first write
    let probe = sqlx::query("DELETE FROM outbox WHERE number < 0");
    probe.execute(&mut writer).await.map_err(fails)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .connect_with(base.read_only(true))
        .await
        .map_err(fails)?;
    Ok((writer, readers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_writer_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, _readers) = connect(folder.path()).await.unwrap();
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut writer).await.unwrap();
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut writer).await.unwrap();
        assert_eq!((mode.as_str(), synchronous), ("wal", 2), "2 is FULL");
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let (_writer, readers) = connect(folder.path()).await.unwrap();
        let error = sqlx::query("DELETE FROM outbox").execute(&readers).await.unwrap_err();
        assert!(error.to_string().contains("readonly"), "{error}");
    }
}

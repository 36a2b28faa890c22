//! Brings a database's schema up to date.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, MigrateError, MigrationType, Migrator};

use crate::error::OpenError;

/// The number, the name and the statements of a step. One that was released never changes.
pub(crate) type Migration = (i64, &'static str, &'static str);

/// Why a schema could not be brought up to date.
pub(crate) enum Error {
    /// The database said so.
    Database(sqlx::Error),
    /// The schema is not one that this version can go on from.
    Other(Unfit),
}

/// A schema that is not one that this version can go on from.
pub(crate) struct Unfit {
    error: MigrateError,
    known: i64,
}

impl Unfit {
    /// Says so of a place.
    pub(crate) fn at(self, place: &str) -> OpenError {
        let (place, known) = (place.to_owned(), self.known);
        match self.error {
            MigrateError::VersionMissing(found) => OpenError::Newer { place, found, known },
            MigrateError::VersionMismatch(version) => OpenError::Altered { place, version },
            other => OpenError::Other { place, source: other.into() },
        }
    }
}

/// Runs the steps that are still to be done.
pub(crate) async fn migrate(
    conn: &mut impl Migrate,
    migrations: &[Migration],
) -> Result<(), Error> {
    let known = migrations.iter().map(|(version, ..)| *version).max().unwrap_or_default();
    let steps: Vec<_> = migrations
        .iter()
        .map(|&(version, name, sql)| {
            let (kind, sql) = (MigrationType::Simple, sql.into_sql_str());
            sqlx::migrate::Migration::new(version, name.into(), kind, sql, false)
        })
        .collect();
    let done = Migrator::with_migrations(steps).run_direct(None, conn, false).await;
    done.map_err(|error| match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
            Error::Database(source)
        }
        error => Error::Other(Unfit { error, known }),
    })
}

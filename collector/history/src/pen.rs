//! Writes transactions whole, or says that they were not written.

use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgSeverity};
use sqlx::{Connection, SqliteConnection};
use tokio::time::{Instant, sleep, timeout};

use crate::postgres::Link;
use crate::sql::{Session, Statement};
use crate::writer::Write;

/// How long a transaction may take before its connection counts as broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between attempts to reach a database that is away. In between, writes fail at
/// once, so that nobody waits for it each time.
const PAUSE: Duration = Duration::from_secs(1);

/// The one connection that writes.
#[derive(Debug)]
pub(crate) enum Pen {
    Sqlite(SqliteConnection),
    Postgres(Box<Away>),
}

/// PostgreSQL, which may be away.
#[derive(Debug)]
pub(crate) struct Away {
    link: Link,
    /// Since when it is away, why, and when it is tried again.
    away: Option<(String, Instant)>,
}

impl Pen {
    pub(crate) fn postgres(link: Link) -> Self {
        Self::Postgres(Box::new(Away { link, away: None }))
    }

    /// Writes all or nothing, and returns how many records went with each.
    pub(crate) async fn write(
        &mut self,
        writes: &[&Write],
        closing: impl Fn() -> bool,
    ) -> sqlx::Result<Vec<u64>> {
        match self {
            Self::Sqlite(conn) => write_here(conn, writes).await,
            Self::Postgres(away) => away.write(writes, closing).await,
        }
    }

    /// Closes the connection in order.
    pub(crate) async fn close(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(conn) => conn.close().await,
            Self::Postgres(away) => away.link.close().await,
        }
    }
}

/// Writes a transaction into SQLite. Not with a transaction of sqlx's: when the disk is full, SQLite
/// undoes it by itself, and sqlx would take it for open for good.
async fn write_here(conn: &mut SqliteConnection, writes: &[&Write]) -> sqlx::Result<Vec<u64>> {
    // IMMEDIATE: a foreign writer (a backup, a shell) is met here, not half-way
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *conn).await?;
    let written = async {
        let counts = apply(&mut Session::Sqlite(&mut *conn), writes).await?;
        sqlx::raw_sql("COMMIT").execute(&mut *conn).await?;
        Ok(counts)
    };
    let written = written.await;
    if written.is_err()
        && let Err(error) = sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await
    {
        tracing::debug!(%error, "SQLite has undone a transaction already");
    }
    written
}

async fn apply(session: &mut Session<'_>, writes: &[&Write]) -> sqlx::Result<Vec<u64>> {
    let mut counts = Vec::with_capacity(writes.len());
    for write in writes {
        counts.push(write.apply(session).await?);
    }
    #[cfg(test)]
    crate::sql::kill::here();
    Ok(counts)
}

/// How a transaction failed.
enum Failed {
    /// It was not written.
    Unwritten(sqlx::Error),
    /// The connection broke while it was being committed: nobody knows.
    Unknown(sqlx::Error),
}

impl Away {
    async fn write(
        &mut self,
        writes: &[&Write],
        closing: impl Fn() -> bool,
    ) -> sqlx::Result<Vec<u64>> {
        if let Some((why, until)) = &self.away
            && Instant::now() < *until
        {
            return Err(sqlx::Error::Io(std::io::Error::other(why.clone())));
        }
        if let Err(error) = self.link.connection().await {
            return Err(self.is_away(error));
        }
        let number = self.link.number() + 1;
        match self.attempt(writes, number).await {
            Ok(counts) => {
                self.away = None;
                self.link.written(number);
                Ok(counts)
            }
            Err(Failed::Unwritten(error)) if is_broken(&error) => Err(self.is_away(error)),
            Err(Failed::Unwritten(error)) => Err(error),
            Err(Failed::Unknown(error)) => {
                self.link.broke();
                // what is tried again would be there twice, if it was written after all
                tracing::warn!(%error, "the connection broke during a commit; looking whether it was written");
                while self.link.connection().await.is_err() {
                    if closing() {
                        return Err(error);
                    }
                    sleep(PAUSE).await;
                }
                let is_written = self.link.number() == number;
                if is_written { Ok(vec![0; writes.len()]) } else { Err(error) }
            }
        }
    }

    fn is_away(&mut self, error: sqlx::Error) -> sqlx::Error {
        self.link.broke();
        self.away = Some((error.to_string(), Instant::now() + PAUSE));
        error
    }

    async fn attempt(&mut self, writes: &[&Write], number: i64) -> Result<Vec<u64>, Failed> {
        let conn = self.link.connection().await.map_err(Failed::Unwritten)?;
        let begun = timeout(PATIENCE, async {
            let mut transaction = conn.begin().await?;
            let session = &mut Session::Postgres(&mut transaction);
            let counts = apply(session, writes).await?;
            let note = Statement::new("UPDATE writer SET number = $1 WHERE id = 1").bind(number);
            session.run(note).await?;
            Ok((transaction, counts))
        });
        let (transaction, counts) =
            begun.await.unwrap_or_else(|_| Err(late())).map_err(Failed::Unwritten)?;
        match timeout(PATIENCE, transaction.commit()).await.unwrap_or_else(|_| Err(late())) {
            Ok(()) => Ok(counts),
            Err(error) if is_broken(&error) => Err(Failed::Unknown(error)),
            Err(error) => Err(Failed::Unwritten(error)),
        }
    }
}

fn late() -> sqlx::Error {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within 10 s").into()
}

/// Says whether the connection is of no use after this error. Where the server refused a
/// statement and nothing more, it is.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error
            .try_downcast_ref::<PgDatabaseError>()
            .is_none_or(|error| error.severity() != PgSeverity::Error),
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use bellwether_core::access::{AuditEntry, Outcome, Role};
    use bellwether_core::time::Timestamp;

    use super::*;
    use crate::sqlite;

    /// An entry of about 20 kB.
    fn entry() -> Write {
        Write::Audit(Box::new(AuditEntry {
            id: "act-1".to_owned(),
            at: Timestamp::from_secs(1),
            by: "alice".to_owned(),
            role: Role::Operator,
            from: "127.0.0.1".to_owned(),
            act: "POST /api/v1/silences".to_owned(),
            about: "/api/v1/silences".to_owned(),
            body: "x".repeat(20_000),
            outcome: Outcome::Done,
            why: None,
        }))
    }

    /// Lets the database have so many pages more, as a disk does that fills and is made room on.
    async fn room(pen: &mut Pen, pages: i64) {
        let Pen::Sqlite(conn) = pen else { unreachable!("this is SQLite") };
        let has: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *conn).await.unwrap();
        let limit = format!("PRAGMA max_page_count = {}", has + pages);
        sqlx::raw_sql(sqlx::AssertSqlSafe(limit)).execute(conn).await.unwrap();
    }

    #[tokio::test]
    async fn it_goes_on_when_a_full_disk_has_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let (conn, _readers) = sqlite::connect(folder.path()).await.unwrap();
        let mut pen = Pen::Sqlite(conn);
        room(&mut pen, 2).await;
        for _ in 0..3 {
            let error = pen.write(&[&entry()], || false).await.unwrap_err();
            assert!(error.to_string().contains("full"), "{error}");
        }
        room(&mut pen, 100).await;
        pen.write(&[&entry()], || false).await.unwrap();
        pen.close().await.unwrap();
    }
}

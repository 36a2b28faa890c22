//! The connections that read. They never wait for the writer.

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::sql::{Row, Session, Statement};

/// Connections that read.
#[derive(Clone, Debug)]
pub(crate) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Readers {
    /// Asks for rows.
    pub(crate) async fn rows(&self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        match self {
            Self::Sqlite(pool) => {
                Session::Sqlite(&mut *pool.acquire().await?).rows(statement).await
            }
            Self::Postgres(pool) => {
                Session::Postgres(&mut *pool.acquire().await?).rows(statement).await
            }
        }
    }

    /// Looks at everything as it is at this moment.
    pub(crate) async fn moment(&self) -> sqlx::Result<Moment> {
        match self {
            Self::Sqlite(pool) => pool.begin().await.map(Moment::Sqlite),
            Self::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                pool.begin_with(begin).await.map(Moment::Postgres)
            }
        }
    }

    /// Waits until nobody reads, and closes the connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A view of everything at one moment; dropped, it ends.
pub(crate) enum Moment {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Moment {
    pub(crate) fn session(&mut self) -> Session<'_> {
        match self {
            Self::Sqlite(transaction) => Session::Sqlite(transaction),
            Self::Postgres(transaction) => Session::Postgres(transaction),
        }
    }
}

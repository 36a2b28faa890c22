//! Statements that SQLite and PostgreSQL both understand, and what they answer.
//!
//! The text is the same for both: `$1` stands for the first value, and nothing is used that
//! only one of them has. What differs lies in `sqlite` and `postgres`.

use bellwether_core::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _, SqliteConnection};

/// A value that stands in a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A whole number, or nothing.
    Int(Option<i64>),
    /// A number.
    Real(f64),
    /// A text, or nothing.
    Text(Option<String>),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.nanos()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(Timestamp::nanos))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Some(value).into()
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        value.as_str().into()
    }
}

impl From<Option<&str>> for Value {
    /// A text of PostgreSQL cannot hold NUL: the sign for what cannot be shown stands in for
    /// it. Records as JSON keep it, since they write it out.
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(|text| text.replace('\0', "\u{fffd}")))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

/// A statement with its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Begins a statement.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// Gives the next value that the text names as `$1`, `$2` and so on.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds text.
    pub(crate) fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds `VALUES ($1, $2), ($3, $4)` with the values of rows.
    pub(crate) fn rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        for (at, row) in rows.into_iter().enumerate() {
            self.text.push_str(if at == 0 { "VALUES (" } else { "), (" });
            for (at, value) in row.into_iter().enumerate() {
                self.values.push(value);
                let comma = if at == 0 { "" } else { ", " };
                self.text.push_str(&format!("{comma}${}", self.values.len()));
            }
        }
        self.text.push(')');
        self
    }
}

/// Makes a query of a statement; the types of the two databases have nothing in common.
macro_rules! query {
    ($statement:expr) => {{
        let Statement { text, values } = $statement;
        values.into_iter().fold(sqlx::query(AssertSqlSafe(text)), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Real(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }};
}

/// A connection to one of the databases.
#[derive(Debug)]
pub(crate) enum Session<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Session<'_> {
    /// Runs a statement and returns how many rows it changed.
    pub(crate) async fn run(&mut self, statement: Statement) -> sqlx::Result<u64> {
        #[cfg(test)]
        kill::here();
        match self {
            Self::Sqlite(conn) => {
                query!(statement).execute(&mut **conn).await.map(|it| it.rows_affected())
            }
            Self::Postgres(conn) => {
                query!(statement).execute(&mut **conn).await.map(|it| it.rows_affected())
            }
        }
    }

    /// Runs a statement and returns the rows that it answers with.
    pub(crate) async fn rows(&mut self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        #[cfg(test)]
        kill::here();
        match self {
            Self::Sqlite(conn) => {
                let rows = query!(statement).fetch_all(&mut **conn).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(conn) => {
                let rows = query!(statement).fetch_all(&mut **conn).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// Returns the whole number in a column.
    pub(crate) fn int(&self, column: &str) -> sqlx::Result<i64> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the whole number in a column, absent where nothing is.
    pub(crate) fn maybe_int(&self, column: &str) -> sqlx::Result<Option<i64>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the number in a column.
    pub(crate) fn real(&self, column: &str) -> sqlx::Result<f64> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the text in a column, absent where nothing is.
    pub(crate) fn maybe_text(&self, column: &str) -> sqlx::Result<Option<String>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the text in a column.
    pub(crate) fn text(&self, column: &str) -> sqlx::Result<String> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the bytes in a column.
    pub(crate) fn bytes(&self, column: &str) -> sqlx::Result<Vec<u8>> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Returns the moment in a column.
    pub(crate) fn at(&self, column: &str) -> sqlx::Result<Timestamp> {
        self.int(column).map(Timestamp::from_nanos)
    }

    /// Returns the moment in a column, absent where nothing is.
    pub(crate) fn maybe_at(&self, column: &str) -> sqlx::Result<Option<Timestamp>> {
        Ok(self.maybe_int(column)?.map(Timestamp::from_nanos))
    }
}

/// Ends the process of a test between two statements, as `kill -9` would.
#[cfg(test)]
pub(crate) mod kill {
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Statements that may still begin.
    pub(crate) static LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

    pub(crate) fn here() {
        if LEFT.fetch_sub(1, Ordering::Relaxed) <= 0 {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_through() {
        let rows = [vec![1_i64.into(), "a".into()], vec![2_i64.into(), "b".into()]];
        let statement = Statement::new("INSERT INTO t (a, b) ").rows(rows).push(" RETURNING a");
        assert_eq!(statement.text, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) RETURNING a");
        assert_eq!(statement.values.len(), 4);
        let found = Statement::new("SELECT a FROM t WHERE a = $1 AND (a, b) IN (").bind(1_i64);
        let found = found.rows([vec![2_i64.into(), "b".into()]]).push(")");
        assert_eq!(found.text, "SELECT a FROM t WHERE a = $1 AND (a, b) IN (VALUES ($2, $3))");
    }

    #[test]
    fn what_postgresql_cannot_hold_is_replaced() {
        assert_eq!(Value::from("a\0b"), Value::Text(Some("a\u{fffd}b".to_owned())));
    }
}

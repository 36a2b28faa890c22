//! Writes one commit into the transaction that it is given.

use std::collections::BTreeMap;

use bellwether_core::alert::AlertKey;
use bellwether_core::store::{Commit, Snapshot};
use bellwether_core::time::Timestamp;
use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite, SqliteConnection};

use crate::error::unwritable;
use crate::outbox;
use crate::records::{Line, Record, labels};

/// Rows in one statement: far below what SQLite and PostgreSQL can bind, and enough that
/// more of them gain nothing.
pub(crate) const ROWS: usize = 200;

/// Writes everything that one step changed.
pub(crate) async fn commit(conn: &mut SqliteConnection, commit: &Commit) -> sqlx::Result<()> {
    put(conn, &commit.instances).await?;
    put(conn, &commit.services).await?;
    put(conn, &commit.alerts).await?;
    forget_alerts(conn, &commit.forgotten).await?;
    put(conn, &commit.lives).await?;
    put(conn, &commit.components).await?;
    append(conn, &commit.transitions).await?;
    put(conn, &commit.incidents).await?;
    append(conn, &commit.losses).await?;
    put(conn, &commit.risks).await?;
    keep(conn, &commit.snapshots).await?;
    outbox::write(conn, &commit.notices).await
}

async fn forget_alerts(conn: &mut SqliteConnection, keys: &[AlertKey]) -> sqlx::Result<()> {
    for keys in keys.chunks(ROWS) {
        let labels = keys.iter().map(labels).collect::<sqlx::Result<Vec<_>>>()?;
        let mut query = QueryBuilder::<Sqlite>::new("DELETE FROM alerts WHERE (rule, labels) IN (");
        query.push_values(keys.iter().zip(labels), |mut values, (key, labels)| {
            values.push_bind(key.rule.as_str()).push_bind(labels);
        });
        query.push(")");
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Forgets instances that stopped or fell silent, and returns how many.
pub(crate) async fn forget_instances(
    conn: &mut SqliteConnection,
    before: Timestamp,
) -> sqlx::Result<u64> {
    let done = sqlx::query("DELETE FROM instances WHERE last_seen < $1 OR stopped < $1")
        .bind(before.nanos())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Writes the second into a number that SQLite keeps in its header for whoever wants it.
pub(crate) async fn prove(conn: &mut SqliteConnection, now: Timestamp) -> sqlx::Result<()> {
    let second = now.nanos().div_euclid(1_000_000_000).rem_euclid(i64::from(i32::MAX));
    let query = sqlx::query(AssertSqlSafe(format!("PRAGMA user_version = {second}")));
    query.execute(conn).await.map(drop)
}

/// Writes records over those of the same key; of two in one step the later one stays.
async fn put<R: Record>(conn: &mut SqliteConnection, records: &[R]) -> sqlx::Result<()> {
    // one statement must not meet a key twice: PostgreSQL refuses that
    let latest: BTreeMap<_, _> = records.iter().map(|record| (record.key(), record)).collect();
    let latest: Vec<&R> = latest.into_values().collect();
    for rows in latest.chunks(ROWS) {
        let mut bound = Ok(());
        let mut query = QueryBuilder::<Sqlite>::new(R::INSERT);
        query.push_values(with_json(rows)?, |mut values, (record, json)| {
            if bound.is_ok() {
                bound = record.bind(&mut values);
            }
            values.push_bind(json);
        });
        bound?;
        query.push(R::REPLACE);
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

async fn append<L: Line>(conn: &mut SqliteConnection, lines: &[L]) -> sqlx::Result<()> {
    for rows in lines.chunks(ROWS) {
        let mut query = QueryBuilder::<Sqlite>::new(L::INSERT);
        query.push_values(with_json(rows)?, |mut values, (line, json)| {
            line.bind(&mut values);
            values.push_bind(json);
        });
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

async fn keep(conn: &mut SqliteConnection, snapshots: &[Snapshot]) -> sqlx::Result<()> {
    for snapshot in snapshots {
        let query = match &snapshot.body {
            None => sqlx::query("DELETE FROM snapshots WHERE name = $1").bind(&snapshot.name),
            Some(body) => sqlx::query(
                "INSERT INTO snapshots (name, at, body) VALUES ($1, $2, $3) ON CONFLICT (name) \
                 DO UPDATE SET at = excluded.at, body = excluded.body",
            )
            .bind(&snapshot.name)
            .bind(snapshot.at.nanos())
            .bind(body),
        };
        query.execute(&mut *conn).await?;
    }
    Ok(())
}

fn with_json<R: serde::Serialize>(rows: &[R]) -> sqlx::Result<Vec<(&R, String)>> {
    rows.iter().map(|row| Ok((row, serde_json::to_string(row).map_err(unwritable)?))).collect()
}

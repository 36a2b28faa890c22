//! What became of an attempt to deliver a notice.
//!
//! A notice may be superseded while it is on its way. What the vendor took or refused is
//! then still true and is written; a wish to try again is not, for there is nothing left to
//! try. What is settled for good stays as it is, so that settling twice changes nothing.

use bellwether_core::store::{Attempt, Receipts};
use bellwether_core::time::Timestamp;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::error::unwritable;
use crate::write::ROWS;

/// Writes what became of an attempt.
pub(crate) async fn settle(
    conn: &mut SqliteConnection,
    number: i64,
    attempt: &Attempt,
    now: Timestamp,
) -> sqlx::Result<()> {
    match attempt {
        Attempt::Delivered { receipts } => {
            if let Some(key) = finish(conn, number, "delivered", None, now).await? {
                forget_deadline(conn, number, &key).await?;
                remember(conn, &key.0, receipts).await?;
            }
        }
        Attempt::Refused { why } => {
            if let Some(key) = finish(conn, number, "refused", Some(why), now).await? {
                forget_deadline(conn, number, &key).await?;
            }
        }
        Attempt::Postponed { until, why } => postpone(conn, number, *until, why).await?,
    }
    Ok(())
}

/// Ends a notice, and returns its destination and subject unless it had ended before.
async fn finish(
    conn: &mut SqliteConnection,
    number: i64,
    state: &'static str,
    why: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Option<(String, String)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "UPDATE outbox SET state = $2, why = $3, settled_at = $4 \
         WHERE number = $1 AND state IN ('waiting', 'superseded') RETURNING destination, subject",
    )
    .bind(number)
    .bind(state)
    .bind(why)
    .bind(now.nanos())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().next())
}

/// The destination was told, so that nothing is overdue any more; see hold.rs.
async fn forget_deadline(
    conn: &mut SqliteConnection,
    number: i64,
    (destination, subject): &(String, String),
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE outbox SET deadline = NULL WHERE destination = $1 AND subject = $2 \
         AND number > $3 AND state = 'waiting' AND unwell = 0",
    )
    .bind(destination)
    .bind(subject)
    .bind(number)
    .execute(conn)
    .await
    .map(drop)
}

async fn remember(
    conn: &mut SqliteConnection,
    destination: &str,
    receipts: &Receipts,
) -> sqlx::Result<()> {
    let rows = receipts
        .iter()
        .map(|(subject, value)| Ok((subject, serde_json::to_string(value).map_err(unwritable)?)))
        .collect::<sqlx::Result<Vec<_>>>()?;
    for rows in rows.chunks(ROWS) {
        let mut query =
            QueryBuilder::<Sqlite>::new("INSERT INTO receipts (destination, subject, value) ");
        query.push_values(rows, |mut values, (subject, value)| {
            values.push_bind(destination).push_bind(*subject).push_bind(value);
        });
        query.push(" ON CONFLICT (destination, subject) DO UPDATE SET value = excluded.value");
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

async fn postpone(
    conn: &mut SqliteConnection,
    number: i64,
    until: Timestamp,
    why: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE outbox SET attempts = attempts + 1, not_before = $2, why = $3 \
         WHERE number = $1 AND state = 'waiting'",
    )
    .bind(number)
    .bind(until.nanos())
    .bind(why)
    .execute(conn)
    .await
    .map(drop)
}

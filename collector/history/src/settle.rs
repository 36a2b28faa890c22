//! What became of an attempt to deliver a notice.
//!
//! A notice may be superseded or withdrawn while it is on its way. What the vendor took or refused is
//! then still true and is written; a wish to try again is not, for there is nothing left to
//! try. What is settled for good stays as it is, so that settling twice changes nothing.

use bellwether_core::store::{Attempt, Receipts};
use bellwether_core::time::Timestamp;

use crate::error::unwritable;
use crate::sql::{Session, Statement};
use crate::write::ROWS;

/// Writes what became of an attempt.
pub(crate) async fn settle(
    session: &mut Session<'_>,
    number: i64,
    attempt: &Attempt,
    now: Timestamp,
) -> sqlx::Result<()> {
    match attempt {
        Attempt::Delivered { receipts, but } => {
            if let Some(key) = finish(session, number, "delivered", but.as_deref(), now).await? {
                forget_deadline(session, number, &key).await?;
                remember(session, &key.0, receipts).await?;
            }
        }
        Attempt::Refused { why } => {
            if let Some(key) = finish(session, number, "refused", Some(why), now).await? {
                forget_deadline(session, number, &key).await?;
            }
        }
        Attempt::Postponed { until, why, receipts } => {
            if let Some(destination) = postpone(session, number, *until, why).await? {
                remember(session, &destination, receipts).await?;
            }
        }
    }
    Ok(())
}

/// Ends a notice, and returns its destination and subject unless it had ended before.
async fn finish(
    session: &mut Session<'_>,
    number: i64,
    state: &'static str,
    why: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Option<(String, String)>> {
    let statement = Statement::new(
        "UPDATE outbox SET state = $2, why = $3, settled_at = $4 \
         WHERE number = $1 AND state IN ('waiting', 'superseded', 'withdrawn') RETURNING destination, subject",
    );
    let rows = session.rows(statement.bind(number).bind(state).bind(why).bind(now)).await?;
    rows.first().map(|row| Ok((row.text("destination")?, row.text("subject")?))).transpose()
}

/// The destination was told, so that nothing is overdue any more; see hold.rs.
async fn forget_deadline(
    session: &mut Session<'_>,
    number: i64,
    (destination, subject): &(String, String),
) -> sqlx::Result<()> {
    let statement = Statement::new(
        "UPDATE outbox SET deadline = NULL WHERE destination = $1 AND subject = $2 \
         AND number > $3 AND state = 'waiting' AND unwell = 0",
    );
    let statement = statement.bind(destination.as_str()).bind(subject.as_str()).bind(number);
    session.run(statement).await.map(drop)
}

async fn remember(
    session: &mut Session<'_>,
    destination: &str,
    receipts: &Receipts,
) -> sqlx::Result<()> {
    let row = |(subject, value): (&String, &serde_json::Value)| {
        let value = serde_json::to_string(value).map_err(unwritable)?;
        Ok(vec![destination.into(), subject.as_str().into(), value.into()])
    };
    let rows = receipts.iter().map(row).collect::<sqlx::Result<Vec<_>>>()?;
    for rows in rows.chunks(ROWS) {
        let statement = Statement::new("INSERT INTO receipts (destination, subject, value) ")
            .rows(rows.iter().cloned())
            .push(" ON CONFLICT (destination, subject) DO UPDATE SET value = excluded.value");
        session.run(statement).await?;
    }
    Ok(())
}

/// Has a notice wait, and returns its destination unless it has ended.
async fn postpone(
    session: &mut Session<'_>,
    number: i64,
    until: Timestamp,
    why: &str,
) -> sqlx::Result<Option<String>> {
    let statement = Statement::new(
        "UPDATE outbox SET attempts = attempts + 1, not_before = $2, why = $3 \
         WHERE number = $1 AND state = 'waiting' RETURNING destination",
    );
    let rows = session.rows(statement.bind(number).bind(until).bind(why)).await?;
    rows.first().map(|row| row.text("destination")).transpose()
}

//! The messages that are owed, and what vendors answered.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::ids::Destination;
use bellwether_core::notice::{Notice, Owed};
use bellwether_core::store::{Addressed, Notification, Receipts, Withdrawal};
use bellwether_core::time::Timestamp;

use crate::error::{unreadable, unwritable};
use crate::readers::Readers;
use crate::sql::{Row, Session, Statement};
use crate::write::ROWS;
use bellwether_core::hold::Times;

/// What a notice is replaced by: a newer one to the same destination about the same subject.
type Key<'a> = (&'a str, &'a str);

/// A notice on its way into the outbox.
struct Entry<'a> {
    notice: &'a Notice,
    times: Times,
    body: String,
    /// Set when a later notice of the same step replaces it.
    superseded: bool,
}

/// Writes notices in order; one that is `newest_only` takes the place of what still waits.
pub(crate) async fn write(session: &mut Session<'_>, notices: &[Notice]) -> sqlx::Result<()> {
    let mut replaced = supersede(session, notices).await?;
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(notices.len());
    // the entries of this step that still wait, by key
    let mut waiting: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for notice in notices {
        let (destination, subject) = key(notice);
        let mut older = Vec::new();
        if notice.newest_only {
            let stored = replaced.remove(&(destination.to_owned(), subject.to_owned()));
            older.extend(stored.into_iter().flatten());
            for at in waiting.remove(&key(notice)).into_iter().flatten() {
                if let Some(entry) = entries.get_mut(at) {
                    entry.superseded = true;
                    older.push(entry.times);
                }
            }
        }
        waiting.entry(key(notice)).or_default().push(entries.len());
        entries.push(Entry {
            notice,
            times: Times::of(notice, &older),
            body: serde_json::to_string(&notice.body).map_err(unwritable)?,
            superseded: false,
        });
    }
    for rows in entries.chunks(ROWS) {
        insert(session, rows).await?;
    }
    Ok(())
}

/// Takes out of the queue what is not owed any more.
pub(crate) async fn withdraw(
    session: &mut Session<'_>,
    withdrawals: &[Withdrawal],
) -> sqlx::Result<()> {
    for Withdrawal { subject, destinations, at, why } in withdrawals {
        let destinations: Vec<_> = destinations.iter().collect();
        for some in destinations.chunks(ROWS) {
            let rows = some.iter().map(|it| vec![it.as_str().into()]);
            let statement = Statement::new(
                "UPDATE outbox SET state = 'withdrawn', settled_at = $1, why = $2 \
                 WHERE state = 'waiting' AND subject = $3 AND destination IN (",
            );
            let statement = statement.bind(*at).bind(why.as_str()).bind(subject.as_str());
            session.run(statement.rows(rows).push(")")).await?;
        }
    }
    Ok(())
}

fn key(notice: &Notice) -> Key<'_> {
    (notice.destination.as_str(), &notice.subject)
}

/// Takes out of the queue what `notices` replace, and returns the times of those by key.
async fn supersede(
    session: &mut Session<'_>,
    notices: &[Notice],
) -> sqlx::Result<BTreeMap<(String, String), Vec<Times>>> {
    let keys: BTreeSet<Key<'_>> = notices.iter().filter(|it| it.newest_only).map(key).collect();
    let keys: Vec<Key<'_>> = keys.into_iter().collect();
    let at = notices.iter().map(|it| it.at).max().unwrap_or_default();
    let mut replaced: BTreeMap<_, Vec<Times>> = BTreeMap::new();
    for keys in keys.chunks(ROWS) {
        let rows = keys.iter().map(|key| vec![key.0.into(), key.1.into()]);
        let statement = Statement::new(
            "UPDATE outbox SET state = 'superseded', settled_at = $1 \
             WHERE state = 'waiting' AND (destination, subject) IN (",
        )
        .bind(at)
        .rows(rows)
        .push(") RETURNING destination, subject, unwell, not_before, deadline");
        for row in session.rows(statement).await? {
            let times = Times {
                unwell: row.int("unwell")? != 0,
                not_before: row.at("not_before")?,
                deadline: row.maybe_at("deadline")?,
            };
            let key = (row.text("destination")?, row.text("subject")?);
            replaced.entry(key).or_default().push(times);
        }
    }
    Ok(replaced)
}

async fn insert(session: &mut Session<'_>, entries: &[Entry<'_>]) -> sqlx::Result<()> {
    let rows = entries.iter().map(|Entry { notice, times, body, superseded }| {
        vec![
            notice.destination.as_str().into(),
            notice.subject.as_str().into(),
            notice.newest_only.into(),
            times.unwell.into(),
            notice.at.into(),
            times.not_before.into(),
            times.deadline.into(),
            0_i64.into(),
            if *superseded { "superseded" } else { "waiting" }.into(),
            superseded.then_some(notice.at).into(),
            body.as_str().into(),
        ]
    });
    let statement = Statement::new(
        "INSERT INTO outbox (destination, subject, newest_only, unwell, at, not_before, \
         deadline, attempts, state, settled_at, body) ",
    );
    session.run(statement.rows(rows)).await.map(drop)
}

/// Reads what is owed to a destination: the oldest of each subject, when its time has come.
pub(crate) async fn due(
    readers: &Readers,
    destination: &Destination,
    now: Timestamp,
    limit: u32,
) -> sqlx::Result<Vec<Owed>> {
    let statement = Statement::new(
        "SELECT number, attempts, destination, subject, newest_only, at, not_before, body \
         FROM outbox WHERE number IN (SELECT MIN(number) FROM outbox \
             WHERE destination = $1 AND state = 'waiting' GROUP BY subject) \
         AND not_before <= $2 ORDER BY number LIMIT $3",
    );
    let statement = statement.bind(destination.as_str()).bind(now).bind(limit);
    readers.rows(statement).await?.iter().map(owed).collect()
}

fn owed(row: &Row) -> sqlx::Result<Owed> {
    Ok(Owed {
        number: row.int("number")?,
        attempts: u32::try_from(row.int("attempts")?).unwrap_or(u32::MAX),
        notice: Notice {
            destination: row.text("destination")?.into(),
            subject: row.text("subject")?,
            newest_only: row.int("newest_only")? != 0,
            at: row.at("at")?,
            not_before: row.at("not_before")?,
            body: serde_json::from_str(&row.text("body")?).map_err(unreadable)?,
        },
    })
}

/// Reads the newest messages and what became of them, newest first.
pub(crate) async fn newest(
    readers: &Readers,
    of: &Addressed,
    limit: u32,
) -> sqlx::Result<Vec<Notification>> {
    let statement = Statement::new(
        "SELECT number, attempts, destination, subject, newest_only, at, not_before, body, state, \
         why, settled_at FROM outbox",
    );
    let destination = of.destination.as_ref().map(Destination::as_str);
    let statement = match (of.subject.as_deref(), destination) {
        (None, None) => statement.push(" ORDER BY number DESC LIMIT $1"),
        (Some(one), None) => {
            statement.push(" WHERE subject = $1 ORDER BY number DESC LIMIT $2").bind(one)
        }
        (None, Some(one)) => {
            statement.push(" WHERE destination = $1 ORDER BY number DESC LIMIT $2").bind(one)
        }
        (Some(subject), Some(to)) => statement
            .push(" WHERE subject = $1 AND destination = $2 ORDER BY number DESC LIMIT $3")
            .bind(subject)
            .bind(to),
    };
    readers.rows(statement.bind(limit)).await?.iter().map(notification).collect()
}

/// Reads the messages about a subject, in the order in which they were written.
pub(crate) async fn about(readers: &Readers, subject: &str) -> sqlx::Result<Vec<Notification>> {
    let statement = Statement::new(
        "SELECT number, attempts, destination, subject, newest_only, at, not_before, body, state, \
         why, settled_at FROM outbox WHERE subject = $1 ORDER BY number",
    );
    readers.rows(statement.bind(subject)).await?.iter().map(notification).collect()
}

fn notification(row: &Row) -> sqlx::Result<Notification> {
    Ok(Notification {
        owed: owed(row)?,
        state: row.text("state")?,
        why: row.maybe_text("why")?,
        settled_at: row.maybe_at("settled_at")?,
    })
}

/// Says whether a notice still waits.
pub(crate) async fn waits(readers: &Readers, number: i64) -> sqlx::Result<bool> {
    let statement = Statement::new("SELECT 1 FROM outbox WHERE number = $1 AND state = 'waiting'");
    Ok(!readers.rows(statement.bind(number)).await?.is_empty())
}

/// Reads when the next notice to a destination may leave.
pub(crate) async fn next_due(
    readers: &Readers,
    destination: &Destination,
) -> sqlx::Result<Option<Timestamp>> {
    let statement = Statement::new(
        "SELECT MIN(not_before) AS next FROM outbox WHERE number IN (SELECT MIN(number) FROM outbox \
         WHERE destination = $1 AND state = 'waiting' GROUP BY subject)",
    );
    let rows = readers.rows(statement.bind(destination.as_str())).await?;
    rows.first().map_or(Ok(None), |row| row.maybe_at("next"))
}

/// Reads all receipts of a destination.
pub(crate) async fn receipts(
    readers: &Readers,
    destination: &Destination,
) -> sqlx::Result<Receipts> {
    let statement = Statement::new("SELECT subject, value FROM receipts WHERE destination = $1");
    let rows = readers.rows(statement.bind(destination.as_str())).await?;
    let receipt = |row: &Row| {
        let value = serde_json::from_str(&row.text("value")?).map_err(unreadable)?;
        Ok((row.text("subject")?, value))
    };
    rows.iter().map(receipt).collect()
}

//! The messages that are owed, and what vendors answered.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::ids::Destination;
use bellwether_core::notice::{Notice, Owed};
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use sqlx::{FromRow, QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use crate::error::{unreadable, unwritable};
use crate::hold::Times;
use crate::write::ROWS;

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
pub(crate) async fn write(conn: &mut SqliteConnection, notices: &[Notice]) -> sqlx::Result<()> {
    let mut replaced = supersede(conn, notices).await?;
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
        insert(conn, rows).await?;
    }
    Ok(())
}

fn key(notice: &Notice) -> Key<'_> {
    (notice.destination.as_str(), &notice.subject)
}

/// Takes out of the queue what `notices` replace, and returns the times of those by key.
async fn supersede(
    conn: &mut SqliteConnection,
    notices: &[Notice],
) -> sqlx::Result<BTreeMap<(String, String), Vec<Times>>> {
    let keys: BTreeSet<Key<'_>> = notices.iter().filter(|it| it.newest_only).map(key).collect();
    let keys: Vec<Key<'_>> = keys.into_iter().collect();
    let at = notices.iter().map(|it| it.at).max().unwrap_or_default();
    let mut replaced: BTreeMap<_, Vec<Times>> = BTreeMap::new();
    for keys in keys.chunks(ROWS) {
        let mut query =
            QueryBuilder::<Sqlite>::new("UPDATE outbox SET state = 'superseded', settled_at = ");
        query.push_bind(at.nanos());
        query.push(" WHERE state = 'waiting' AND (destination, subject) IN (");
        query.push_values(keys, |mut values, key| {
            values.push_bind(key.0).push_bind(key.1);
        });
        query.push(") RETURNING destination, subject, unwell, not_before, deadline");
        for row in query.build().fetch_all(&mut *conn).await? {
            let times = Times {
                unwell: row.try_get::<i64, _>("unwell")? != 0,
                not_before: Timestamp::from_nanos(row.try_get("not_before")?),
                deadline: row.try_get::<Option<i64>, _>("deadline")?.map(Timestamp::from_nanos),
            };
            let key = (row.try_get("destination")?, row.try_get("subject")?);
            replaced.entry(key).or_default().push(times);
        }
    }
    Ok(replaced)
}

async fn insert(conn: &mut SqliteConnection, rows: &[Entry<'_>]) -> sqlx::Result<()> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "INSERT INTO outbox (destination, subject, newest_only, unwell, at, not_before, \
         deadline, attempts, state, settled_at, body) ",
    );
    query.push_values(rows, |mut values, entry| {
        let Entry { notice, times, body, superseded } = entry;
        values
            .push_bind(notice.destination.as_str())
            .push_bind(&notice.subject)
            .push_bind(i64::from(notice.newest_only))
            .push_bind(i64::from(times.unwell))
            .push_bind(notice.at.nanos())
            .push_bind(times.not_before.nanos())
            .push_bind(times.deadline.map(Timestamp::nanos))
            .push_bind(0_i64)
            .push_bind(if *superseded { "superseded" } else { "waiting" })
            .push_bind(superseded.then_some(notice.at.nanos()))
            .push_bind(body);
    });
    query.build().execute(conn).await.map(drop)
}

/// Reads what is owed to a destination: the oldest of each subject, when its time has come.
pub(crate) async fn due(
    readers: &SqlitePool,
    destination: &Destination,
    now: Timestamp,
    limit: u32,
) -> sqlx::Result<Vec<Owed>> {
    let rows: Vec<OwedRow> = sqlx::query_as(
        "SELECT number, attempts, destination, subject, newest_only, at, not_before, body \
         FROM outbox WHERE number IN (SELECT MIN(number) FROM outbox \
             WHERE destination = $1 AND state = 'waiting' GROUP BY subject) \
         AND not_before <= $2 ORDER BY number LIMIT $3",
    )
    .bind(destination.as_str())
    .bind(now.nanos())
    .bind(i64::from(limit))
    .fetch_all(readers)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Reads when the next notice to a destination may leave.
pub(crate) async fn next_due(
    readers: &SqlitePool,
    destination: &Destination,
) -> sqlx::Result<Option<Timestamp>> {
    let at: Option<i64> = sqlx::query_scalar(
        "SELECT MIN(not_before) FROM outbox WHERE number IN (SELECT MIN(number) FROM outbox \
         WHERE destination = $1 AND state = 'waiting' GROUP BY subject)",
    )
    .bind(destination.as_str())
    .fetch_one(readers)
    .await?;
    Ok(at.map(Timestamp::from_nanos))
}

/// Reads all receipts of a destination.
pub(crate) async fn receipts(
    readers: &SqlitePool,
    destination: &Destination,
) -> sqlx::Result<Receipts> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT subject, value FROM receipts WHERE destination = $1")
            .bind(destination.as_str())
            .fetch_all(readers)
            .await?;
    rows.into_iter()
        .map(|(subject, value)| Ok((subject, serde_json::from_str(&value).map_err(unreadable)?)))
        .collect()
}

struct OwedRow(Owed);

impl FromRow<'_, SqliteRow> for OwedRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let body: String = row.try_get("body")?;
        Ok(Self(Owed {
            number: row.try_get("number")?,
            attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
            notice: Notice {
                destination: row.try_get::<String, _>("destination")?.into(),
                subject: row.try_get("subject")?,
                newest_only: row.try_get::<i64, _>("newest_only")? != 0,
                at: Timestamp::from_nanos(row.try_get("at")?),
                not_before: Timestamp::from_nanos(row.try_get("not_before")?),
                body: serde_json::from_str(&body).map_err(unreadable)?,
            },
        }))
    }
}

//! Writes one commit into the transaction that it is given.

use std::collections::BTreeMap;

use bellwether_core::access::AuditEntry;
use bellwether_core::alert::AlertKey;
use bellwether_core::store::{Commit, Snapshot};
use bellwether_core::time::Timestamp;

use crate::error::unwritable;
use crate::observations;
use crate::outbox;
use crate::records::{Line, Record, labels};
use crate::sql::{Session, Statement};

/// Rows in one statement: far below what SQLite and PostgreSQL can bind, and enough that
/// more of them gain nothing.
pub(crate) const ROWS: usize = 200;

/// Writes everything that one step changed.
pub(crate) async fn commit(session: &mut Session<'_>, commit: &Commit) -> sqlx::Result<()> {
    put(session, &commit.instances).await?;
    put(session, &commit.services).await?;
    put(session, &commit.alerts).await?;
    forget_alerts(session, &commit.forgotten).await?;
    put(session, &commit.lives).await?;
    put(session, &commit.components).await?;
    append(session, &commit.transitions).await?;
    put(session, &commit.incidents).await?;
    append(session, &commit.losses).await?;
    put(session, &commit.risks).await?;
    keep(session, &commit.snapshots).await?;
    observations::write(session, &commit.observations).await?;
    append(session, &commit.rulings).await?;
    outbox::withdraw(session, &commit.withdrawals).await?;
    outbox::write(session, &commit.notices).await
}

/// Keeps what somebody did.
pub(crate) async fn audit(session: &mut Session<'_>, entry: &AuditEntry) -> sqlx::Result<()> {
    put(session, std::slice::from_ref(entry)).await
}

async fn forget_alerts(session: &mut Session<'_>, keys: &[AlertKey]) -> sqlx::Result<()> {
    for keys in keys.chunks(ROWS) {
        let row = |key: &AlertKey| Ok(vec![key.rule.as_str().into(), labels(key)?.into()]);
        let rows = keys.iter().map(row).collect::<sqlx::Result<Vec<_>>>()?;
        let forget = Statement::new("DELETE FROM alerts WHERE (rule, labels) IN (");
        session.run(forget.rows(rows).push(")")).await?;
    }
    Ok(())
}

/// Forgets instances that stopped or fell silent, and returns how many.
pub(crate) async fn forget_instances(
    session: &mut Session<'_>,
    before: Timestamp,
) -> sqlx::Result<u64> {
    let forget = Statement::new("DELETE FROM instances WHERE last_seen < $1 OR stopped < $1");
    session.run(forget.bind(before)).await
}

/// Writes the second, where nobody else reads it.
pub(crate) async fn prove(session: &mut Session<'_>, now: Timestamp) -> sqlx::Result<()> {
    let second = now.nanos().div_euclid(1_000_000_000).rem_euclid(i64::from(i32::MAX));
    let statement = match session {
        // a number that it keeps in its header for whoever wants it
        Session::Sqlite(_) => Statement::new(&format!("PRAGMA user_version = {second}")),
        Session::Postgres(_) => Statement::new("UPDATE writer SET proved = $1").bind(second),
    };
    session.run(statement).await.map(drop)
}

/// Writes records over those of the same key; of two in one step the later one stays.
async fn put<R: Record>(session: &mut Session<'_>, records: &[R]) -> sqlx::Result<()> {
    // one statement must not meet a key twice: PostgreSQL refuses that
    let latest: BTreeMap<_, _> = records.iter().map(|record| (record.key(), record)).collect();
    let latest: Vec<&R> = latest.into_values().collect();
    for records in latest.chunks(ROWS) {
        let row = |record: &&R| {
            let mut row = record.values()?;
            row.push(json(record)?.into());
            Ok(row)
        };
        let rows = records.iter().map(row).collect::<sqlx::Result<Vec<_>>>()?;
        session.run(Statement::new(R::INSERT).rows(rows).push(R::REPLACE)).await?;
    }
    Ok(())
}

async fn append<L: Line>(session: &mut Session<'_>, lines: &[L]) -> sqlx::Result<()> {
    for lines in lines.chunks(ROWS) {
        let row = |line: &L| {
            let mut row = line.values();
            row.push(json(line)?.into());
            Ok(row)
        };
        let rows = lines.iter().map(row).collect::<sqlx::Result<Vec<_>>>()?;
        session.run(Statement::new(L::INSERT).rows(rows)).await?;
    }
    Ok(())
}

/// Writes snapshots; of two of a name in one step the later one stays.
async fn keep(session: &mut Session<'_>, snapshots: &[Snapshot]) -> sqlx::Result<()> {
    let latest: BTreeMap<&str, &Snapshot> =
        snapshots.iter().map(|it| (it.name.as_str(), it)).collect();
    let gone: Vec<&str> =
        latest.values().filter(|it| it.body.is_none()).map(|it| &*it.name).collect();
    for names in gone.chunks(ROWS) {
        let forget = Statement::new("DELETE FROM snapshots WHERE name IN (");
        let rows = names.iter().map(|name| vec![(*name).into()]);
        session.run(forget.rows(rows).push(")")).await?;
    }
    // each in a statement of its own, and copied one by one: they may be large
    for Snapshot { name, at, body } in latest.into_values() {
        let Some(body) = body else { continue };
        let statement = Statement::new(
            "INSERT INTO snapshots (name, at, body) VALUES ($1, $2, $3) ON CONFLICT (name) \
             DO UPDATE SET at = excluded.at, body = excluded.body",
        );
        let statement = statement.bind(name.as_str()).bind(*at).bind(body.to_vec());
        session.run(statement).await?;
    }
    Ok(())
}

fn json(record: &impl serde::Serialize) -> sqlx::Result<String> {
    serde_json::to_string(record).map_err(unwritable)
}

//! Reads records back.

use bellwether_core::alert::AlertLife;
use bellwether_core::ids::IncidentId;
use bellwether_core::impact::{Loss, RiskSpan};
use bellwether_core::incident::Incident;
use bellwether_core::store::{Restored, Snapshot, Transition};
use bellwether_core::time::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::{SqliteConnection, SqlitePool};

use crate::error::unreadable;

/// Reads what a restarted collector goes on from, as it was at one moment.
pub(crate) async fn restore(readers: &SqlitePool) -> sqlx::Result<Restored> {
    let mut moment = readers.begin().await?;
    let restored = Restored {
        instances: all(
            &mut moment,
            "SELECT record FROM instances ORDER BY service, version, instance",
        )
        .await?,
        services: all(&mut moment, "SELECT record FROM services ORDER BY service").await?,
        alerts: all(&mut moment, "SELECT record FROM alerts ORDER BY rule, labels").await?,
        components: all(&mut moment, "SELECT record FROM components ORDER BY component").await?,
        open_incidents: all(
            &mut moment,
            "SELECT record FROM incidents WHERE is_open = 1 ORDER BY opened_at, id",
        )
        .await?,
        risks: all(
            &mut moment,
            "SELECT record FROM risks WHERE until_at IS NULL ORDER BY opportunity, from_at",
        )
        .await?,
        snapshots: snapshots(&mut moment).await?,
    };
    moment.commit().await?;
    Ok(restored)
}

/// Reads the newest incidents, newest first.
pub(crate) async fn incidents(readers: &SqlitePool, limit: u32) -> sqlx::Result<Vec<Incident>> {
    let records: Vec<String> = sqlx::query_scalar(
        "SELECT record FROM incidents ORDER BY opened_at DESC, id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(readers)
    .await?;
    parse(&records)
}

/// Reads the newest transitions, newest first.
pub(crate) async fn transitions(readers: &SqlitePool, limit: u32) -> sqlx::Result<Vec<Transition>> {
    let records: Vec<String> =
        sqlx::query_scalar("SELECT record FROM transitions ORDER BY at DESC, number DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(readers)
            .await?;
    parse(&records)
}

/// Reads the newest lives of alerts, newest first.
pub(crate) async fn alerts(readers: &SqlitePool, limit: u32) -> sqlx::Result<Vec<AlertLife>> {
    let records: Vec<String> = sqlx::query_scalar(
        "SELECT record FROM alert_lives ORDER BY fired_at DESC, rule, labels, epoch DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(readers)
    .await?;
    parse(&records)
}

/// Reads what an incident lost, oldest first.
pub(crate) async fn losses(readers: &SqlitePool, incident: &IncidentId) -> sqlx::Result<Vec<Loss>> {
    let records: Vec<String> =
        sqlx::query_scalar("SELECT record FROM losses WHERE incident = $1 ORDER BY number")
            .bind(incident.as_str())
            .fetch_all(readers)
            .await?;
    parse(&records)
}

/// Reads what was lost in a period: lines that ended after its begin and began before its end.
pub(crate) async fn losses_between(
    readers: &SqlitePool,
    from: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Vec<Loss>> {
    let records: Vec<String> = sqlx::query_scalar(
        "SELECT record FROM losses WHERE until_at > $1 AND from_at < $2 ORDER BY number",
    )
    .bind(from.nanos())
    .bind(until.nanos())
    .fetch_all(readers)
    .await?;
    parse(&records)
}

/// Reads the times in which opportunities were at risk that ended in a period.
pub(crate) async fn risks_ended_between(
    readers: &SqlitePool,
    from: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Vec<RiskSpan>> {
    let records: Vec<String> = sqlx::query_scalar(
        "SELECT record FROM risks WHERE until_at >= $1 AND until_at < $2 \
         ORDER BY until_at, opportunity",
    )
    .bind(from.nanos())
    .bind(until.nanos())
    .fetch_all(readers)
    .await?;
    parse(&records)
}

async fn snapshots(conn: &mut SqliteConnection) -> sqlx::Result<Vec<Snapshot>> {
    let rows: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("SELECT name, at, body FROM snapshots ORDER BY name")
            .fetch_all(conn)
            .await?;
    let snapshot =
        |(name, at, body)| Snapshot { name, at: Timestamp::from_nanos(at), body: Some(body) };
    Ok(rows.into_iter().map(snapshot).collect())
}

async fn all<T: DeserializeOwned>(
    conn: &mut SqliteConnection,
    sql: &'static str,
) -> sqlx::Result<Vec<T>> {
    let records: Vec<String> = sqlx::query_scalar(sql).fetch_all(conn).await?;
    parse(&records)
}

fn parse<T: DeserializeOwned>(records: &[String]) -> sqlx::Result<Vec<T>> {
    records.iter().map(|record| serde_json::from_str(record).map_err(unreadable)).collect()
}

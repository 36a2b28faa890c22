//! Reads records back.

use bellwether_core::alert::AlertLife;
use bellwether_core::incident::Incident;
use bellwether_core::store::{Restored, Transition};
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

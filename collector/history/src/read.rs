//! Reads records back.

use bellwether_core::access::AuditEntry;
use bellwether_core::alert::{Alert, AlertLife};
use bellwether_core::ids::{IncidentId, RuleId};
use bellwether_core::impact::{Loss, RiskSpan};
use bellwether_core::incident::Incident;
use bellwether_core::ruling::Ruling;
use bellwether_core::store::{Restored, Snapshot, Transition};
use bellwether_core::time::Timestamp;
use serde::de::DeserializeOwned;

use crate::error::unreadable;
use crate::readers::Readers;
use crate::sql::{Row, Session, Statement};

/// Reads what a restarted collector goes on from, as it was at one moment.
pub(crate) async fn restore(readers: &Readers) -> sqlx::Result<Restored> {
    let mut moment = readers.moment().await?;
    let session = &mut moment.session();
    Ok(Restored {
        instances: all(session, "SELECT record FROM instances ORDER BY service, version, instance")
            .await?,
        services: all(session, "SELECT record FROM services ORDER BY service").await?,
        alerts: all(session, "SELECT record FROM alerts ORDER BY rule, labels").await?,
        components: all(session, "SELECT record FROM components ORDER BY component").await?,
        open_incidents: all(
            session,
            "SELECT record FROM incidents WHERE is_open = 1 ORDER BY opened_at, id",
        )
        .await?,
        risks: all(
            session,
            "SELECT record FROM risks WHERE until_at IS NULL ORDER BY opportunity, from_at",
        )
        .await?,
        snapshots: snapshots(session).await?,
    })
}

/// Reads the newest incidents, newest first.
pub(crate) async fn incidents(readers: &Readers, limit: u32) -> sqlx::Result<Vec<Incident>> {
    const NEWEST: &str = "SELECT record FROM incidents ORDER BY opened_at DESC, id DESC LIMIT $1";
    records(readers, Statement::new(NEWEST).bind(limit)).await
}

/// Reads the newest of what people did, newest first.
pub(crate) async fn audit(readers: &Readers, limit: u32) -> sqlx::Result<Vec<AuditEntry>> {
    const NEWEST: &str = "SELECT record FROM audit ORDER BY at DESC, id DESC LIMIT $1";
    records(readers, Statement::new(NEWEST).bind(limit)).await
}

/// Reads the newest transitions, newest first.
pub(crate) async fn transitions(readers: &Readers, limit: u32) -> sqlx::Result<Vec<Transition>> {
    const NEWEST: &str = "SELECT record FROM transitions ORDER BY at DESC, number DESC LIMIT $1";
    records(readers, Statement::new(NEWEST).bind(limit)).await
}

/// Reads the newest lives of alerts, newest first.
pub(crate) async fn alerts(readers: &Readers, limit: u32) -> sqlx::Result<Vec<AlertLife>> {
    const NEWEST: &str = "SELECT record FROM alert_lives \
         ORDER BY fired_at DESC, rule, labels, epoch DESC LIMIT $1";
    records(readers, Statement::new(NEWEST).bind(limit)).await
}

/// Reads alerts as they stand.
pub(crate) async fn standing_alerts(
    readers: &Readers,
    rule: Option<&RuleId>,
    limit: u32,
) -> sqlx::Result<Vec<Alert>> {
    const ALL: &str = "SELECT record FROM alerts ORDER BY rule, labels LIMIT $1";
    const OF_ONE: &str = "SELECT record FROM alerts WHERE rule = $1 ORDER BY labels LIMIT $2";
    let statement = match rule {
        None => Statement::new(ALL),
        Some(rule) => Statement::new(OF_ONE).bind(rule.as_str()),
    };
    records(readers, statement.bind(limit)).await
}

/// Reads an incident.
pub(crate) async fn incident(readers: &Readers, id: &IncidentId) -> sqlx::Result<Option<Incident>> {
    let one = Statement::new("SELECT record FROM incidents WHERE id = $1").bind(id.as_str());
    Ok(records(readers, one).await?.into_iter().next())
}

/// Reads why people were told of an incident, or not.
pub(crate) async fn rulings(readers: &Readers, id: &IncidentId) -> sqlx::Result<Vec<Ruling>> {
    const LINES: &str = "SELECT record FROM rulings WHERE incident = $1 ORDER BY number";
    records(readers, Statement::new(LINES).bind(id.as_str())).await
}

/// Reads what an incident lost, oldest first.
pub(crate) async fn losses(readers: &Readers, incident: &IncidentId) -> sqlx::Result<Vec<Loss>> {
    const LINES: &str = "SELECT record FROM losses WHERE incident = $1 ORDER BY number";
    records(readers, Statement::new(LINES).bind(incident.as_str())).await
}

/// Reads the times in which opportunities were at risk that ended in a period.
pub(crate) async fn risks_ended_between(
    readers: &Readers,
    from: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Vec<RiskSpan>> {
    const SPANS: &str = "SELECT record FROM risks WHERE until_at >= $1 AND until_at < $2 \
         ORDER BY until_at, opportunity";
    records(readers, Statement::new(SPANS).bind(from).bind(until)).await
}

async fn snapshots(session: &mut Session<'_>) -> sqlx::Result<Vec<Snapshot>> {
    let all = Statement::new("SELECT name, at, body FROM snapshots ORDER BY name");
    let snapshot = |row: &Row| {
        Ok(Snapshot {
            name: row.text("name")?,
            at: row.at("at")?,
            body: Some(row.bytes("body")?.into()),
        })
    };
    session.rows(all).await?.iter().map(snapshot).collect()
}

async fn all<T: DeserializeOwned>(
    session: &mut Session<'_>,
    sql: &'static str,
) -> sqlx::Result<Vec<T>> {
    parse(&session.rows(Statement::new(sql)).await?)
}

pub(crate) async fn records<T: DeserializeOwned>(
    readers: &Readers,
    statement: Statement,
) -> sqlx::Result<Vec<T>> {
    parse(&readers.rows(statement).await?)
}

fn parse<T: DeserializeOwned>(rows: &[Row]) -> sqlx::Result<Vec<T>> {
    rows.iter().map(|row| serde_json::from_str(&row.text("record")?).map_err(unreadable)).collect()
}

//! Reads what was kept of a period.

use bellwether_core::impact::RiskSpan;
use bellwether_core::incident::Incident;
use bellwether_core::period::Period;
use bellwether_core::store::Transition;

use crate::read::records;
use crate::readers::Readers;
use crate::sql::Statement;

/// Reads the newest incidents that were open at any time in a period, newest first.
pub(crate) async fn incidents(
    readers: &Readers,
    period: Period,
    limit: u32,
) -> sqlx::Result<Vec<Incident>> {
    const OPEN: &str = "SELECT record FROM incidents \
         WHERE opened_at < $1 AND (resolved_at IS NULL OR resolved_at > $2) \
         ORDER BY opened_at DESC, id DESC LIMIT $3";
    let statement = Statement::new(OPEN).bind(period.until).bind(period.from).bind(limit);
    records(readers, statement).await
}

/// Reads the last change of each component before a period, and those in it.
pub(crate) async fn transitions(
    readers: &Readers,
    period: Period,
) -> sqlx::Result<Vec<Transition>> {
    const CHANGES: &str = "SELECT record FROM transitions \
         WHERE (at >= $1 AND at < $2) OR number IN \
         (SELECT MAX(number) FROM transitions WHERE at < $1 GROUP BY component) \
         ORDER BY at, number";
    let statement = Statement::new(CHANGES).bind(period.from).bind(period.until);
    records(readers, statement).await
}

/// Reads the times of risk that have any time in common with a period.
pub(crate) async fn risks(readers: &Readers, period: Period) -> sqlx::Result<Vec<RiskSpan>> {
    const SPANS: &str = "SELECT record FROM risks \
         WHERE from_at < $1 AND (until_at IS NULL OR until_at >= $2) \
         ORDER BY from_at, opportunity";
    records(readers, Statement::new(SPANS).bind(period.until).bind(period.from)).await
}

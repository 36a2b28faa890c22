//! Reads what was kept of a period.

use bellwether_core::impact::{Loss, RiskSpan};
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

/// Reads the last change of each component before a period, and those in it. It goes from component
/// to component by their index: to group by component would read every change that there ever was.
pub(crate) async fn transitions(
    readers: &Readers,
    period: Period,
    limit: u32,
) -> sqlx::Result<Vec<Transition>> {
    const CHANGES: &str = "WITH RECURSIVE known (component) AS ( \
         SELECT MIN(component) FROM transitions UNION ALL \
         SELECT (SELECT MIN(component) FROM transitions WHERE component > known.component) \
         FROM known WHERE known.component IS NOT NULL) \
         SELECT record FROM ( \
         SELECT at, number, record FROM transitions WHERE number IN ( \
         SELECT (SELECT number FROM transitions WHERE component = known.component AND at < $1 \
         ORDER BY at DESC, number DESC LIMIT 1) FROM known) \
         UNION ALL \
         SELECT at, number, record FROM transitions WHERE at >= $1 AND at < $2) AS found \
         ORDER BY at, number LIMIT $3";
    let statement = Statement::new(CHANGES).bind(period.from).bind(period.until).bind(limit);
    records(readers, statement).await
}

/// Reads the times of risk that have any time in common with a period.
pub(crate) async fn risks(
    readers: &Readers,
    period: Period,
    limit: u32,
) -> sqlx::Result<Vec<RiskSpan>> {
    const SPANS: &str = "SELECT record FROM risks \
         WHERE from_at < $1 AND (until_at IS NULL OR until_at >= $2) \
         ORDER BY from_at, opportunity LIMIT $3";
    let statement = Statement::new(SPANS).bind(period.until).bind(period.from).bind(limit);
    records(readers, statement).await
}

/// Reads what was lost in a period: lines that ended after its begin and began before its end.
pub(crate) async fn losses(
    readers: &Readers,
    period: Period,
    limit: u32,
) -> sqlx::Result<Vec<Loss>> {
    const LINES: &str = "SELECT record FROM losses WHERE until_at > $1 AND from_at < $2 \
         ORDER BY until_at, number LIMIT $3";
    let statement = Statement::new(LINES).bind(period.from).bind(period.until).bind(limit);
    records(readers, statement).await
}

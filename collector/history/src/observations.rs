//! What was measured, and what is left of it.

use bellwether_core::store::{Observation, Span, Summary};
use bellwether_core::time::Timestamp;

use crate::readers::Readers;
use crate::sql::{Row, Session, Statement};
use crate::write::ROWS;

fn word(span: Span) -> &'static str {
    match span {
        Span::Hour => "hour",
        Span::Day => "day",
    }
}

/// Writes what was measured. What is no number is left out: it could be neither compared nor
/// put together.
pub(crate) async fn write(
    session: &mut Session<'_>,
    observations: &[Observation],
) -> sqlx::Result<()> {
    let finite: Vec<&Observation> = observations.iter().filter(|it| it.value.is_finite()).collect();
    for some in finite.chunks(ROWS) {
        let rows = some.iter().map(|it| {
            vec![it.series.as_str().into(), it.at.into(), it.value.into(), it.failed.into()]
        });
        let insert = Statement::new("INSERT INTO observations (series, at, value, failed) ");
        session.run(insert.rows(rows)).await?;
    }
    Ok(())
}

/// Adds summaries to those that are there; none may come twice.
pub(crate) async fn add(
    session: &mut Session<'_>,
    summaries: &[(Span, Summary)],
) -> sqlx::Result<()> {
    let counted = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let rows = summaries.iter().map(|(span, it)| {
        vec![
            word(*span).into(),
            it.series.as_str().into(),
            it.from.into(),
            counted(it.count).into(),
            counted(it.failed).into(),
            it.sum.into(),
            it.min.into(),
            it.max.into(),
        ]
    });
    let statement = Statement::new(
        "INSERT INTO summaries (span, series, from_at, count, failed, sum, min, max) ",
    );
    let statement = statement.rows(rows).push(
        " ON CONFLICT (span, series, from_at) DO UPDATE SET \
         count = summaries.count + excluded.count, failed = summaries.failed + excluded.failed, \
         sum = summaries.sum + excluded.sum, \
         min = CASE WHEN excluded.min < summaries.min THEN excluded.min ELSE summaries.min END, \
         max = CASE WHEN excluded.max > summaries.max THEN excluded.max ELSE summaries.max END",
    );
    session.run(statement).await.map(drop)
}

/// Reads an observation of a row that has all of its columns.
pub(crate) fn observation(row: &Row) -> sqlx::Result<Observation> {
    Ok(Observation {
        series: row.text("series")?,
        at: row.at("at")?,
        value: row.real("value")?,
        failed: row.int("failed")? != 0,
    })
}

/// Reads the observations of a series in a period, oldest first.
pub(crate) async fn between(
    readers: &Readers,
    series: &str,
    from: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Vec<Observation>> {
    let statement = Statement::new(
        "SELECT series, at, value, failed FROM observations \
         WHERE series = $1 AND at >= $2 AND at < $3 ORDER BY at, number",
    );
    let rows = readers.rows(statement.bind(series).bind(from).bind(until)).await?;
    rows.iter().map(observation).collect()
}

/// Reads the names of series that begin with a text. Each is looked up after the one before, so
/// that it takes as long as there are names and not as there are observations.
pub(crate) async fn series(
    readers: &Readers,
    prefix: &str,
    limit: u32,
) -> sqlx::Result<Vec<String>> {
    const NAMES: &str = "WITH RECURSIVE names(series) AS (\
         SELECT MIN(series) FROM observations WHERE series >= $1 \
         UNION ALL SELECT (SELECT MIN(series) FROM observations WHERE series > names.series) \
         FROM names WHERE names.series < $2) \
         SELECT series FROM names WHERE series < $2 LIMIT $3";
    // no character comes after this one
    let end = format!("{prefix}\u{10ffff}");
    let statement = Statement::new(NAMES).bind(prefix).bind(end).bind(limit);
    readers.rows(statement).await?.iter().map(|row| row.text("series")).collect()
}

/// Reads the summaries of a series that began in a period, oldest first.
pub(crate) async fn summaries(
    readers: &Readers,
    series: &str,
    span: Span,
    from: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Vec<Summary>> {
    let statement = Statement::new(
        "SELECT series, from_at, count, failed, sum, min, max FROM summaries \
         WHERE span = $1 AND series = $2 AND from_at >= $3 AND from_at < $4 ORDER BY from_at",
    );
    let statement = statement.bind(word(span)).bind(series).bind(from).bind(until);
    let summary = |row: &Row| {
        let counted =
            |column| row.int(column).map(|count| u64::try_from(count).unwrap_or_default());
        Ok(Summary {
            series: row.text("series")?,
            from: row.at("from_at")?,
            count: counted("count")?,
            failed: counted("failed")?,
            sum: row.real("sum")?,
            min: row.real("min")?,
            max: row.real("max")?,
        })
    };
    readers.rows(statement).await?.iter().map(summary).collect()
}

//! Puts what is too old together or away, a little at a time.
//!
//! A step is one transaction: wherever it is interrupted, nothing is lost and nothing counts
//! twice. What things cost the business (losses, risks, and the impact on incidents) stays, and
//! so does the last change of each component before what is kept of all changes: it says how that
//! began.

use std::collections::BTreeMap;

use bellwether_core::alert::AlertLife;
use bellwether_core::incident::Incident;
use bellwether_core::notice::Body;
use bellwether_core::store::{Observation, Retention, Span, Summary, Transition};
use bellwether_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{unreadable, unwritable};
use crate::observations::{self, observation};
use crate::sql::{Row, Session, Statement, Value};
use crate::write::ROWS;

/// Records of a kind that one step takes: it must not keep other writes waiting for long.
const MOST: u32 = 1_000;

/// What goes for good when its time is over: the statement that takes the oldest.
const SUMMARIES: &str = "DELETE FROM summaries WHERE (span, series, from_at) IN \
     (SELECT span, series, from_at FROM summaries WHERE from_at < $1 ORDER BY from_at LIMIT $2)";
const RULINGS: &str = "DELETE FROM rulings WHERE number IN \
     (SELECT number FROM rulings WHERE at < $1 ORDER BY at, number LIMIT $2)";
const LIVES: [&str; 4] = [
    "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)",
    // the last change of each component says how it has been since, however long ago it came
    "DELETE FROM transitions WHERE number IN \
     (SELECT number FROM transitions AS old WHERE at < $1 AND EXISTS \
     (SELECT 1 FROM transitions AS later WHERE later.component = old.component \
     AND later.at < $1 AND (later.at, later.number) > (old.at, old.number)) \
     ORDER BY at, number LIMIT $2)",
    "DELETE FROM alert_lives WHERE (rule, labels, epoch) IN (SELECT rule, labels, epoch \
     FROM alert_lives WHERE resolved_at < $1 ORDER BY resolved_at LIMIT $2)",
    "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox \
     WHERE settled_at < $1 AND state <> 'waiting' ORDER BY settled_at LIMIT $2)",
];

/// Takes a step, and returns how many records it put together or away.
pub(crate) async fn step(
    session: &mut Session<'_>,
    now: Timestamp,
    retention: &Retention,
) -> sqlx::Result<u64> {
    let mut done = summarise(session, now.minus(retention.observations)).await?;
    done += forget(session, SUMMARIES, now.minus(retention.summaries)).await?;
    done += forget(session, RULINGS, now.minus(retention.details)).await?;
    for statement in LIVES {
        done += forget(session, statement, now.minus(retention.lives)).await?;
    }
    for kind in &DETAILS {
        done += kind.shorten(session, now.minus(retention.details)).await?;
    }
    Ok(done)
}

async fn forget(
    session: &mut Session<'_>,
    statement: &str,
    before: Timestamp,
) -> sqlx::Result<u64> {
    session.run(Statement::new(statement).bind(before).bind(MOST)).await
}

/// Adds the oldest observations to what is left of their hours and days, and takes them away.
async fn summarise(session: &mut Session<'_>, before: Timestamp) -> sqlx::Result<u64> {
    let oldest = Statement::new(
        "SELECT number, series, at, value, failed FROM observations \
         WHERE at < $1 ORDER BY at, number LIMIT $2",
    );
    let rows = session.rows(oldest.bind(before).bind(MOST)).await?;
    let mut summaries: BTreeMap<(Span, String, Timestamp), Summary> = BTreeMap::new();
    for row in &rows {
        let found: Observation = observation(row)?;
        for span in [Span::Hour, Span::Day] {
            let one = Summary::of(&found, span);
            let key = (span, one.series.clone(), one.from);
            summaries.entry(key).and_modify(|it| it.add(&one)).or_insert(one);
        }
    }
    let summaries: Vec<(Span, Summary)> =
        summaries.into_iter().map(|((span, ..), summary)| (span, summary)).collect();
    for some in summaries.chunks(ROWS) {
        observations::add(session, some).await?;
    }
    let numbers = rows.iter().map(|row| row.int("number")).collect::<sqlx::Result<Vec<_>>>()?;
    for numbers in numbers.chunks(ROWS) {
        let gone = Statement::new("DELETE FROM observations WHERE number IN (");
        let numbers = numbers.iter().map(|number| vec![(*number).into()]);
        session.run(gone.rows(numbers).push(")")).await?;
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}

/// A kind of record of which, in time, only what, when and how bad is left.
struct Details {
    /// Finds the oldest that have everything: what they are known by, and the `record`.
    find: &'static str,
    key: fn(&Row) -> sqlx::Result<Vec<Value>>,
    shorten: fn(&str) -> sqlx::Result<String>,
    /// Writes what is left: first the record, then what it is known by.
    write: &'static str,
}

const DETAILS: [Details; 4] = [
    Details {
        find: "SELECT number, record FROM transitions \
             WHERE detail = 1 AND at < $1 ORDER BY at, number LIMIT $2",
        key: |row| Ok(vec![row.int("number")?.into()]),
        shorten: shortened::<Transition>,
        write: "UPDATE transitions SET record = $1, detail = 0 WHERE number = $2",
    },
    Details {
        find: "SELECT rule, labels, epoch, record FROM alert_lives \
             WHERE detail = 1 AND resolved_at < $1 ORDER BY resolved_at LIMIT $2",
        key: |row| {
            Ok(vec![row.text("rule")?.into(), row.text("labels")?.into(), row.int("epoch")?.into()])
        },
        shorten: shortened::<AlertLife>,
        write: "UPDATE alert_lives SET record = $1, detail = 0 \
             WHERE rule = $2 AND labels = $3 AND epoch = $4",
    },
    Details {
        find: "SELECT id, record FROM incidents \
             WHERE detail = 1 AND resolved_at < $1 ORDER BY resolved_at LIMIT $2",
        key: |row| Ok(vec![row.text("id")?.into()]),
        shorten: shortened::<Incident>,
        write: "UPDATE incidents SET record = $1, detail = 0 WHERE id = $2",
    },
    Details {
        find: "SELECT number, body AS record FROM outbox WHERE detail = 1 AND settled_at < $1 \
             AND state <> 'waiting' ORDER BY settled_at LIMIT $2",
        key: |row| Ok(vec![row.int("number")?.into()]),
        shorten: shortened::<Body>,
        write: "UPDATE outbox SET body = $1, detail = 0 WHERE number = $2",
    },
];

impl Details {
    async fn shorten(&self, session: &mut Session<'_>, before: Timestamp) -> sqlx::Result<u64> {
        let rows = session.rows(Statement::new(self.find).bind(before).bind(MOST)).await?;
        for row in &rows {
            let record = (self.shorten)(&row.text("record")?)?;
            let write = Statement::new(self.write).bind(record);
            let write = (self.key)(row)?.into_iter().fold(write, Statement::bind);
            session.run(write).await?;
        }
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }
}

/// A record that can do without what was found.
trait Shorten: Serialize + DeserializeOwned {
    /// Takes away what was found, and leaves what, when and how bad.
    fn shorten(&mut self);
}

impl Shorten for Transition {
    fn shorten(&mut self) {
        self.reasons.clear();
    }
}

impl Shorten for AlertLife {
    fn shorten(&mut self) {
        self.reasons.clear();
    }
}

impl Shorten for Incident {
    /// Its impact stays: what things cost is kept for ever.
    fn shorten(&mut self) {
        self.alerts.clear();
        self.suppressed.clear();
        self.causes.clear();
        self.timeline.clear();
    }
}

impl Shorten for Body {
    fn shorten(&mut self) {
        if let Self::Incident { incident, .. } = self {
            incident.shorten();
        }
    }
}

fn shortened<T: Shorten>(record: &str) -> sqlx::Result<String> {
    let mut record: T = serde_json::from_str(record).map_err(unreadable)?;
    record.shorten();
    serde_json::to_string(&record).map_err(unwritable)
}

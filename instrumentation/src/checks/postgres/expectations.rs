//! What a database that answers is asked in addition.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Error};

use super::{NotPassed, describe};

/// SQLSTATE of a table that does not exist.
const UNDEFINED_TABLE: &str = "42P01";

pub(super) async fn migrated(
    connection: &mut PgConnection,
    place: &str,
    wanted: i64,
) -> Result<(), NotPassed> {
    let (applied, halfway): (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT max(version) FILTER (WHERE success), min(version) FILTER (WHERE NOT success) FROM _sqlx_migrations",
    )
    .fetch_one(connection)
    .await
    .or_else(|error| if is_undefined_table(&error) { Ok((None, None)) } else { Err(error) })
    .map_err(|error| describe(&error, place))?;
    if let Some(version) = halfway {
        return Err(NotPassed::failed(format!(
            "{place}: migration {version} was applied only halfway"
        ))
        .advice("mend the database by hand, correct its row in _sqlx_migrations, and migrate again")
        .error_type("migration_failed"));
    }
    if applied.is_some_and(|version| version >= wanted) {
        return Ok(());
    }
    let found = match applied {
        Some(version) => format!("migrated to {version}"),
        None => "not migrated at all".to_owned(),
    };
    Err(NotPassed::failed(format!("{place}: the database is {found}, but {wanted} is needed"))
        .advice("run the migrations before the service (sqlx migrate run), or start the version that fits")
        .error_type("migrations_missing"))
}

fn is_undefined_table(error: &Error) -> bool {
    error.as_database_error().and_then(|it| it.code()).as_deref() == Some(UNDEFINED_TABLE)
}

pub(super) async fn returns_a_row(
    connection: &mut PgConnection,
    place: &str,
    query: &str,
) -> Result<(), NotPassed> {
    let read = async {
        sqlx::query("START TRANSACTION READ ONLY").execute(&mut *connection).await?;
        // A check that ran out of time hangs up; the server notices that only when it has something to say.
        sqlx::query("SET LOCAL statement_timeout = '60s'").execute(&mut *connection).await?;
        // The text is the service's own, not a user's; the transaction keeps it from changing anything.
        let row = sqlx::query(AssertSqlSafe(query)).fetch_optional(&mut *connection).await?;
        sqlx::query("ROLLBACK").execute(&mut *connection).await?;
        Ok(row)
    };
    let row = read.await.map_err(|error: Error| {
        let problem = describe(&error, place);
        problem.noted("the query of the check")
    })?;
    if row.is_none() {
        return Err(NotPassed::failed(format!("{place}: the query of the check returned no row"))
            .advice("see whether the data that every installation needs were loaded")
            .error_type("no_row"));
    }
    Ok(())
}

pub(super) async fn has_room(
    connection: &mut PgConnection,
    place: &str,
    wanted: u32,
) -> Result<(), NotPassed> {
    let (most, taken): (i64, i64) = sqlx::query_as(
        "SELECT current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8, \
         (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| describe(&error, place))?;
    // The connection of this check is over before the service opens its own.
    let free = (most - taken + 1).max(0);
    if free >= i64::from(wanted) {
        return Ok(());
    }
    Err(NotPassed::failed(format!(
        "{place}: {free} of {most} connections are free, but {wanted} are needed"
    ))
    .advice("raise max_connections, put a pooler in front, or give the pools of the services fewer connections")
    .error_type("connections_exhausted"))
}

//! Checks that PostgreSQL accepts a connection and answers.

use std::fmt;
use std::io;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Error};

use super::{Check, CheckKind, CheckResult, NotPassed, chain};

mod expectations;

/// Checks that the PostgreSQL server at `url` accepts a connection and answers `SELECT 1`.
///
/// The check opens a connection of its own, with the user, the database and the TLS mode of the URL, and closes it.
/// The URL's password appears in no message.
///
/// ```
/// let database = bellwether::checks::postgres("postgres://marketedge@db.internal/marketedge")
///     .migrated_to(20261103120000)
///     .query("SELECT 1 FROM plans WHERE active")
///     .room_for(20);
/// ```
pub fn postgres(url: impl Into<String>) -> Postgres {
    Postgres { url: url.into(), query: None, migrated_to: None, room_for: None }
}

/// Checks a PostgreSQL server; comes from [`postgres`].
#[derive(Clone)]
pub struct Postgres {
    url: String,
    query: Option<String>,
    migrated_to: Option<i64>,
    room_for: Option<u32>,
}

impl Postgres {
    /// Expects that this query, which should change nothing, returns at least one row. It runs in a read-only
    /// transaction, and the server gives it up after 60 s, so that runs that nobody waits for any more do not pile up.
    #[must_use]
    pub fn query(mut self, query: impl Into<String>) -> Self {
        self.query = Some(query.into());
        self
    }

    /// Expects that sqlx's migrations, in the table `_sqlx_migrations`, are applied up to this version or further, and
    /// none of them halfway.
    #[must_use]
    pub fn migrated_to(mut self, version: i64) -> Self {
        self.migrated_to = Some(version);
        self
    }

    /// Expects that the server has room for this many more connections: what the service's pool may open.
    #[must_use]
    pub fn room_for(mut self, connections: u32) -> Self {
        self.room_for = Some(connections);
        self
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

impl Check for Postgres {
    fn kind(&self) -> CheckKind {
        CheckKind::Sql
    }

    async fn run(&self) -> CheckResult {
        let options = PgConnectOptions::from_str(&self.url)
            .map_err(|_| {
                NotPassed::failed("the database URL cannot be read")
                    .advice(
                        "it begins with postgres:// and names the user, the host and the database",
                    )
                    .error_type("invalid_url")
            })?
            .disable_statement_logging();
        let place = place(&options);
        let mut connection = connect(&options).await.map_err(|error| describe(&error, &place))?;
        let connection = &mut connection;
        if let Some(version) = self.migrated_to {
            expectations::migrated(connection, &place, version).await?;
        }
        if let Some(query) = &self.query {
            expectations::returns_a_row(connection, &place, query).await?;
        }
        if let Some(connections) = self.room_for {
            expectations::has_room(connection, &place, connections).await?;
        }
        Ok(())
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    let mut connection = PgConnection::connect_with(options).await?;
    sqlx::query("SELECT 1").execute(&mut connection).await?;
    Ok(connection)
}

/// Says which server and which database, without the password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(socket) => format!("postgres at {}, database {database}", socket.display()),
        None => format!(
            "postgres at {}:{}, database {database}",
            options.get_host(),
            options.get_port()
        ),
    }
}

fn describe(error: &Error, place: &str) -> NotPassed {
    let (error_type, advice): (String, String) = match error {
        Error::Io(io) => {
            (io_type(io).into(), "start the server, or correct the host and the port".into())
        }
        Error::Tls(_) => {
            ("tls".into(), "check the server's certificate and the URL's sslmode".into())
        }
        Error::Database(database) => {
            let state = database.code().unwrap_or_default().into_owned();
            let advice = match state.as_str() {
                "28P01" | "28000" => "check the user and the password",
                "3D000" => "create the database, or correct its name",
                "53300" => "the server has no free connection: raise max_connections or use fewer",
                "57P03" => "the server is starting up or shutting down: try again in a moment",
                _ => "see the server's log",
            };
            (state, advice.into())
        }
        _ => ("error".into(), "see the server's log".into()),
    };
    NotPassed::failed(format!("{place}: {}", chain(error))).advice(advice).error_type(error_type)
}

fn io_type(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection_refused",
        io::ErrorKind::TimedOut => "timeout",
        io::ErrorKind::NotFound => "not_found",
        _ => "io",
    }
}

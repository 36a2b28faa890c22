//! PostgreSQL: connections, schema, and the one collector that may write.
//!
//! The writing connection holds an advisory lock. It is what keeps a second collector out, and
//! after a broken connection it tells when the old session is over: only then is it certain
//! what became of its last transaction.

use std::str::FromStr;
use std::time::Duration;

use bellwether_core::settings::Secret;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::time::{sleep, timeout};

use crate::error::OpenError;
use crate::schema;
use crate::sql::{Session, Statement};

/// How long a connection may take to be there, and a reader to be free.
const CONNECT: Duration = Duration::from_secs(5);

/// Reads run beside each other; more than a few only fight for the disk.
const READERS: u32 = 4;

/// How often the lock is asked for, and how long between: a collector that has just ended, or
/// a connection that has just broken, may hold it for a moment yet.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(200);

/// Every schema there ever was, in order.
const MIGRATIONS: &[schema::Migration] = &[
    (1, "first", include_str!("../migrations/postgres/0001_first.sql")),
    (2, "retention", include_str!("../migrations/postgres/0002_retention.sql")),
    (3, "audit", include_str!("../migrations/postgres/0003_audit.sql")),
    (4, "rulings", include_str!("../migrations/postgres/0004_rulings.sql")),
    (5, "periods", include_str!("../migrations/postgres/0005_periods.sql")),
];

/// Where a database is, and how it is reached.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    options: PgConnectOptions,
    /// What messages call it, without the password.
    pub(crate) place: String,
}

impl Address {
    /// Reads an address.
    pub(crate) fn read(url: &Secret) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url.expose())
            .map_err(|_| OpenError::Address)?
            .application_name("bellwether")
            // the session of a machine that died must not hold the lock for hours
            .options([
                ("tcp_keepalives_idle", "30"),
                ("tcp_keepalives_interval", "10"),
                ("tcp_keepalives_count", "3"),
            ])
            .disable_statement_logging();
        let database = options.get_database().unwrap_or(options.get_username());
        let place = match options.get_socket() {
            Some(socket) => format!("postgres at {}, database {database}", socket.display()),
            None => {
                let (host, port) = (options.get_host(), options.get_port());
                format!("postgres at {host}:{port}, database {database}")
            }
        };
        Ok(Self { options, place })
    }

    /// Says of an error what to do.
    fn refused(&self, source: sqlx::Error) -> OpenError {
        let place = self.place.clone();
        let code = source.as_database_error().and_then(|it| it.code());
        let advice = match code.as_deref() {
            None => return OpenError::Unreachable { place, source },
            Some("28P01" | "28000") => "check the user and the password",
            Some("3D000") => "create the database, or correct its name",
            Some("42501") => "give the user the right to make and write tables in its schema",
            Some("53300") => "it has no connection to spare: raise max_connections",
            Some("57P03") => "it is starting or stopping: try again in a moment",
            Some(_) => "see its log",
        };
        OpenError::Refused { place, advice, source }
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within 5 s");
        let mut conn = timeout(CONNECT, PgConnection::connect_with(&self.options))
            .await
            .unwrap_or_else(|_| Err(late().into()))?;
        // what was acknowledged has to be on disk, whatever the server does for others
        let durable = "SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'";
        sqlx::query(durable).execute(&mut conn).await?;
        Ok(conn)
    }

    /// Opens the connections, with the newest schema.
    pub(crate) async fn open(self) -> Result<(Link, PgPool), OpenError> {
        let mut conn = self.connect().await.map_err(|error| self.refused(error))?;
        let schema: Option<String> = sqlx::query_scalar("SELECT current_schema()::text")
            .fetch_one(&mut conn)
            .await
            .map_err(|error| self.refused(error))?;
        if schema.is_none() {
            let advice = "create the schema that the search_path names";
            let source = sqlx::Error::RowNotFound;
            return Err(OpenError::Refused { place: self.place, advice, source });
        }
        if !take(&mut conn, None).await.map_err(|error| self.refused(error))? {
            let by = holder(&mut conn).await.unwrap_or_default();
            return Err(OpenError::Taken { place: self.place, by });
        }
        schema::migrate(&mut conn, MIGRATIONS).await.map_err(|error| match error {
            schema::Error::Database(error) => self.refused(error),
            schema::Error::Other(other) => other.at(&self.place),
        })?;
        let (number, backend) = state(&mut conn).await.map_err(|error| self.refused(error))?;
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .min_connections(0)
            .acquire_timeout(CONNECT)
            .connect_lazy_with(
                self.options.clone().options([("default_transaction_read_only", "on")]),
            );
        Ok((Link { address: self, conn: Some(conn), number, backend }, readers))
    }
}

/// The connection that writes, which may break and is then made again.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) address: Address,
    conn: Option<PgConnection>,
    /// The number of the newest transaction that is known to be written.
    number: i64,
    /// The server's process behind the newest connection.
    backend: i64,
}

impl Link {
    /// Returns the number of the newest transaction that is known to be written.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    /// Notes that a transaction was written.
    pub(crate) fn written(&mut self, number: i64) {
        self.number = number;
    }

    /// Returns the connection, which is made again when it broke. After that it is known which
    /// was the last transaction that was written.
    pub(crate) async fn connection(&mut self) -> sqlx::Result<&mut PgConnection> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.reconnect().await?,
        };
        Ok(self.conn.insert(conn))
    }

    async fn reconnect(&mut self) -> sqlx::Result<PgConnection> {
        let mut conn = self.address.connect().await?;
        if !take(&mut conn, Some(self.backend)).await? {
            let place = &self.address.place;
            return Err(sqlx::Error::Protocol(format!("another collector uses {place}")));
        }
        (self.number, self.backend) = state(&mut conn).await?;
        tracing::info!(database = self.address.place, "history is connected again");
        Ok(conn)
    }

    /// Lets go of a connection that broke.
    pub(crate) fn broke(&mut self) {
        self.conn = None;
    }

    /// Closes the connection in order.
    pub(crate) async fn close(self) -> sqlx::Result<()> {
        match self.conn {
            Some(conn) => timeout(CONNECT, conn.close()).await.unwrap_or(Ok(())),
            None => Ok(()),
        }
    }
}

/// Takes the lock of this schema, and ends the session that held it for this collector before.
async fn take(conn: &mut PgConnection, before: Option<i64>) -> sqlx::Result<bool> {
    // "bell", and the schema: other programs may use such locks, too
    let lock = "SELECT pg_try_advisory_lock(1650814060, hashtext(current_schema()::text))";
    for _ in 0..TRIES {
        if sqlx::query_scalar(lock).fetch_one(&mut *conn).await? {
            return Ok(true);
        }
        if let Some(before) = before {
            let end = sqlx::query("SELECT pg_terminate_backend($1::int)").bind(before);
            end.execute(&mut *conn).await?;
        }
        sleep(BETWEEN).await;
    }
    Ok(false)
}

/// Says who holds the lock, as far as this user may know.
async fn holder(conn: &mut PgConnection) -> sqlx::Result<Option<String>> {
    let who = "SELECT 'process ' || pid || coalesce(' from ' || host(client_addr), '') \
         FROM pg_locks JOIN pg_stat_activity USING (pid) \
         WHERE locktype = 'advisory' AND classid = 1650814060 AND granted \
         AND objid::bigint = hashtext(current_schema()::text)::bigint & 4294967295";
    sqlx::query_scalar(who).fetch_optional(conn).await
}

/// Reads the number of the newest transaction, and which process this session is.
async fn state(conn: &mut PgConnection) -> sqlx::Result<(i64, i64)> {
    let statement = "SELECT number, pg_backend_pid()::bigint AS backend FROM writer WHERE id = 1";
    let rows = Session::Postgres(conn).rows(Statement::new(statement)).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok((row.int("number")?, row.int("backend")?))
}

//! Users and sessions, in PostgreSQL or SQLite.

use std::str::FromStr;
use std::time::Duration;

use bellwether::checks::{self, Check, CheckKind, CheckResult, NotPassed};
use serde::Serialize;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

/// Longest wait for a connection, so that a request fails while its client still listens.
const ACQUIRE: Duration = Duration::from_secs(3);

const SCHEMA: [&str; 2] = [
    // A real service keeps a hash of the password (argon2), never the password.
    "CREATE TABLE IF NOT EXISTS users (
        id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, password TEXT NOT NULL, tenant TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, user_id TEXT NOT NULL)",
];

/// Names a person and the customer that they belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Identifies the user.
    pub id: String,
    /// Is what the user logs in with.
    pub username: String,
    /// Is the catalog id of the customer.
    pub tenant: String,
}

impl User {
    fn from_row((id, username, tenant): (String, String, String)) -> Self {
        Self { id, username, tenant }
    }
}

/// Keeps users and sessions; clones share their connections.
#[derive(Debug, Clone)]
pub struct Store {
    url: String,
    pool: Pool,
}

#[derive(Debug, Clone)]
enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
    Unusable,
}

/// Says why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is neither a PostgreSQL nor an SQLite one.
    #[error("the database URL cannot be read: it begins with postgres:// or sqlite:")]
    Url,
    /// The database refused or could not be reached.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Runs one piece of SQL on whichever database there is; both understand the same text.
macro_rules! on {
    ($store:expr, $pool:ident => $query:expr) => {
        match &$store.pool {
            Pool::Postgres($pool) => $query,
            Pool::Sqlite($pool) => $query,
            Pool::Unusable => return Err(StoreError::Url),
        }
    };
}

impl Store {
    /// Prepares connections without opening one, so that a stopped database is found by the startup validation. A URL that
    /// cannot be read is found there too.
    pub fn lazy(url: &str) -> Self {
        let pool = if url.starts_with("sqlite:") {
            SqliteConnectOptions::from_str(url).map(|options| {
                // An in-memory database lives and dies with its connection.
                let one = if url.contains(":memory:") { 1 } else { 4 };
                let pool = SqlitePoolOptions::new().min_connections(1).max_connections(one);
                let pool = pool.idle_timeout(None).max_lifetime(None).acquire_timeout(ACQUIRE);
                Pool::Sqlite(pool.connect_lazy_with(options.create_if_missing(true)))
            })
        } else {
            let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(ACQUIRE);
            pool.connect_lazy(url).map(Pool::Postgres)
        };
        Self { url: url.to_owned(), pool: pool.unwrap_or(Pool::Unusable) }
    }

    /// Returns the check that the database answers.
    pub fn check(&self) -> impl Check + use<> {
        DatabaseCheck(self.clone())
    }

    /// Creates the tables and, when there is a password for it, the account `zebra-probe`.
    ///
    /// # Errors
    ///
    /// Fails when the database does not answer or refuses.
    pub async fn prepare(&self, probe_password: Option<&str>) -> Result<(), StoreError> {
        on!(self, pool => {
            let mut transaction = pool.begin().await?;
            if let Pool::Postgres(_) = &self.pool {
                // Two instances that start at the same time must not both create a table.
                sqlx::query("SELECT pg_advisory_xact_lock(925000)").execute(&mut *transaction).await?;
            }
            for statement in SCHEMA {
                sqlx::query(statement).execute(&mut *transaction).await?;
            }
            if let Some(password) = probe_password {
                sqlx::query(
                    "INSERT INTO users (id, username, password, tenant) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (username) DO UPDATE SET password = excluded.password",
                )
                .bind("u-zebra-probe")
                .bind("zebra-probe")
                .bind(password)
                .bind("zebra")
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await?;
        });
        Ok(())
    }

    /// Opens a session and returns its token; `None` when the credentials are wrong.
    #[tracing::instrument(skip_all, fields(otel.kind = "client", db.system.name = self.system()))]
    pub(crate) async fn open_session(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Option<String>, StoreError> {
        let token = uuid::Uuid::new_v4().to_string();
        let opened = on!(self, pool => sqlx::query(
            "INSERT INTO sessions (token, user_id)
             SELECT $1, id FROM users WHERE username = $2 AND password = $3",
        )
        .bind(&token)
        .bind(username)
        .bind(password)
        .execute(pool)
        .await?
        .rows_affected());
        Ok((opened == 1).then_some(token))
    }

    #[tracing::instrument(skip_all, fields(otel.kind = "client", db.system.name = self.system()))]
    pub(crate) async fn user_of_session(&self, token: &str) -> Result<Option<User>, StoreError> {
        let row = on!(self, pool => sqlx::query_as(
            "SELECT users.id, username, tenant FROM users JOIN sessions ON user_id = users.id WHERE token = $1",
        )
        .bind(token)
        .fetch_optional(pool)
        .await?);
        Ok(row.map(User::from_row))
    }

    #[tracing::instrument(skip_all, fields(otel.kind = "client", db.system.name = self.system()))]
    pub(crate) async fn user_of_tenant(
        &self,
        id: &str,
        tenant: &str,
    ) -> Result<Option<User>, StoreError> {
        let row = on!(self, pool => sqlx::query_as(
            "SELECT id, username, tenant FROM users WHERE id = $1 AND tenant = $2",
        )
        .bind(id)
        .bind(tenant)
        .fetch_optional(pool)
        .await?);
        Ok(row.map(User::from_row))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        on!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ())?);
        Ok(())
    }

    fn system(&self) -> &'static str {
        match self.pool {
            Pool::Postgres(_) => "postgresql",
            Pool::Sqlite(_) => "sqlite",
            Pool::Unusable => "other_sql",
        }
    }
}

/// A check of one's own, which picks the library's where there is one.
struct DatabaseCheck(Store);

impl Check for DatabaseCheck {
    fn kind(&self) -> CheckKind {
        CheckKind::Sql
    }

    async fn run(&self) -> CheckResult {
        match self.0.pool {
            Pool::Postgres(_) => checks::postgres(&self.0.url).run().await,
            Pool::Sqlite(_) | Pool::Unusable => self.0.ping().await.map_err(NotPassed::from),
        }
    }
}

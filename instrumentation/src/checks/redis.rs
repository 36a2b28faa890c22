//! Checks that Redis keeps sessions.

use std::fmt;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, RedisError, RedisResult};

use super::{Check, CheckKind, CheckResult, NotPassed, chain};

/// The names of keys that this check writes begin so; it deletes each that it wrote.
const PREFIX: &str = "bellwether:startup-check:";
/// How long the key of the check would live if nobody deleted it.
const LIFETIME: Duration = Duration::from_secs(60);

/// Checks that the Redis (or Valkey) server at `url` answers `PING`.
///
/// The URL's password appears in no message. `rediss://` needs the feature `tls`.
///
/// ```
/// let sessions = bellwether::checks::redis("redis://sessions.internal:6379/0").keeps_sessions();
/// ```
pub fn redis(url: impl Into<String>) -> Redis {
    Redis { url: url.into(), sessions: false, policy: None }
}

/// Checks a Redis server; comes from [`redis()`].
#[derive(Clone)]
pub struct Redis {
    url: String,
    sessions: bool,
    policy: Option<String>,
}

impl Redis {
    /// Expects that a key with a time to live can be written, read back and deleted, as a session is; a replica that
    /// takes no writes and a server whose memory is full fail.
    ///
    /// The key's name begins with `bellwether:startup-check:`.
    #[must_use]
    pub fn keeps_sessions(mut self) -> Self {
        self.sessions = true;
        self
    }

    /// Expects that the server's `maxmemory-policy` is this one. With `noeviction` no session is thrown out to make room for another; every other policy logs users
    /// out when memory runs short, without an error anywhere.
    ///
    /// A server that does not let itself be asked for its memory, as some hosted ones, makes this `skipped`.
    #[must_use]
    pub fn eviction_policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

impl Check for Redis {
    fn kind(&self) -> CheckKind {
        CheckKind::Redis
    }

    async fn run(&self) -> CheckResult {
        let client = Client::open(self.url.as_str()).map_err(|_| {
            NotPassed::failed("the Redis URL cannot be read")
                .advice("it reads redis://user:password@host:port/database; rediss:// needs the feature `tls`")
                .error_type("invalid_url")
        })?;
        let place = place(&client);
        let told = |error: RedisError| describe(&error, &place);
        // The client would give up after half a second; how long a check may take is said by the check's own time.
        let patient =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = client.get_multiplexed_async_connection_with_config(&patient);
        let mut connection = connection.await.map_err(told)?;
        ::redis::cmd("PING").exec_async(&mut connection).await.map_err(told)?;
        if self.sessions {
            keeps_sessions(&mut connection, &place).await?;
        }
        match &self.policy {
            Some(policy) => has_policy(&mut connection, &place, policy).await,
            None => Ok(()),
        }
    }
}

/// Says which server and which database, without the password.
fn place(client: &Client) -> String {
    let info = client.get_connection_info();
    let address = match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            format!("{host}:{port}")
        }
        ConnectionAddr::Unix(path) => path.display().to_string(),
        other => other.to_string(),
    };
    format!("redis at {address}, database {}", info.redis_settings().db())
}

async fn keeps_sessions(connection: &mut MultiplexedConnection, place: &str) -> CheckResult {
    let key = format!("{PREFIX}{}", uuid::Uuid::new_v4());
    let value = uuid::Uuid::new_v4().to_string();
    let round = async {
        let mut write = ::redis::cmd("SET");
        write.arg(&key).arg(&value).arg("PX").arg(LIFETIME.as_millis().to_string());
        write.exec_async(connection).await?;
        let read: Option<String> = ::redis::cmd("GET").arg(&key).query_async(connection).await?;
        let left: i64 = ::redis::cmd("PTTL").arg(&key).query_async(connection).await?;
        ::redis::cmd("DEL").arg(&key).exec_async(connection).await?;
        Ok((read, left))
    };
    let (read, left) = round.await.map_err(|error: RedisError| describe(&error, place))?;
    if read.as_deref() != Some(value.as_str()) {
        return Err(NotPassed::failed(format!("{place}: what was written could not be read back"))
            .advice("see whether a proxy sends reads to a replica that lags, or the memory is full")
            .error_type("session_lost"));
    }
    if !(1..=60_000).contains(&left) {
        return Err(NotPassed::failed(format!("{place}: the session has no time to live"))
            .advice("see whether a proxy drops the options of SET")
            .error_type("no_time_to_live"));
    }
    Ok(())
}

async fn has_policy(
    connection: &mut MultiplexedConnection,
    place: &str,
    wanted: &str,
) -> CheckResult {
    let info: RedisResult<String> =
        ::redis::cmd("INFO").arg("memory").query_async(connection).await;
    let found = info.as_ref().ok().and_then(|info| {
        info.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(str::trim)
    });
    match found {
        Some(found) if found == wanted => Ok(()),
        Some(found) => Err(NotPassed::failed(format!(
            "{place}: maxmemory-policy is {found} instead of {wanted}"
        ))
        .advice(format!("set maxmemory-policy {wanted} in the server's configuration"))
        .error_type("eviction_policy")),
        None => Err(NotPassed::skipped(format!(
            "cannot tell: {place} does not say its maxmemory-policy"
        ))
        .advice("allow the user the command INFO, or look at the configuration by hand")),
    }
}

fn describe(error: &RedisError, place: &str) -> NotPassed {
    let code = error.code().map(str::to_ascii_lowercase);
    let (error_type, advice) = match (error.kind(), code.as_deref()) {
        (_, Some("noauth" | "wrongpass" | "noperm")) => {
            ("authentication", "check the user, the password, and what the user may do")
        }
        (_, Some("oom")) => {
            ("out_of_memory", "give the server more memory, or let keys expire earlier")
        }
        (_, Some("readonly")) => ("read_only", "connect to the primary: replicas take no writes"),
        (_, Some("loading")) => {
            ("loading", "the server is loading its data: let the check be retried")
        }
        (ErrorKind::AuthenticationFailed, _) => {
            ("authentication", "check the user, the password, and what the user may do")
        }
        _ if error.is_connection_refusal() => {
            ("connection_refused", "start the server, or correct the host and the port")
        }
        _ if error.is_io_error() => {
            ("io", "see whether this port speaks Redis, and the server's log")
        }
        _ => ("error", "see whether this port speaks Redis, and the server's log"),
    };
    NotPassed::failed(format!("{place}: {}", chain(error))).advice(advice).error_type(error_type)
}

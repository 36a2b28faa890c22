//! Startup checks: what a service must find before it may call itself ready.
//!
//! | check | proves | feature |
//! | --- | --- | --- |
//! | [`environment`] | variables are set, not empty, no forgotten placeholders, and can be read as what they are | |
//! | [`routes`] | routes are mounted on the router, without calling a handler | `axum` |
//! | [`catalog_routes`] | what the catalog declares for this service is mounted | `axum` |
//! | [`http()`] | an endpoint answers with the status, headers and body that are expected | `http` |
//! | [`oidc`] | an OpenID Connect provider is the one it should be, and publishes keys | `http` |
//! | [`cors`] | a browser lets the pages call that have to | `http` |
//! | [`tenant_isolation`] | one tenant is refused what belongs to another | `http` |
//! | [`clock`] | this machine's clock agrees with a server's | `http` |
//! | [`tcp`] | a port takes connections | |
//! | [`tls`] | a certificate is valid, and stays so for a while | `tls` |
//! | [`postgres`] | the database answers, is migrated, and has room for connections | `postgres` |
//! | [`redis()`] | the server keeps a session, and its eviction policy lets it | `redis` |
//! | [`feature_flags`] | flags can be resolved | `feature-flags` |
//! | [`telemetry()`] | telemetry arrives at the collector, and is seen there | |
//! | [`disk`] | a file system has room | `disk` |
//! | [`custom`] | whatever an async function proves | |
//!
//! A check of one's own is a [`custom`] closure or a type that implements [`Check`].

use std::borrow::Cow;
use std::fmt;

use futures_util::future::{BoxFuture, FutureExt};

#[cfg(feature = "axum")]
mod catalog_routes;
#[cfg(feature = "http")]
mod clock;
#[cfg(feature = "http")]
mod cors;
mod custom;
#[cfg(feature = "disk")]
mod disk;
mod environment;
#[cfg(feature = "feature-flags")]
mod feature_flags;
#[cfg(feature = "http")]
mod http;
mod kind;
pub(crate) mod net;
#[cfg(feature = "http")]
mod oidc;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "axum")]
mod routes;
mod tcp;
mod telemetry;
#[cfg(feature = "http")]
mod tenant_isolation;
#[cfg(feature = "tls")]
mod tls;
pub(crate) mod trace;

#[cfg(feature = "axum")]
pub use catalog_routes::{CatalogRoutes, catalog_routes};
#[cfg(feature = "http")]
pub use clock::{Clock, clock};
#[cfg(feature = "http")]
pub use cors::{Cors, cors};
pub use custom::{Custom, custom};
#[cfg(feature = "disk")]
pub use disk::{Disk, disk};
pub use environment::{Environment, environment};
#[cfg(feature = "feature-flags")]
pub use feature_flags::{FeatureFlags, feature_flags};
#[cfg(feature = "http")]
pub use http::{Http, http};
pub use kind::CheckKind;
#[cfg(feature = "http")]
pub use oidc::{Oidc, oidc};
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, postgres};
#[cfg(feature = "redis")]
pub use redis::{Redis, redis};
#[cfg(feature = "axum")]
pub use routes::{Routes, RoutesUnderTest, routes};
pub use tcp::{Tcp, tcp};
pub use telemetry::{TelemetryPath, telemetry};
#[cfg(feature = "http")]
pub use tenant_isolation::{TenantIsolation, tenant_isolation};
#[cfg(feature = "tls")]
pub use tls::{Tls, tls};

/// Looks at one thing that the service needs.
///
/// A check may run more than once and must leave no trace. It need not watch the time: the budget of the startup does, and
/// a check that is still running then has timed out. It may even block its thread.
///
/// ```
/// use bellwether::checks::{Check, CheckKind, CheckResult, NotPassed};
///
/// struct LicenseFile;
///
/// impl Check for LicenseFile {
///     fn kind(&self) -> CheckKind {
///         CheckKind::Config
///     }
///
///     async fn run(&self) -> CheckResult {
///         std::fs::metadata("license.key")
///             .map(|_| ())
///             .map_err(|error| NotPassed::failed(format!("license.key: {error}")).advice("copy it beside the binary"))
///     }
/// }
/// ```
pub trait Check: Send + Sync + 'static {
    /// Returns what the check looks at; `startup.check.kind` on its span.
    fn kind(&self) -> CheckKind;

    /// Runs the check once.
    fn run(&self) -> impl Future<Output = CheckResult> + Send;
}

/// Says that a check passed, or why it did not.
pub type CheckResult = Result<(), NotPassed>;

/// Says why a check did not pass, for the person who has to mend it.
///
/// Any error becomes one with `?`: its message is the error's chain of sources, with passwords in URLs masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPassed {
    pub(crate) skipped: bool,
    pub(crate) message: String,
    pub(crate) advice: Option<String>,
    pub(crate) error_type: Cow<'static, str>,
}

impl NotPassed {
    /// Reports that what was looked for is not there. The message says what happened, and where.
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            skipped: false,
            message: mask_passwords(&message.into()),
            advice: None,
            error_type: Cow::Borrowed("failed"),
        }
    }

    /// Reports that the check could not be made and so says nothing, neither good nor bad.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self { skipped: true, error_type: Cow::Borrowed("skipped"), ..Self::failed(reason) }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(mask_passwords(&advice.into()));
        self
    }

    /// Sets the class of the error, a short word from a small set; `error.type` on the span.
    #[must_use]
    pub fn error_type(mut self, error_type: impl Into<Cow<'static, str>>) -> Self {
        self.error_type = error_type.into();
        self
    }

    /// Adds a remark in brackets to the message.
    pub(crate) fn noted(mut self, remark: &str) -> Self {
        self.message = format!("{} ({remark})", self.message);
        self
    }

    /// Returns what happened.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the class of the error: `error.type` on the span.
    pub fn class(&self) -> &str {
        &self.error_type
    }

    /// Returns what to do next, where that is known.
    pub fn remedy(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for NotPassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for NotPassed {
    fn from(error: E) -> Self {
        Self::failed(chain(&error)).error_type("error")
    }
}

/// Writes an error with its sources, leaving out a source whose text its parent already says.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    text
}

/// Replaces the user and the password of every URL in a text by `***`.
fn mask_passwords(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after
            .find(|c: char| c == '/' || c == '"' || c == '\'' || c.is_whitespace())
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        masked.push_str(before);
        masked.push_str("://");
        rest = match authority.rsplit_once('@') {
            Some((_, host)) => {
                masked.push_str("***@");
                masked.push_str(host);
                tail
            }
            None => after,
        };
    }
    masked.push_str(rest);
    masked
}

/// A [`Check`] behind a pointer.
pub(crate) trait AnyCheck: Send + Sync {
    fn kind(&self) -> CheckKind;
    fn run(&self) -> BoxFuture<'_, CheckResult>;
}

impl<C: Check> AnyCheck for C {
    fn kind(&self) -> CheckKind {
        Check::kind(self)
    }

    fn run(&self) -> BoxFuture<'_, CheckResult> {
        Check::run(self).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("no url", "no url"),
            ("postgres://u:p@h:5/db", "postgres://***@h:5/db"),
            ("a redis://:p@h b http://x/y@z c", "a redis://***@h b http://x/y@z c"),
            ("\"amqp://u:p@q@h\"", "\"amqp://***@h\""),
            ("broken ://u:p@", "broken ://***@"),
        ] {
            assert_eq!(NotPassed::failed(text).message(), masked);
        }
    }

    #[test]
    fn an_error_brings_its_sources() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot read the file")]
        struct Outer(#[source] std::io::Error);

        let error = Outer(std::io::Error::other("disk on fire"));
        assert_eq!(NotPassed::from(error).message(), "cannot read the file: disk on fire");
    }
}

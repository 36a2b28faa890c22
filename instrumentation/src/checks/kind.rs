//! The kinds of checks, as the telemetry names them.

use crate::monitors::Level;
use crate::semconv::startup_check_kind as names;

/// Says what a check looks at; the values of `startup.check.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckKind {
    /// Configuration and environment.
    Config,
    /// A route that must be mounted.
    Route,
    /// An HTTP endpoint.
    Http,
    /// OpenID Connect discovery.
    Oidc,
    /// CORS answers.
    Cors,
    /// A TCP port.
    Tcp,
    /// A TLS certificate.
    Tls,
    /// An SQL database.
    Sql,
    /// A Redis server.
    Redis,
    /// A feature flag.
    FeatureFlag,
    /// Isolation between tenants.
    TenantIsolation,
    /// Space on a disk.
    Disk,
    /// The clock's offset.
    Clock,
    /// The way to the collector.
    Telemetry,
    /// A customer journey.
    Journey,
    /// A check of the service's own.
    Custom,
}

impl CheckKind {
    /// Returns the level of health that such a check speaks for, unless it is said otherwise.
    pub fn level(self) -> Level {
        match self {
            Self::Route | Self::Http => Level::Endpoint,
            Self::TenantIsolation | Self::Journey => Level::Business,
            Self::Oidc | Self::Cors | Self::FeatureFlag => Level::Integration,
            Self::Config
            | Self::Tcp
            | Self::Tls
            | Self::Sql
            | Self::Redis
            | Self::Disk
            | Self::Clock
            | Self::Telemetry
            | Self::Custom => Level::Basic,
        }
    }

    /// Returns the name that stands on the span.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => names::CONFIG,
            Self::Route => names::ROUTE,
            Self::Http => names::HTTP,
            Self::Oidc => names::OIDC,
            Self::Cors => names::CORS,
            Self::Tcp => names::TCP,
            Self::Tls => names::TLS,
            Self::Sql => names::SQL,
            Self::Redis => names::REDIS,
            Self::FeatureFlag => names::FEATURE_FLAG,
            Self::TenantIsolation => names::TENANT_ISOLATION,
            Self::Disk => names::DISK,
            Self::Clock => names::CLOCK,
            Self::Telemetry => names::TELEMETRY,
            Self::Journey => names::JOURNEY,
            Self::Custom => names::CUSTOM,
        }
    }
}

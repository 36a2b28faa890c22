//! The command line, which is also the environment.

use std::net::SocketAddr;

use clap::Parser;
use clap::builder::BoolishValueParser;

/// An API whose admin router can go missing without anybody noticing.
#[derive(Debug, Clone, Parser)]
#[command(name = "marketedge")]
pub struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "MARKETEDGE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Database: postgres://user:password@host/database, or sqlite://file.db
    // Not required here: the startup validation says it better, and tells the collector.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Version that the service reports
    #[arg(long, env = "MARKETEDGE_VERSION", default_value = "1")]
    pub version_label: String,

    /// Reproduces the failure: the admin router is not mounted, and nothing else is wrong
    #[arg(long, env = "MARKETEDGE_WITHOUT_ADMIN", value_parser = BoolishValueParser::new())]
    pub without_admin: bool,

    /// URL under which clients reach the service
    #[arg(long, env = "MARKETEDGE_ISSUER", default_value = "http://127.0.0.1:8080")]
    pub issuer: String,

    /// Password of the account `zebra-probe`, which exists only if this is given
    #[arg(long, env = "ZEBRA_PROBE_PASSWORD", hide_env_values = true)]
    pub probe_password: Option<String>,

    /// Adds an `abort` check that blocks its thread for ever
    // For end-to-end tests.
    #[arg(long, env = "MARKETEDGE_BLOCKING_CHECK", value_parser = BoolishValueParser::new(), hide = true)]
    pub blocking_check: bool,

    /// Adds a `degrade` check that always fails
    // For end-to-end tests.
    #[arg(long, env = "MARKETEDGE_FAILING_CHECK", value_parser = BoolishValueParser::new(), hide = true)]
    pub failing_check: bool,
}

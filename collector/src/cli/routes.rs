//! `bellwether routes`.

use clap::{Args, Subcommand};

use super::api::Api;

const ACCEPT_EXAMPLES: &str = "Examples:
  bellwether routes accept marketedge-api 'GET /api/v1/reports' --why 'replaced by /api/v2/reports'
  bellwether routes accept marketedge-api '/api/v1/admin/**' --why 'the old panel' --by jane

A running collector expects the routes no more, from the next evaluation on and after a restart,
until a later version serves them again. It may be said before they are gone. A route that the
catalog declares is taken out there instead.
Exit codes: 0 done, 1 no collector answers, or it knows no such service or route.";

/// Options of `routes`.
#[derive(Debug, Args)]
pub struct Routes {
    /// What is said.
    #[command(subcommand)]
    pub command: RoutesCommand,
}

/// What can be said of routes.
#[derive(Debug, Subcommand)]
pub enum RoutesCommand {
    /// Says that routes are gone on purpose, so that nobody is told any more that they are missing.
    #[command(after_help = ACCEPT_EXAMPLES)]
    Accept(Accept),
}

/// Options of `routes accept`.
#[derive(Debug, Args)]
pub struct Accept {
    /// The service that served them (`service.name`).
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The routes, as patterns: `GET /users/{id}`, `/admin/**`.
    #[arg(value_name = "ROUTE", required = true)]
    pub routes: Vec<String>,
    /// Why they are gone; history tells it later.
    #[arg(long, value_name = "TEXT")]
    pub why: String,
    /// Who says so.
    #[arg(long, value_name = "NAME", env = "USER")]
    pub by: String,
    /// Which running collector.
    #[command(flatten)]
    pub to: Api,
}

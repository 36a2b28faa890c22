//! The command line.

mod api;
mod dashboards;
mod notify;
mod people;
mod routes;
mod run;
mod token;
mod tools;

use clap::{Parser, Subcommand};

pub use self::api::{Api, Asked};
pub use self::dashboards::{Dashboards, DashboardsCommand, Export};
pub use self::notify::{Notify, NotifyCommand};
pub use self::people::{Ack, Assign, Escalate, Incidents, IncidentsCommand, Publish, Silence};
pub use self::routes::{Accept, Routes, RoutesCommand};
pub use self::run::{Check, Config, ConfigCommand, LogFormat, Run};
pub use self::token::{Token, TokenCommand};
pub use self::tools::{Backtest, Explain, Report, ReportFormat, Test};

/// Guards services against silent failure, over OTLP.
///
/// Takes OTLP from services, notices routes that vanished, starts that failed and whatever else
/// rules and probes watch over, works out what is at risk, forwards the signals, and tells
/// Datadog, New Relic, Statuspage, PagerDuty, Slack, mailboxes and
/// webhooks by itself.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  bellwether run                              OTLP on 127.0.0.1:4317 (gRPC) and 4318 (HTTP)
  bellwether run --config bellwether.yaml     as the file says
  bellwether check bellwether.yaml            every mistake at once, with line and column
  bellwether config schema > schema.json      for editors that complete and check what is typed
  bellwether test rules.test.yaml             rules held against written series
  bellwether backtest --from otlp/            what would the rules have said?
  bellwether explain auth --at 2026-01-05T08:00:00Z
  bellwether incidents                        what is open, and whose it is
  bellwether ack inc-695b7d8a1c2d3e4f         I work on it
  bellwether report 2026-10                   what a month came to
  bellwether silence --component admin --for 2h --reason \"the move\"
  bellwether token create --role operator --name alice
  bellwether notify test slack/emergency      does a message arrive?
  bellwether routes accept api 'GET /v1/reports' --why 'moved to /v2'
  bellwether dashboards export grafana --to /var/lib/grafana/dashboards
  bellwether completions bash > /etc/bash_completion.d/bellwether";

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the collector until it is told to stop.
    #[command(after_help = run::RUN_EXAMPLES)]
    Run(Run),
    /// Checks configuration, catalog and rules, and prints every mistake.
    #[command(after_help = run::CHECK_EXAMPLES)]
    Check(Check),
    /// What can be asked about configuration files.
    Config(Config),
    /// Holds rules against written series, and says what is not as expected.
    #[command(after_help = tools::TEST_EXAMPLES)]
    Test(Test),
    /// Holds rules against recorded OTLP, and prints every change of state, alert and incident.
    #[command(after_help = tools::BACKTEST_EXAMPLES)]
    Backtest(Backtest),
    /// Says why a component or an incident was as it was, from the reasons that were stored.
    #[command(after_help = tools::EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Shows incidents, and everything about one.
    #[command(after_help = people::INCIDENTS_EXAMPLES)]
    Incidents(Incidents),
    /// Prints what a month or a week came to.
    #[command(after_help = tools::REPORT_EXAMPLES)]
    Report(Report),
    /// Says that somebody works on an incident, so that nobody else is told for a while.
    #[command(after_help = people::ACK_EXAMPLES)]
    Ack(Ack),
    /// Keeps people from being told of something for a while.
    #[command(after_help = people::SILENCE_EXAMPLES)]
    Silence(Silence),
    /// Makes, shows and takes away tokens for the API.
    #[command(after_help = token::TOKEN_EXAMPLES)]
    Token(Token),
    /// What can be asked about messages.
    Notify(Notify),
    /// What people say of routes that are gone.
    Routes(Routes),
    /// Dashboards for Grafana, Datadog and New Relic.
    Dashboards(Dashboards),
    /// Prints a completion script for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

const COMPLETIONS_EXAMPLES: &str = "Examples:
  bellwether completions bash > /etc/bash_completion.d/bellwether
  bellwether completions zsh > ~/.zfunc/_bellwether        with ~/.zfunc in $fpath
  bellwether completions fish > ~/.config/fish/completions/bellwether.fish";

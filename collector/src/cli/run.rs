//! `bellwether run`, `check` and `config`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::config::Subject;

pub(super) const RUN_EXAMPLES: &str = "Examples:
  bellwether run --config /etc/bellwether/bellwether.yaml
  bellwether run --log debug

Reads its configuration again on SIGHUP and when its files change; one with mistakes is refused.
Stops on SIGTERM and SIGINT: takes no more requests, finishes what it has, and exits with 0.
Exit codes: 0 stopped as told, 1 failed while running, 2 wrong configuration or command line.";

/// Options of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// The configuration file; without one, ./bellwether.yaml if there is one, else defaults.
    #[arg(short, long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub config: Option<PathBuf>,
    /// What to log: error, warn, info, debug, trace, or a filter such as `info,sqlx=warn`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "BELLWETHER_LOG")]
    pub log: String,
    /// How to write the log.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) const CHECK_EXAMPLES: &str = "Examples:
  bellwether check
  bellwether check bellwether.yaml
  bellwether check a.yaml b.yaml

Also prints notes: what is no mistake and may surprise all the same.
Exit codes: 0 no mistakes, 2 mistakes.";

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration files.
    #[arg(value_name = "FILE", default_value = "bellwether.yaml", env = "BELLWETHER_CONFIG")]
    pub files: Vec<PathBuf>,
}

/// What can be asked about configuration files.
#[derive(Debug, Args)]
pub struct Config {
    /// What is asked.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// Questions about configuration files.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints a JSON Schema, so that editors complete and check what is typed.
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema {
        /// Of which file.
        #[arg(long = "for", value_name = "FILE", default_value = "configuration")]
        subject: Subject,
    },
}

const SCHEMA_EXAMPLES: &str = "Examples:
  bellwether config schema > bellwether.schema.json
  bellwether config schema --for catalog > catalog.schema.json

Editors that know the YAML language server take it from the first line of a file:
  # yaml-language-server: $schema=bellwether.schema.json";

//! What holds rules against something, and what reads back what was found: `test`, `backtest`, `explain` and `report`.

use std::path::PathBuf;

use bellwether_core::period::Calendar;
use clap::{Args, ValueEnum};

use super::api::Api;

pub(super) const TEST_EXAMPLES: &str = "Examples:
  bellwether test rules.test.yaml
  bellwether test tests/*.yaml

Nothing is sent anywhere, and no time passes. How tests are written: docs/tools.md.
Exit codes: 0 all passed, 1 a test failed, 2 a file has mistakes.";

/// Options of `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// The files with tests.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

pub(super) const BACKTEST_EXAMPLES: &str = "Examples:
  bellwether backtest --config bellwether.yaml --from /var/log/otlp
  bellwether backtest --config bellwether.yaml --from traces.pb metrics.pb --json
  bellwether backtest --config bellwether.yaml --from otlp/ --labels outages.yaml

Reads what the OpenTelemetry Collector's file exporter writes: JSON lines, and protobuf behind
lengths; either compressed with zstd or not. Nothing is sent anywhere; the clock is that of the
signals. Equal input gives equal output, byte for byte.
Exit codes: 0 done, 1 failed, 2 a file has mistakes.";

/// Options of `backtest`.
#[derive(Debug, Args)]
pub struct Backtest {
    /// The configuration with the catalog and the rules; without one, defaults.
    #[arg(short, long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Files with OTLP, and folders with such files.
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// A file that says what was really out, and when: adds how right the alerts were.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// How many seconds after the last signal rules are still evaluated: 0 unless set.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub after: u64,
    /// Prints a JSON document a line instead of a table.
    #[arg(long)]
    pub json: bool,
}

pub(super) const EXPLAIN_EXAMPLES: &str = "Examples:
  bellwether explain auth                                      as it stands
  bellwether explain auth --at 2026-01-05T08:00:00Z            as it stood
  bellwether explain inc-695b7d8a1c2d3e4f --url http://127.0.0.1:8088
  bellwether explain auth --storage ./bellwether-data          of a collector that does not run
  bellwether explain auth --config bellwether.yaml             the same, where it keeps history

Exit codes: 0 done, 1 the history cannot be read, or knows nothing of it.";

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The id of a component or of an incident.
    #[arg(value_name = "COMPONENT|INCIDENT")]
    pub about: String,
    /// As it stood then, such as 2026-01-05T08:00:00Z; without one, as it stands.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Which running collector.
    #[command(flatten)]
    pub api: Api,
    /// The folder of a collector that does not run.
    #[arg(long, value_name = "FOLDER", conflicts_with = "url")]
    pub storage: Option<PathBuf>,
    /// The configuration of a collector that does not run: history is read where it keeps it,
    /// also in PostgreSQL.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "storage"])]
    pub config: Option<PathBuf>,
}

pub(super) const REPORT_EXAMPLES: &str = "Examples:
  bellwether report 2026-10                            a month, as JSON
  bellwether report 2026-W48 --format html > w48.html  a week, as a page that needs nothing else

Exit codes: 0 done, 1 the collector does not answer, or knows nothing of that time,
2 wrong command line.";

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// A month, such as 2026-10, or a week as ISO 8601 counts them, such as 2026-W48; in UTC.
    #[arg(value_name = "PERIOD")]
    pub period: Calendar,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = ReportFormat::Json)]
    pub format: ReportFormat,
    /// Which running collector.
    #[command(flatten)]
    pub api: Api,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For programs.
    Json,
    /// For people: a whole page, which is the body of a mail, too.
    Html,
}

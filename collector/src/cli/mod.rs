//! The command line.

mod dashboards;

use std::path::PathBuf;

use bellwether_core::access::Role;
use bellwether_core::period::Calendar;
use bellwether_core::settings::{HumanDuration, Secret};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::dashboards::{Dashboards, DashboardsCommand, Export, Product};
use crate::config::Subject;
use crate::tools::Address;

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
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Checks configuration, catalog and rules, and prints every mistake.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// What can be asked about configuration files.
    Config(Config),
    /// Holds rules against written series, and says what is not as expected.
    #[command(after_help = TEST_EXAMPLES)]
    Test(Test),
    /// Holds rules against recorded OTLP, and prints every change of state, alert and incident.
    #[command(after_help = BACKTEST_EXAMPLES)]
    Backtest(Backtest),
    /// Says why a component or an incident was as it was, from the reasons that were stored.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Shows incidents, and everything about one.
    #[command(after_help = INCIDENTS_EXAMPLES)]
    Incidents(Incidents),
    /// Prints what a month or a week came to.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(Report),
    /// Says that somebody works on an incident, so that nobody else is told for a while.
    #[command(after_help = ACK_EXAMPLES)]
    Ack(Ack),
    /// Keeps people from being told of something for a while.
    #[command(after_help = SILENCE_EXAMPLES)]
    Silence(Silence),
    /// Makes, shows and takes away tokens for the API.
    #[command(after_help = TOKEN_EXAMPLES)]
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

const RUN_EXAMPLES: &str = "Examples:
  bellwether run --config /etc/bellwether/bellwether.yaml
  bellwether run --log debug

Reads its configuration again on SIGHUP and when its files change; one with mistakes is refused.
Stops on SIGTERM and SIGINT: takes no more requests, finishes what it has, and exits with 0.
Exit codes: 0 stopped as told, 1 failed while running, 2 wrong configuration or command line.";

const COMPLETIONS_EXAMPLES: &str = "Examples:
  bellwether completions bash > /etc/bash_completion.d/bellwether
  bellwether completions zsh > ~/.zfunc/_bellwether        with ~/.zfunc in $fpath
  bellwether completions fish > ~/.config/fish/completions/bellwether.fish";

const CHECK_EXAMPLES: &str = "Examples:
  bellwether check
  bellwether check bellwether.yaml
  bellwether check a.yaml b.yaml

Also prints notes: what is no mistake and may surprise all the same.
Exit codes: 0 no mistakes, 2 mistakes.";

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
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
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

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration files.
    #[arg(value_name = "FILE", default_value = "bellwether.yaml", env = "BELLWETHER_CONFIG")]
    pub files: Vec<PathBuf>,
}

const TEST_EXAMPLES: &str = "Examples:
  bellwether test rules.test.yaml
  bellwether test tests/*.yaml

Nothing is sent anywhere, and no time passes. How tests are written: docs/tools.md.
Exit codes: 0 all passed, 1 a test failed, 2 a file has mistakes.";

const BACKTEST_EXAMPLES: &str = "Examples:
  bellwether backtest --config bellwether.yaml --from /var/log/otlp
  bellwether backtest --config bellwether.yaml --from traces.pb metrics.pb --json
  bellwether backtest --config bellwether.yaml --from otlp/ --labels outages.yaml

Reads what the OpenTelemetry Collector's file exporter writes: JSON lines, and protobuf behind
lengths; either compressed with zstd or not. Nothing is sent anywhere; the clock is that of the
signals. Equal input gives equal output, byte for byte.
Exit codes: 0 done, 1 failed, 2 a file has mistakes.";

const EXPLAIN_EXAMPLES: &str = "Examples:
  bellwether explain auth                                      as it stands
  bellwether explain auth --at 2026-01-05T08:00:00Z            as it stood
  bellwether explain inc-695b7d8a1c2d3e4f --url http://127.0.0.1:8088
  bellwether explain auth --storage ./bellwether-data          of a collector that does not run
  bellwether explain auth --config bellwether.yaml             the same, where it keeps history

Exit codes: 0 done, 1 the history cannot be read, or knows nothing of it.";

const REPORT_EXAMPLES: &str = "Examples:
  bellwether report 2026-10                            a month, as JSON
  bellwether report 2026-W48 --format html > w48.html  a week, as a page that needs nothing else

Exit codes: 0 done, 1 the collector does not answer, or knows nothing of that time,
2 wrong command line.";

const INCIDENTS_EXAMPLES: &str = "Examples:
  bellwether incidents                          those that are open
  bellwether incidents --all --json
  bellwether incidents inc-695b7d8a1c2d3e4f     one, with who was told and why
  bellwether incidents assign inc-695b7d8a1c2d3e4f bob
  bellwether incidents publish inc-695b7d8a1c2d3e4f

Exit codes: 0 done, 1 the collector does not answer, or knows no such incident.";

const ACK_EXAMPLES: &str = "Examples:
  bellwether ack inc-695b7d8a1c2d3e4f
  bellwether ack inc-695b7d8a1c2d3e4f --for 2h --note \"the disk is full, making room\"

Steps of escalation that are still to come are not taken. When the time is over and nobody
acknowledged again, everybody who was told is told again, and the next step is taken.
Exit codes: 0 done, 1 not done: the answer says why.";

const SILENCE_EXAMPLES: &str = "Examples:
  bellwether silence --component admin --for 2h --reason \"the move\"
  bellwether silence --incident inc-695b7d8a1c2d3e4f --reason \"known, until it is resolved\"
  bellwether silence --when 'severity == \"low\"' --for 8h --reason \"night\"
  bellwether silence --list
  bellwether silence --end sil-18b2c5d6e7f8a9b0

Messages stop, nothing else does; what still fires at the end is told as new.
Exit codes: 0 done, 1 not done: the answer says why.";

/// The collector that is asked, and how its answer is told.
#[derive(Debug, Args)]
pub struct Asked {
    /// Which running collector.
    #[command(flatten)]
    pub api: Api,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `incidents`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Incidents {
    /// What is done about one.
    #[command(subcommand)]
    pub command: Option<IncidentsCommand>,
    /// One incident, with all that is known of it.
    #[arg(value_name = "INCIDENT")]
    pub id: Option<String>,
    /// Those that are over, too.
    #[arg(long)]
    pub all: bool,
    /// How many of the newest are looked at.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub limit: u32,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

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

/// What can be done about an incident.
#[derive(Debug, Subcommand)]
pub enum IncidentsCommand {
    /// Gives an incident to somebody.
    Assign(Assign),
    /// Has customers read of an incident, as drafted or in other words.
    #[command(after_help = PUBLISH_EXAMPLES)]
    Publish(Publish),
}

const PUBLISH_EXAMPLES: &str = "Examples:
  bellwether incidents publish inc-695b7d8a1c2d3e4f
  bellwether incidents publish inc-695b7d8a1c2d3e4f --text \"The admin panel is slow. We are on it.\"

What is drafted: bellwether incidents inc-695b7d8a1c2d3e4f
Exit codes: 0 done, 1 not done: the answer says why.";

/// Options of `incidents publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Another headline than the one drafted.
    #[arg(long, value_name = "TEXT")]
    pub headline: Option<String>,
    /// Another text than the one drafted; an incident that is on the page already gets it as an
    /// update.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

/// Options of `incidents assign`.
#[derive(Debug, Args)]
pub struct Assign {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Who gets it.
    #[arg(value_name = "NAME")]
    pub to: String,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

/// Options of `ack`.
#[derive(Debug, Args)]
pub struct Ack {
    /// The incident.
    #[arg(value_name = "INCIDENT")]
    pub id: String,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// For how long, such as 2h; as `alerting.acknowledge_for` says unless set.
    #[arg(long = "for", value_name = "TIME")]
    pub hold: Option<HumanDuration>,
    /// What to write about it.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

/// Options of `silence`.
#[derive(Debug, Args)]
pub struct Silence {
    /// Only this incident.
    #[arg(long, value_name = "INCIDENT")]
    pub incident: Option<String>,
    /// Only incidents of this component.
    #[arg(long, value_name = "COMPONENT")]
    pub component: Option<String>,
    /// Only incidents for which this holds, in CEL.
    #[arg(long, value_name = "CONDITION")]
    pub when: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "end"])]
    pub reason: Option<String>,
    /// For how long, such as 2h; until the incident is resolved unless set.
    #[arg(long = "for", value_name = "TIME")]
    pub hold: Option<HumanDuration>,
    /// Who does it; with a token, its name counts.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "somebody")]
    pub by: String,
    /// Shows the silences that hold or will hold.
    #[arg(long, conflicts_with_all = ["incident", "component", "when", "reason", "hold", "end"])]
    pub list: bool,
    /// Ends a silence.
    #[arg(long, value_name = "SILENCE", conflicts_with_all = ["incident", "component", "when", "reason", "hold"])]
    pub end: Option<String>,
    /// Who is asked.
    #[command(flatten)]
    pub asked: Asked,
}

const TOKEN_EXAMPLES: &str = "Examples:
  bellwether token create --role operator --name alice
  bellwether token list --storage /var/lib/bellwether
  bellwether token revoke tok_4f1c9a0237be11d5

A token is printed once; what is kept of it is a hash. A collector that runs goes by it at once.
Roles: viewer looks, operator acts on incidents too, admin reads who did what too.
Exit codes: 0 done, 1 failed.";

/// Options of `token`.
#[derive(Debug, Args)]
pub struct Token {
    /// What is to be done.
    #[command(subcommand)]
    pub command: TokenCommand,
    /// The collector's folder, as `extensions.storage.path` has it.
    #[arg(long, global = true, value_name = "FOLDER", default_value = "bellwether-data")]
    pub storage: PathBuf,
}

/// What can be done about tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token, and prints it this once.
    Create {
        /// What it may do.
        #[arg(long, value_parser = roles())]
        role: Role,
        /// Who gets it: what the audit calls them.
        #[arg(long)]
        name: String,
    },
    /// Shows the tokens that there are, without themselves.
    List,
    /// Takes a token away.
    Revoke {
        /// Its id, as `list` shows it.
        id: String,
    },
}

fn roles() -> impl TypedValueParser<Value = Role> {
    let words = PossibleValuesParser::new(Role::ALL.iter().map(|it| it.as_str()));
    // nothing else is let through
    words.map(|word| Role::from_word(&word).unwrap_or(Role::Viewer))
}

const NOTIFY_EXAMPLES: &str = "Examples:
  bellwether notify test slack/emergency
  bellwether notify test email/owners --to ada@example.com --config bellwether.yaml

Tells of an incident that is marked as a test, and of its end, so that nothing stays open; pages
whoever is on call where the destination does that. A status page is only asked whether it lets us
in: customers read nothing.
Exit codes: 0 it was taken, 1 it was not, 2 wrong configuration or command line.";

/// What can be asked about messages.
#[derive(Debug, Args)]
pub struct Notify {
    /// What is asked.
    #[command(subcommand)]
    pub command: NotifyCommand,
}

/// Questions about messages.
#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// Sends a marked test message, and prints what the destination answered.
    #[command(after_help = NOTIFY_EXAMPLES)]
    Test {
        /// The exporter, such as pagerduty or slack/emergency.
        #[arg(value_name = "CHANNEL")]
        channel: String,
        /// The configuration file.
        #[arg(
            short,
            long,
            value_name = "FILE",
            default_value = "bellwether.yaml",
            env = "BELLWETHER_CONFIG"
        )]
        config: PathBuf,
        /// Who is to get it in the place of those of the settings; for e-mail.
        #[arg(long, value_name = "ADDRESS")]
        to: Vec<String>,
    },
}

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

/// Which running collector is asked, and as whom.
#[derive(Debug, Args)]
pub struct Api {
    /// The API of a running collector; http://127.0.0.1:8088 unless set.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The token to show, where one is needed; from the environment, so that nobody sees it among
    /// the processes.
    #[arg(long, value_name = "TOKEN", env = "BELLWETHER_TOKEN", hide_env_values = true, value_parser = secret)]
    pub token: Option<Secret>,
    /// A file with the token to show, where one is needed.
    #[arg(long, value_name = "FILE", env = "BELLWETHER_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl From<Api> for Address {
    fn from(api: Api) -> Self {
        Self { url: api.url, token: api.token, token_file: api.token_file }
    }
}

/// Options of `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// The files with tests.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

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

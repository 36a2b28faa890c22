//! The `bellwether` binary: parses the command line and exits.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bellwether_collector::cli::{
    Accept, Ack, Asked, Assign, Backtest, Check, Cli, Command, ConfigCommand, DashboardsCommand,
    Escalate, Explain, Export, Incidents, IncidentsCommand, LogFormat, Notify, NotifyCommand,
    Publish, Report, ReportFormat, RoutesCommand, Run, Silence, Test, Token, TokenCommand,
};
use bellwether_collector::config::{Loaded, Source};
use bellwether_collector::tools::people::silence::What;
use bellwether_collector::tools::{self, Address, ToolError, people};
use bellwether_collector::{app, config};
use bellwether_dashboards::Product;
use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

/// Wrong configuration or command line, as clap says it too.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(run) => self::run(&run),
        Command::Check(check) => self::check(&check),
        Command::Config(config) => match config.command {
            ConfigCommand::Schema { subject } => print(&config::schema_of(subject)),
        },
        Command::Test(test) => self::test(&test),
        Command::Backtest(backtest) => self::backtest(&backtest),
        Command::Explain(explain) => self::explain(explain),
        Command::Token(token) => self::token(token),
        Command::Incidents(incidents) => self::incidents(incidents),
        Command::Report(report) => self::report(report),
        Command::Ack(ack) => self::ack(ack),
        Command::Silence(silence) => self::silence(silence),
        Command::Notify(notify) => self::notify(notify),
        Command::Routes(routes) => match routes.command {
            RoutesCommand::Accept(accept) => self::accept(accept),
        },
        Command::Dashboards(dashboards) => match dashboards.command {
            DashboardsCommand::Export(export) => self::export(&export),
        },
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "bellwether", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
    }
}

fn run(run: &Run) -> ExitCode {
    let default = PathBuf::from("bellwether.yaml");
    let file = run.config.clone().or_else(|| default.exists().then_some(default));
    let source = Source::new(file);
    let Loaded { config, files } = source.load();
    let config = match config {
        Ok(config) => config,
        Err(problems) => return complain(&problems),
    };
    if let Err(error) = log(run) {
        eprintln!("error: --log: {error}");
        return ExitCode::from(USAGE);
    }
    for note in config.notes() {
        tracing::info!(place = %note.place, "note: {}", note.message);
    }
    match app::run_until_signal(source, config, files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check(check: &Check) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in &check.files {
        match config::load(Some(file)) {
            Ok(config) => {
                for note in config.notes() {
                    println!("note: {note}");
                }
                println!("{}: {}", file.display(), config.summary());
            }
            Err(problems) => code = complain(&problems),
        }
    }
    code
}

fn print(value: &serde_json::Value) -> ExitCode {
    // a reader that has seen enough closes the pipe
    let _ = writeln!(std::io::stdout(), "{value:#}");
    ExitCode::SUCCESS
}

fn test(test: &Test) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let mut code = ExitCode::SUCCESS;
    for file in &test.files {
        match tools::test::run(file, &mut stdout) {
            Ok(0) => {}
            Ok(_) => code = ExitCode::FAILURE,
            Err(error) => return tell(error),
        }
    }
    code
}

fn backtest(backtest: &Backtest) -> ExitCode {
    let request = tools::backtest::Request {
        config: backtest.config.as_deref(),
        from: &backtest.from,
        labels: backtest.labels.as_deref(),
        after: Duration::from_secs(backtest.after),
        json: backtest.json,
        progress: std::io::stderr().is_terminal(),
    };
    let mut stdout = std::io::BufWriter::new(std::io::stdout());
    match tools::backtest::run(&request, &mut stdout) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(error),
    }
}

fn explain(explain: Explain) -> ExitCode {
    let Explain { about, at, api, storage, config } = explain;
    let from = match tools::explain::place(api.into(), storage, config.as_deref()) {
        Ok(from) => from,
        Err(error) => return tell(error),
    };
    let request = tools::explain::Request { about, at, from };
    match tools::explain::run(&request, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(error),
    }
}

fn export(export: &Export) -> ExitCode {
    let all = export.products.is_empty();
    let products = if all { &Product::ALL[..] } else { &export.products };
    let mut stdout = std::io::stdout().lock();
    done(tools::dashboards::export(products, &export.to, export.account, &mut stdout))
}

fn token(token: Token) -> ExitCode {
    use tools::token::Request;
    let request = match token.command {
        TokenCommand::Create { role, name } => Request::Create { name, role },
        TokenCommand::List => Request::List,
        TokenCommand::Revoke { id } => Request::Revoke { id },
    };
    match tools::token::run(&token.storage, request, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(error),
    }
}

fn asked(asked: Asked) -> (Address, bool) {
    (asked.api.into(), asked.json)
}

fn incidents(incidents: Incidents) -> ExitCode {
    let Incidents { command, id, all, limit, asked } = incidents;
    match command {
        Some(IncidentsCommand::Assign(assign)) => return self::assign(assign),
        Some(IncidentsCommand::Escalate(escalate)) => return self::escalate(escalate),
        Some(IncidentsCommand::Publish(publish)) => return self::publish(publish),
        None => {}
    }
    let (collector, json) = self::asked(asked);
    let request = people::incidents::Request { id, all, limit, json, collector };
    done(people::incidents::run(&request, &mut std::io::stdout().lock()))
}

fn report(report: Report) -> ExitCode {
    let Report { period, format, api } = report;
    let html = format == ReportFormat::Html;
    let request = tools::report::Request { period, html, collector: api.into() };
    done(tools::report::run(&request, &mut std::io::stdout().lock()))
}

fn assign(assign: Assign) -> ExitCode {
    let Assign { id, to, by, asked } = assign;
    let (collector, json) = self::asked(asked);
    let request = people::assign::Request { id, to, by, json, collector };
    done(people::assign::run(&request, &mut std::io::stdout().lock()))
}

fn escalate(escalate: Escalate) -> ExitCode {
    let Escalate { id, reason, step, policy, by, asked } = escalate;
    let (collector, json) = self::asked(asked);
    let request = people::escalate::Request { id, reason, step, policy, by, json, collector };
    done(people::escalate::run(&request, &mut std::io::stdout().lock()))
}

fn publish(publish: Publish) -> ExitCode {
    let Publish { id, headline, text, by, asked } = publish;
    let (collector, json) = self::asked(asked);
    let request = people::publish::Request { id, headline, text, by, json, collector };
    done(people::publish::run(&request, &mut std::io::stdout().lock()))
}

fn ack(ack: Ack) -> ExitCode {
    let Ack { id, by, hold, note, asked } = ack;
    let (collector, json) = self::asked(asked);
    let request = people::ack::Request { id, by, hold, note, json, collector };
    done(people::ack::run(&request, &mut std::io::stdout().lock()))
}

fn silence(silence: Silence) -> ExitCode {
    let Silence { incident, component, when, reason, hold, by, list, end, asked } = silence;
    let what = match (list, end) {
        (true, _) => What::List,
        (false, Some(id)) => What::End { id, by },
        (false, None) => {
            let reason = reason.unwrap_or_default();
            What::Begin(people::silence::Wish { by, reason, incident, component, when, hold })
        }
    };
    let (collector, json) = self::asked(asked);
    done(people::silence::run(&what, json, &collector, &mut std::io::stdout().lock()))
}

fn accept(accept: Accept) -> ExitCode {
    let Accept { service, routes, why, by, to } = accept;
    let request = tools::routes::Accept { service, routes, why, by, at: to.into() };
    done(tools::routes::accept(&request, &mut std::io::stdout().lock()))
}

fn done(outcome: Result<(), ToolError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(error),
    }
}

fn notify(notify: Notify) -> ExitCode {
    let NotifyCommand::Test { channel, config, to } = notify.command;
    let request = tools::notify::Request { channel, config, to };
    match tools::notify::run(&request, &mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => tell(error),
    }
}

fn tell(error: ToolError) -> ExitCode {
    match error {
        ToolError::Written(problems) => complain(&problems),
        error => {
            // if stderr is gone there is nobody left to tell
            let _ = writeln!(std::io::stderr(), "error: {error}");
            match error {
                ToolError::File { .. } => ExitCode::from(USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn complain(problems: &bellwether_config::Problems) -> ExitCode {
    let mut stderr = std::io::stderr();
    let colour = stderr.is_terminal();
    // if stderr is gone there is nobody left to tell
    let _ = writeln!(stderr, "{}", problems.render(colour).trim_end());
    ExitCode::from(USAGE)
}

fn log(run: &Run) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(&run.log)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match run.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}

//! `bellwether notify test`: does a message arrive?

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use bellwether_core::ids::Destination;
use bellwether_core::links::NoLinks;
use bellwether_core::witness::Nobody;
use bellwether_exporters::notices::Trial;
use bellwether_exporters::timing::Stop;
use bellwether_exporters::{Exporter, Runtime};

use super::ToolError;
use crate::app::World;
use crate::config;

/// What to try.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name of the exporter.
    pub channel: String,
    /// The configuration file.
    pub config: PathBuf,
    /// Who is to get it in the place of those of the settings.
    pub to: Vec<String>,
}

/// Sends a test message and writes what the destination answered; says whether it was taken.
///
/// # Errors
/// Says what is wrong with the configuration, or that there is no such destination.
pub fn run(request: &Request, out: &mut impl Write) -> Result<bool, ToolError> {
    let config = config::load(Some(&request.config))?;
    let name = Destination::new(&request.channel);
    let exporter = config.exporters.iter().find(|it| *it.destination() == name);
    let Some(exporter) = exporter.filter(|it| it.notice_policy().is_some()) else {
        return Err(unknown(request, &config.exporters));
    };
    let other = |error: &dyn std::fmt::Display| ToolError::Other(error.to_string());
    let world = World::real().map_err(|error| other(&error))?;
    let clock = world.clock.clone();
    let runtime = Runtime {
        network: world.network,
        clock: Arc::new(move || clock.now()),
        stop: Stop::new(),
        witness: Arc::new(Nobody),
        links: Arc::new(NoLinks),
    };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let trials = tokio.block_on(exporter.try_notices(&runtime, &request.to));
    let trials = trials.map_err(|error| ToolError::Other(chain(&error)))?.unwrap_or_default();
    let mut taken = !trials.is_empty();
    for trial in &trials {
        taken &= trial.end.is_ok();
        tell(&request.channel, trial, out)?;
    }
    Ok(taken)
}

fn tell(channel: &str, trial: &Trial, out: &mut impl Write) -> std::io::Result<()> {
    let what = trial.change.map_or("asked whether we are let in".to_owned(), |it| {
        format!("a test incident that is {it}")
    });
    let end = match (&trial.end, trial.skipped) {
        (Err(_), _) => "NOT TAKEN",
        (Ok(()), Some(_)) => "nothing sent",
        (Ok(()), None) => "taken",
    };
    writeln!(out, "{channel}: {what}: {end}")?;
    for it in &trial.asked {
        writeln!(out, "  {} at {}: {}", it.what, it.host, it.answer)?;
    }
    if let Some(why) = trial.skipped {
        writeln!(out, "  {why}")?;
    }
    if let Err(why) = &trial.end {
        writeln!(out, "  {why}")?;
    }
    Ok(())
}

fn unknown(request: &Request, exporters: &[Exporter]) -> ToolError {
    let told = exporters.iter().filter(|it| it.notice_policy().is_some());
    let names: Vec<&str> = told.map(|it| it.destination().as_str()).collect();
    let known = match names.is_empty() {
        true => "it has none that takes messages".to_owned(),
        false => format!("those that take messages are {}", names.join(", ")),
    };
    let what = format!("there is no exporter `{}` that takes messages: {known}", request.channel);
    ToolError::file(&request.config, "exporters", what)
}

/// Writes an error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

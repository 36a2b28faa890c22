//! Measures what instrumentation costs a request through axum: `make bench` writes the figures into docs/benchmarks.md.
//!
//! One process measures one variant, so that each has the global subscriber that a service would have. The parent lets them
//! take turns, so that what happens to the machine happens to all of them. A receiver in a third process takes the OTLP.

mod alloc;
mod clock;
mod host;
mod report;
mod runs;
mod sink;
mod statistics;
mod variant;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use bellwether_load::ending::ended;
use clap::{Parser, Subcommand};

use variant::{Trace, Variant};

#[derive(Parser)]
#[command(about = "Measures what instrumentation costs a request through axum")]
struct Args {
    #[command(subcommand)]
    role: Option<Role>,
    /// How often each variant is measured.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// The page whose section is written; standard output only unless given.
    #[arg(long)]
    page: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Role {
    /// Receives OTLP and counts spans; started by the parent.
    Sink,
    /// Measures one variant whenever a line comes in; started by the parent.
    Worker { variant: Variant, trace: Trace, endpoint: String },
}

fn main() -> ExitCode {
    ended(run())
}

fn run() -> anyhow::Result<()> {
    let args = Args::parse();
    match args.role {
        Some(Role::Sink) => sink::run(),
        Some(Role::Worker { variant, trace, endpoint }) => worker::run(variant, trace, &endpoint),
        None => {
            let figures = runs::run(args.rounds)?;
            let section = report::section(&figures);
            println!("{section}");
            if let Some(page) = args.page {
                bellwether_load::page::write(&page, "instrumentation", &section)?;
            }
            Ok(())
        }
    }
}

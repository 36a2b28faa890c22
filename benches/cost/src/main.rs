//! What rules cost: CPU for a span, CPU for an evaluation, memory for groups.

mod alloc;
mod disk;
mod flow;
mod groups;
mod plane;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use bellwether_load::ending::ended;
use clap::Parser;

use self::disk::Disk;
use self::groups::Case;
use self::report::Row;

/// Measures what rules cost, and writes it down.
#[derive(Parser)]
struct Options {
    /// Minutes for which is written to a disk.
    #[arg(long, default_value_t = 4)]
    minutes: usize,
    /// How often each is measured.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// The page whose section is written; standard output only unless given.
    #[arg(long)]
    page: Option<PathBuf>,
    /// Only cases whose name contains this.
    #[arg(long, default_value = "")]
    cases: String,
    /// Groups that are evaluated.
    #[arg(long, default_value_t = 10_000)]
    evaluated: usize,
    /// Groups that are kept.
    #[arg(long, default_value_t = 100_000)]
    kept: usize,
}

fn main() -> ExitCode {
    ended(run())
}

fn run() -> anyhow::Result<()> {
    let options = Options::parse();
    eprint!("\r\x1b[Kspans");
    let flow = flow::measure(options.rounds)?;
    eprint!("\r\x1b[Kdisk");
    let disk = disk::measure(options.evaluated, options.minutes)?;
    let mut rows = Vec::new();
    for case in Case::all().into_iter().filter(|it| it.name.contains(&options.cases)) {
        eprint!("\r\x1b[K{}", case.name);
        let cost = case.evaluations(options.evaluated, options.rounds)?;
        let state = case.state(options.kept, &Disk::open()?)?;
        rows.push(Row { case, cost, state });
    }
    eprint!("\r\x1b[K");
    let section = report::section(&flow, &rows, &disk, &options);
    println!("{section}");
    if let Some(page) = &options.page {
        bellwether_load::page::write(page, "rules", &section)?;
    }
    report::verdict(&flow, &rows)
}

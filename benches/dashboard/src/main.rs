//! Measures how soon the dashboard shows what there is to see, and writes it down.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use bellwether_glance::{Case, Outcome, measure};
use bellwether_load::ending::ended;
use bellwether_load::page;
use clap::Parser;

/// The first load of the executive page has to keep below this (ms), and so much script may be sent
/// at all (bytes, gzipped).
const LOAD: f64 = 1_000.0;
const SCRIPT: u64 = 250_000;

/// From fault to pixel, for 99 of a hundred.
const PIXEL: Duration = Duration::from_millis(500);

/// How much more memory the collector may have had at the end than at first.
const GROWTH: u64 = 8 << 20;

/// Measures the dashboard in Chromium.
#[derive(Parser)]
struct Options {
    /// Components, each with a rule of its own.
    #[arg(long, default_value_t = 500)]
    components: usize,
    /// Incidents that are open all the while.
    #[arg(long, default_value_t = 50)]
    open: usize,
    /// Loads of the executive page, each way.
    #[arg(long, default_value_t = 15)]
    loads: usize,
    /// Faults.
    #[arg(long, default_value_t = 200)]
    faults: usize,
    /// Sockets.
    #[arg(long, default_value_t = 200)]
    sockets: usize,
    /// For how long they are held, in seconds.
    #[arg(long, default_value_t = 300)]
    held: u64,
    /// The page whose section is written; standard output only unless given.
    #[arg(long)]
    page: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    ended(run().await)
}

async fn run() -> anyhow::Result<()> {
    let Options { components, open, loads, faults, sockets, held, page } = Options::parse();
    let held = Duration::from_secs(held);
    let case = Case { components, open, loads, faults, sockets, held };
    let outcome = measure(case).await?;
    let script = script()?;
    let section = section(case, &outcome, script);
    println!("{section}");
    if let Some(page) = page {
        page::write(&page, "dashboard", &section)?;
    }
    let cold = median(&outcome.loads.cold);
    ensure!(cold < LOAD, "a first load takes {cold:.0} ms, not below {LOAD:.0}");
    ensure!(script < SCRIPT, "{script} B of script are too many: {SCRIPT} at most");
    let p99 = outcome.pixels.quantile(0.99);
    ensure!(p99 < PIXEL, "fault to pixel: p99 is {p99:?}, not below {PIXEL:?}");
    let grown = outcome.held.end.saturating_sub(outcome.held.warm);
    ensure!(grown < GROWTH, "memory grew by {grown} B while sockets were held");
    Ok(())
}

/// Returns how many bytes of script there are in all, gzipped.
fn script() -> anyhow::Result<u64> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards/web/dist/app/assets");
    let mut bytes = 0;
    for file in std::fs::read_dir(built)? {
        let file = file?;
        if file.file_name().to_string_lossy().ends_with(".js.gz") {
            bytes += file.metadata()?.len();
        }
    }
    Ok(bytes)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::INFINITY)
}

fn section(case: Case, outcome: &Outcome, script: u64) -> String {
    let Outcome { loads, pixels, held } = outcome;
    let row = |name: &str, values: &[f64]| {
        let most = values.iter().copied().fold(0.0, f64::max);
        format!("| {name} | **{:.0}** | {most:.0} | {LOAD:.0} |\n", median(values))
    };
    let [half, p99, most] = [0.5, 0.99, 1.0].map(|share| pixels.quantile(share).as_millis());
    let [kib, all] = [loads.script, loads.all].map(|it| it.div_ceil(1_000));
    let [without, warm, end] = [held.without, held.warm, held.end].map(|it| it >> 20);
    format!(
        "{} components, {} incidents open; {} loads each way, {} faults.\n\n\
         | from the beginning of the navigation until revenue at risk is painted, ms | p50 | longest | bar |\n\
         | --- | --- | --- | --- |\n{}{}\n\
         | | B | bar |\n| --- | --- | --- |\n\
         | script in all, gzipped | **{script}** | {SCRIPT} |\n\n\
         Of it the executive page loads {kib} kB, and with style and pictures {all} kB.\n\n\
         | from the evaluation that opens an incident until its row is painted, ms | p50 | p99 | longest | bar for p99 |\n\
         | --- | --- | --- | --- | --- |\n\
         | operations page, over the socket | {half} | **{p99}** | {most} | {} |\n\n\
         | {} sockets held for {} s | messages | MiB without | MiB with | MiB at the end |\n\
         | --- | --- | --- | --- | --- |\n\
         | the most memory that the collector had | {} | {without} | {warm} | **{end}** |\n\n\
         Measured on: {}.\n",
        case.components,
        case.open,
        case.loads,
        case.faults,
        row("empty cache", &loads.cold),
        row("warm cache", &loads.warm),
        PIXEL.as_millis(),
        held.sockets,
        held.time.as_secs(),
        held.messages,
        page::machine(),
    )
}

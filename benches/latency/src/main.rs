//! Measures how long it takes until somebody is paged, and writes it down.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use bellwether_latency::{Case, Outcome, Severity, TICK, measure};
use bellwether_load::ending::ended;
use bellwether_load::page;
use clap::Parser;

/// What 99 of a hundred faults have to keep to.
const BAR: Duration = TICK.saturating_add(Duration::from_secs(1));

/// Measures from the span of a fault to the provider's answer.
#[derive(Parser)]
struct Options {
    /// Components, each with a rule of its own.
    #[arg(long, default_value_t = 500)]
    components: usize,
    /// Incidents that are open all the while.
    #[arg(long, default_value_t = 100)]
    open: usize,
    /// Faults.
    #[arg(long, default_value_t = 400)]
    faults: usize,
    /// The page whose section is written; standard output only unless given.
    #[arg(long)]
    page: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    ended(run().await)
}

async fn run() -> anyhow::Result<()> {
    let Options { components, open, faults, page } = Options::parse();
    let case = Case { components, open, faults, settle: Duration::from_secs(61) };
    let outcome = measure(case).await?;
    let section = section(case, &outcome);
    println!("{section}");
    if let Some(page) = page {
        page::write(&page, "alerts", &section)?;
    }
    for severity in [Severity::Emergency, Severity::Critical] {
        let p99 = outcome.latencies(severity).quantile(0.99);
        ensure!(p99 < BAR, "{}: p99 is {p99:?}, not below {BAR:?}", severity.as_str());
    }
    Ok(())
}

fn section(case: Case, outcome: &Outcome) -> String {
    let rows: String = [Severity::Emergency, Severity::Critical]
        .map(|severity| {
            let latencies = outcome.latencies(severity);
            let [half, most, all] =
                [0.5, 0.99, 1.0].map(|share| latencies.quantile(share).as_secs_f64());
            let (name, bar) = (severity.as_str(), BAR.as_secs_f64());
            format!("| {name} | {half:.2} | **{most:.2}** | {all:.2} | {bar:.0} |\n")
        })
        .concat();
    format!(
        "{} faults one after the other, {} components, at least {} incidents open before each.\n\n\
         | from the span of a fault to the provider's answer, s | p50 | p99 | longest | bar for p99 |\n\
         | --- | --- | --- | --- | --- |\n{rows}\n\
         Measured on: {}.\n",
        outcome.told.len(),
        case.components,
        outcome.open,
        page::machine(),
    )
}

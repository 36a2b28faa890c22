//! Measures collectors beside each other.

mod case;
mod fired;
mod host;
mod idle;
mod peer;
mod report;

mod run;
mod statistics;

use std::path::PathBuf;

use clap::Args;

use self::case::Case;
use self::peer::{Peer, Programs};
use self::report::Figures;

/// What is measured, and how long.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// One short run of the case that the bars are for.
    #[arg(long)]
    quick: bool,
    /// How often each peer is measured in each case.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How long one measurement takes.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Only cases whose name contains this, such as `grpc none 100 spans`.
    #[arg(long, default_value = "")]
    cases: String,
    /// Only these peers.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Peer>,
    /// The page whose section is written; standard output only unless given.
    #[arg(long)]
    page: Option<PathBuf>,
    /// Where programs are that are not built here: the OpenTelemetry Collector and rotel.
    #[arg(long, default_value = ".cache")]
    cache: PathBuf,
    /// Where queues on disk and logs of peers are kept meanwhile: on a real disk.
    #[arg(long, default_value = ".cache/bench")]
    folder: PathBuf,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let programs = Programs::find(&options.cache)?;
    std::fs::create_dir_all(&options.folder)?;
    let (runs, seconds) = if options.quick { (1, 1.5) } else { (options.runs, options.seconds) };
    let mut figures = Vec::new();
    for case in Case::all() {
        let wanted = if options.quick { case.has_bars() } else { true };
        if !wanted || !case.name().contains(&options.cases) {
            continue;
        }
        let peers: Vec<Peer> = Peer::of(&case)
            .into_iter()
            .filter(|it| options.peers.is_empty() || options.peers.contains(it))
            .collect();
        let mut measured = Figures::new(case, &peers);
        for round in 0..runs {
            // another one begins each round, so that none always follows the same one
            for turn in 0..peers.len() {
                let at = (turn + round) % peers.len();
                let peer = peers[at];
                eprint!("\r\x1b[K{}: {} ({} of {runs})", case.name(), peer.name(), round + 1);
                let one = run::measure(peer, case, seconds, &programs, &options.folder).await?;
                measured.add(at, one);
            }
        }
        eprintln!("\r\x1b[K{}", case.name());
        println!("{}", report::table(&measured));
        figures.push(measured);
    }
    let idle = idle::measure(runs, &programs, &options.folder).await?;
    let section = report::section(&figures, &idle, runs, seconds, &programs, &options.folder);
    if let Some(page) = &options.page {
        bellwether_load::page::write(page, "collector", &section)?;
    }
    report::verdicts(&figures, &idle)
}

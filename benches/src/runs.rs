//! Lets the variants take turns.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};

use crate::variant::{Trace, Variant};
use crate::worker::{CHUNKS, Cost};

/// The variants in the order of the table.
pub(crate) const VARIANTS: [Variant; 4] =
    [Variant::None, Variant::Default, Variant::Lean, Variant::Bellwether];

/// What was measured with one kind of trace: one row for each round, one cost for each variant.
pub(crate) struct Figures {
    pub(crate) trace: Trace,
    pub(crate) rounds: Vec<[Cost; 4]>,
}

/// Measures every variant with every kind of trace, in `rounds` rounds.
pub(crate) fn run(rounds: usize) -> anyhow::Result<Vec<Figures>> {
    [Trace::Sampled, Trace::Unsampled].into_iter().map(|trace| compare(trace, rounds)).collect()
}

fn compare(trace: Trace, rounds: usize) -> anyhow::Result<Figures> {
    let mut sink = Process::start(Command::new(std::env::current_exe()?).arg("sink"))?;
    let endpoint = format!("http://{}", sink.line()?);
    let mut workers = Vec::new();
    for variant in VARIANTS {
        let mut command = Command::new(std::env::current_exe()?);
        let names = [format!("{variant:?}").to_lowercase(), format!("{trace:?}").to_lowercase()];
        command.arg("worker").args(names).arg(&endpoint);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint);
        workers.push(Process::start(&mut command)?);
    }
    // The first measurement of each warms it up.
    for worker in &mut workers {
        worker.measure()?;
    }
    let mut measured = Vec::new();
    for round in 0..rounds {
        let mut costs = [None; 4];
        for turn in 0..VARIANTS.len() {
            // Another one begins each round, so that no variant always follows the same one.
            let at = (turn + round) % VARIANTS.len();
            if let (Some(worker), Some(cost)) = (workers.get_mut(at), costs.get_mut(at)) {
                *cost = Some(worker.measure()?);
            }
        }
        let [Some(none), Some(default), Some(lean), Some(ours)] = costs else { continue };
        measured.push([none, default, lean, ours]);
        eprint!("\r{trace:?}: {} of {rounds} rounds", round + 1);
    }
    eprintln!();
    for worker in workers {
        worker.end()?;
    }
    let received: usize = sink.end()?.context("the receiver says how many spans came")?.parse()?;
    let sent = 512 * CHUNKS as usize * (rounds + 1) * 3;
    let expected = if trace == Trace::Sampled { sent } else { 0 };
    ensure!(
        received == expected,
        "{received} of {expected} spans arrived: the figures are worth nothing"
    );
    Ok(Figures { trace, rounds: measured })
}

/// A child and its two pipes.
struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().context("a pipe in")?;
        let output = BufReader::new(child.stdout.take().context("a pipe out")?).lines();
        Ok(Self { child, input, output })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        Ok(self.output.next().context("the child ended")??)
    }

    fn measure(&mut self) -> anyhow::Result<Cost> {
        self.input.write_all(b"\n")?;
        self.input.flush()?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    /// Closes the input, waits for the end, and returns the last line.
    fn end(self) -> anyhow::Result<Option<String>> {
        let Self { mut child, input, output } = self;
        drop(input);
        let last = output.last().transpose()?;
        ensure!(child.wait()?.success(), "a child failed");
        Ok(last)
    }
}

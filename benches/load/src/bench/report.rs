//! Writes the figures down.

use std::fmt::Write;
use std::path::Path;

use bellwether_load::page;

use super::case::Case;
use super::host;
use super::idle::Figure;
use super::peer::{Peer, Programs};
use super::run::Measured;
use super::statistics::{Spread, spread};
use bellwether_load::rules;

/// What was measured in one case.
pub(crate) struct Figures {
    case: Case,
    peers: Vec<(Peer, Vec<Measured>)>,
}

impl Figures {
    pub(crate) fn new(case: Case, peers: &[Peer]) -> Self {
        Self { case, peers: peers.iter().map(|it| (*it, Vec::new())).collect() }
    }

    /// Adds a measurement of the peer at this place; each peer's rounds come in order.
    pub(crate) fn add(&mut self, at: usize, one: Measured) {
        if let Some((_, measured)) = self.peers.get_mut(at) {
            measured.push(one);
        }
    }

    fn of(&self, peer: Peer) -> &[Measured] {
        self.peers.iter().find(|(it, _)| *it == peer).map_or(&[], |(_, measured)| measured)
    }

    /// CPU for a span against another peer's, round by round.
    fn ratio(&self, peer: Peer, to: Peer) -> Spread {
        let pairs = self.of(peer).iter().zip(self.of(to));
        spread(pairs.map(|(one, other)| one.cpu / other.cpu))
    }
}

/// Renders the table of one case.
pub(crate) fn table(figures: &Figures) -> String {
    let mut text = format!(
        "### {}\n\n| | CPU s per million spans | against the OpenTelemetry Collector | against counting bytes | peak MiB | p50 ms | p99 ms | spans/s | lost | refused |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        figures.case.name()
    );
    for (peer, measured) in &figures.peers {
        let of = |read: fn(&Measured) -> f64| spread(measured.iter().map(read));
        let cpu = of(|it| it.cpu);
        let _ = writeln!(
            text,
            "| {} | {:.2} ({:.2} to {:.2}) | {} | {} | {:.0} | {:.1} | {:.1} ({:.1} to {:.1}) | {:.0} | {} | {} |",
            peer.name(),
            cpu.median,
            cpu.low,
            cpu.high,
            ratio(figures.ratio(*peer, Peer::Otelcol)),
            ratio(figures.ratio(*peer, Peer::Floor)),
            of(|it| it.peak).median,
            of(|it| it.p50).median,
            of(|it| it.p99).median,
            of(|it| it.p99).low,
            of(|it| it.p99).high,
            of(|it| it.rate).median,
            if peer.forwards() {
                measured.iter().map(|it| it.lost).sum::<i64>().to_string()
            } else {
                "-".to_owned()
            },
            measured.iter().map(|it| it.refused).sum::<u64>(),
        );
    }
    text
}

fn ratio(it: Spread) -> String {
    if it.median > 0.0 {
        format!("{:.3} ({:.3} to {:.3})", it.median, it.low, it.high)
    } else {
        "-".to_owned()
    }
}

/// Renders the section of the page.
pub(crate) fn section(
    figures: &[Figures],
    idle: &[Figure],
    runs: usize,
    seconds: f64,
    programs: &Programs,
    folder: &Path,
) -> String {
    let mut text = format!(
        "Measured on: {}, queues on {}.\n\nVersions: {}.\n\nMedians of {runs} runs of {seconds} s, lowest and highest in brackets; peers take turns within a run and ratios are taken within it.\n\n",
        page::machine(),
        host::file_system(folder),
        host::versions(programs)
    );
    text.push_str(&at_rest(idle));
    for figures in figures {
        if figures.case.has_bars() {
            text.push_str(&bars(figures));
        }
        text.push_str(&table(figures));
        text.push('\n');
    }
    let ours = figures.iter().flat_map(|it| &it.peers).filter(|(it, _)| it.is_ours());
    if let Some(last) = ours.flat_map(|(_, it)| it).next_back() {
        let _ = writeln!(text, "Rules that fired in the last run: {}.", last.fired);
    }
    text
}

fn bars(figures: &Figures) -> String {
    let mut text = "| CPU for a span, against the OpenTelemetry Collector in the same run | measured | bar |\n| --- | --- | --- |\n".to_owned();
    for (peer, _) in &figures.peers {
        if let Some((over, under)) = peer.bar() {
            let measured = figures.ratio(*peer, Peer::Otelcol);
            let bar = f64::from(over) / f64::from(under);
            let _ = writeln!(
                text,
                "| {} | **{}** | {over}/{under} = {bar:.3} |",
                peer.name(),
                ratio(measured)
            );
        }
    }
    text.push('\n');
    text
}

fn at_rest(idle: &[Figure]) -> String {
    let mut text = "| before anything comes | measured | bar |\n| --- | --- | --- |\n".to_owned();
    for Figure { name, unit, measured, bar } in idle {
        let Spread { median, low, high } = measured;
        let _ = writeln!(
            text,
            "| {name} | **{median:.1} {unit}** ({low:.1} to {high:.1}) | {bar:.0} {unit} |"
        );
    }
    text.push('\n');
    text
}

/// Fails when a bar was missed or something was lost.
pub(crate) fn verdicts(figures: &[Figures], idle: &[Figure]) -> anyhow::Result<()> {
    let missed = idle.iter().filter(|it| it.is_missed());
    let mut wrong: Vec<String> = missed
        .map(|it| format!("{}: {:.1} {} is too much", it.name, it.measured.median, it.unit))
        .collect();
    for figures in figures {
        for (peer, measured) in figures.peers.iter().filter(|(it, _)| it.is_ours()) {
            let lost: i64 = measured.iter().map(|it| it.lost).sum();
            if lost != 0 {
                wrong.push(format!("{}: {} lost {lost} spans", figures.case.name(), peer.name()));
            }
            let silent = measured.iter().map(|it| rules::silent(&it.fired));
            if let Some(silent) = silent.max_by_key(Vec::len).filter(|it| !it.is_empty()) {
                let (case, rules) = (figures.case.name(), silent.join(", "));
                wrong.push(format!("{case}: {}: {rules} did not fire", peer.name()));
            }
            let Some((over, under)) = peer.bar().filter(|_| figures.case.has_bars()) else {
                continue;
            };
            let ratio = figures.ratio(*peer, Peer::Otelcol).median;
            if ratio * f64::from(under) > f64::from(over) {
                wrong.push(format!("{}: {ratio:.3} is more than {over}/{under}", peer.name()));
            }
        }
    }
    anyhow::ensure!(wrong.is_empty(), "not as promised:\n{}", wrong.join("\n"));
    Ok(())
}

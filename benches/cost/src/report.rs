//! Writes the figures down, and fails where they are not as promised.

use std::fmt::Write;
use std::time::Duration;

use bellwether_load::page;

use crate::groups::{Case, Cost, State};
use crate::plane::Written;
use crate::{Options, disk, flow};

/// How much more a span may cost with 990 rules that cannot match.
const MOST_RATIO: f64 = 1.05;

/// How much CPU an evaluation of 10,000 groups may take.
const MOST_CPU: Duration = Duration::from_millis(20);

/// How much memory 100,000 groups may take.
const MOST_STATE: usize = 100 << 20;

/// What the groups of one case cost.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) cost: Cost,
    pub(crate) state: State,
}

/// Renders the section of the page.
pub(crate) fn section(
    flow: &flow::Cost,
    rows: &[Row],
    disk: &disk::Cost,
    options: &Options,
) -> String {
    let rounds = options.rounds;
    let mut text = format!(
        "Medians of {rounds} rounds, CPU time of one thread; the rules take turns within a round.\n\n| for a span | ns of CPU | against 10 rules | bar |\n| --- | --- | --- | --- |\n"
    );
    let _ = writeln!(text, "| 10 rules that match | {:.0} | | |", flow.few);
    let _ = writeln!(
        text,
        "| and 990 that cannot | {:.0} | **{:.3}** ({:.3} without evaluations) | {MOST_RATIO:.2} |\n",
        flow.many, flow.ratio, flow.ratio_observing
    );
    text.push_str("| groups of one rule | evaluation of 10,000, ms | the same after a quiet second | adding up 10,000 signals, ms | allocations in all that | 100,000 groups, MiB |\n| --- | --- | --- | --- | --- | --- |\n");
    for Row { case, cost, state } in rows {
        let _ = writeln!(
            text,
            "| {} | **{:.1}** | {:.1} | {:.1} | {} | **{:.0}** |",
            case.name,
            ms(cost.busy),
            ms(cost.quiet),
            ms(cost.absorbing),
            cost.allocations,
            mib(state.kept),
        );
    }
    text.push_str(&written(rows));
    text.push_str(&on_disk(disk, options));
    format!("{text}\nMeasured on: {}.\n", page::machine())
}

/// Renders what it takes to write down for a restart what is known of groups.
fn written(rows: &[Row]) -> String {
    let mut text = "\n| groups of one rule, written down for a restart | with an evaluation of 10,000, KiB | all of 10,000 once a minute: CPU, ms | MiB | all of 100,000: CPU, ms | MiB | memory for that, MiB | commit of that to SQLite, ms | reading it at the start: CPU, ms |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n".to_owned();
    // where alerts change by the thousand, it is they that cost
    for Row { case, cost, state } in rows.iter().filter(|it| it.case.has_bars) {
        let Written { took, bytes, .. } = cost.all;
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.0} | {:.1} | {:.0} | {:.1} | {:.0} | {:.0} | {:.0} |",
            case.name,
            cost.page as f64 / 1_024.0,
            ms(took),
            mib(bytes),
            ms(state.all.took),
            mib(state.all.bytes),
            mib(state.all.memory),
            ms(state.commit),
            ms(state.restart),
        );
    }
    text
}

/// Renders what of that meets a disk.
fn on_disk(cost: &disk::Cost, options: &Options) -> String {
    format!(
        "\nWith `error_ratio` of {} groups, of each of which a span comes every second, SQLite takes {:.1} ms to commit an evaluation (the median) and {:.0} ms to commit all (the longest); it writes {:.0} MiB a minute, and after {} minutes its folder has {:.1} MiB ({:.1} after the first).\n",
        options.evaluated,
        ms(cost.page),
        ms(cost.all),
        mib(cost.written_a_minute),
        options.minutes,
        mib(cost.folder),
        mib(cost.folder_at_first),
    )
}

fn ms(it: Duration) -> f64 {
    it.as_secs_f64() * 1e3
}

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Fails when a bar was missed.
pub(crate) fn verdict(flow: &flow::Cost, rows: &[Row]) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    if flow.ratio > MOST_RATIO {
        wrong.push(format!("990 rules that cannot match cost {:.3}", flow.ratio));
    }
    for Row { case, cost, state } in rows.iter().filter(|it| it.case.has_bars) {
        if cost.busy >= MOST_CPU {
            wrong.push(format!("{}: an evaluation takes {:?}", case.name, cost.busy));
        }
        if state.kept >= MOST_STATE {
            wrong.push(format!("{}: {} MiB are kept", case.name, state.kept >> 20));
        }
    }
    anyhow::ensure!(wrong.is_empty(), "not as promised:\n{}", wrong.join("\n"));
    Ok(())
}

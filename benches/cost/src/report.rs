//! Writes the figures down, and fails where they are not as promised.

use std::fmt::Write;
use std::time::Duration;

use bellwether_load::page;

use crate::flow;
use crate::groups::{Case, Cost};

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
    pub(crate) state: usize,
}

/// Renders the section of the page.
pub(crate) fn section(flow: &flow::Cost, rows: &[Row], rounds: usize) -> String {
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
        let ms = |it: Duration| it.as_secs_f64() * 1e3;
        let _ = writeln!(
            text,
            "| {} | **{:.1}** | {:.1} | {:.1} | {} | **{:.0}** |",
            case.name,
            ms(cost.busy),
            ms(cost.quiet),
            ms(cost.absorbing),
            cost.allocations,
            *state as f64 / f64::from(1 << 20),
        );
    }
    format!("{text}\nMeasured on: {}.\n", page::machine())
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
        if *state >= MOST_STATE {
            wrong.push(format!("{}: {} MiB are kept", case.name, state >> 20));
        }
    }
    anyhow::ensure!(wrong.is_empty(), "not as promised:\n{}", wrong.join("\n"));
    Ok(())
}

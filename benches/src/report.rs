//! Writes the figures down.

use std::fmt::Write;

use bellwether_load::page;

use crate::host;
use crate::runs::{Figures, VARIANTS};
use crate::statistics::{Spread, spread};
use crate::variant::{Trace, Variant};
use crate::worker::Cost;

/// Renders the section of the page.
pub(crate) fn section(figures: &[Figures]) -> String {
    let mut text =
        format!("Measured on: {}.\n\nVersions: {}.\n", page::machine(), host::versions());
    for figures in figures {
        let title = match figures.trace {
            Trace::Sampled => "A sampled trace",
            Trace::Unsampled => "An unsampled trace",
        };
        let _ = write!(
            text,
            "\n### {title}\n\nMedians of {} rounds (quartiles in brackets), for each request.\n\n\
             | variant | thread, ns | process with exports, ns | allocations | bytes |\n\
             | --- | --- | --- | --- | --- |\n",
            figures.rounds.len()
        );
        for (at, variant) in VARIANTS.into_iter().enumerate() {
            let of = |read: fn(&Cost) -> f64| {
                spread(figures.rounds.iter().filter_map(|round| round.get(at).map(read)))
            };
            let (thread, process) = (of(|it| it.thread), of(|it| it.process));
            let (allocations, bytes) = (of(|it| it.allocations), of(|it| it.bytes));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.1} | {:.0} |",
                name(variant),
                nanos(thread),
                nanos(process),
                allocations.median,
                bytes.median
            );
        }
        text.push_str("\n| ratio, paired within a round | thread | process | bar |\n| --- | --- | --- | --- |\n");
        for (label, base, bar) in [("(c)/(b1)", 1, "0.90"), ("(c)/(b2)", 2, "1.05")] {
            let of = |read: fn(&Cost) -> f64| {
                spread(
                    figures
                        .rounds
                        .iter()
                        .filter_map(|round| Some(read(round.get(3)?) / read(round.get(base)?))),
                )
            };
            let (thread, process) = (of(|it| it.thread), of(|it| it.process));
            let _ = writeln!(text, "| {label} | {} | {} | {bar} |", ratio(thread), ratio(process));
        }
    }
    text
}

fn name(variant: Variant) -> &'static str {
    match variant {
        Variant::None => "(a) no tracing",
        Variant::Default => "(b1) tracing + tracing-opentelemetry + batch exporter, defaults",
        Variant::Lean => "(b2) the same, lean",
        Variant::Bellwether => "(c) bellwether: span, tags, metrics, activity",
    }
}

fn nanos(it: Spread) -> String {
    format!("{:.0} ({:.0} to {:.0})", it.median, it.lower, it.upper)
}

fn ratio(it: Spread) -> String {
    format!("**{:.2}** ({:.2} to {:.2})", it.median, it.lower, it.upper)
}

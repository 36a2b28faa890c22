//! Checks pipelines: every name that they mention exists, and fits the signal.

use std::collections::BTreeMap;

use bellwether_core::catalog::Flaw;
use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bellwether_exporters::Exporter;

use super::raw::Pipeline;

/// The checked way of one kind of signal; pipelines of one signal are taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) observed: bool,
    pub(crate) exporters: Vec<Destination>,
}

/// Processors of the OpenTelemetry Collector that are taken, because something else does
/// their work here.
const TAKEN: &[(&str, &str)] = &[
    ("batch", "destinations batch by themselves"),
    ("memory_limiter", "memory is bounded by itself"),
];

pub(super) fn check(
    pipelines: &BTreeMap<String, Pipeline>,
    declared: &[&str],
    exporters: &[Exporter],
) -> Result<BTreeMap<Signal, Lane>, Vec<Flaw>> {
    if pipelines.is_empty() {
        return Ok(Signal::ALL.map(|signal| (signal, everything(exporters))).into());
    }
    let mut lanes: BTreeMap<Signal, Lane> = BTreeMap::new();
    let mut flaws = Vec::new();
    for (name, pipeline) in pipelines {
        let path = format!("service.pipelines.{name}");
        let word = name.split('/').next().unwrap_or_default();
        let Some(signal) = Signal::ALL.into_iter().find(|it| it.as_str() == word) else {
            let help =
                "a pipeline is called traces, metrics or logs, or like traces/second".to_owned();
            flaws.push(Flaw::new(path, format!("there is no signal `{word}`"), help));
            continue;
        };
        let lane = lanes.entry(signal).or_default();
        check_receivers(&mut flaws, &path, pipeline);
        lane.observed |= check_processors(&mut flaws, &path, pipeline);
        check_exporters(&mut flaws, &path, pipeline, declared, exporters, lane);
    }
    if flaws.is_empty() { Ok(lanes) } else { Err(flaws) }
}

fn everything(exporters: &[Exporter]) -> Lane {
    let takers = exporters.iter().filter(|it| it.takes_signals());
    Lane { observed: true, exporters: takers.map(|it| it.destination().clone()).collect() }
}

fn check_receivers(flaws: &mut Vec<Flaw>, path: &str, pipeline: &Pipeline) {
    let path = format!("{path}.receivers");
    if pipeline.receivers.is_empty() {
        flaws.push(Flaw::new(
            path.as_str(),
            "a pipeline without receivers gets nothing",
            "write [otlp]".to_owned(),
        ));
    }
    for (at, name) in pipeline.receivers.iter().enumerate().filter(|(_, it)| *it != "otlp") {
        let message = format!("there is no receiver `{name}`");
        flaws.push(Flaw::new(format!("{path}[{at}]"), message, "there is otlp".to_owned()));
    }
}

/// Says whether health looks at the pipeline.
fn check_processors(flaws: &mut Vec<Flaw>, path: &str, pipeline: &Pipeline) -> bool {
    for (at, name) in pipeline.processors.iter().enumerate() {
        let kind = name.split('/').next().unwrap_or_default();
        if kind != "health" && !TAKEN.iter().any(|(taken, _)| *taken == kind) {
            let taken: Vec<String> =
                TAKEN.iter().map(|(name, why)| format!("{name} ({why})")).collect();
            let help = format!("there is health; also taken, and not needed: {}", taken.join(", "));
            let message = format!("there is no processor `{name}`");
            flaws.push(Flaw::new(format!("{path}.processors[{at}]"), message, help));
        }
    }
    pipeline.processors.iter().any(|it| it == "health")
}

fn check_exporters(
    flaws: &mut Vec<Flaw>,
    path: &str,
    pipeline: &Pipeline,
    declared: &[&str],
    exporters: &[Exporter],
    lane: &mut Lane,
) {
    for (at, name) in pipeline.exporters.iter().enumerate() {
        let path = format!("{path}.exporters[{at}]");
        match exporters.iter().find(|it| it.destination().as_str() == name) {
            // its own mistakes are told where it is declared
            None if declared.contains(&name.as_str()) => {}
            None => {
                let help = if declared.is_empty() {
                    "none is declared: see `exporters`".to_owned()
                } else {
                    format!("declared are: {}", declared.join(", "))
                };
                flaws.push(Flaw::new(path, format!("there is no exporter `{name}`"), help));
            }
            Some(exporter) if !exporter.takes_signals() => {
                let message = format!("`{name}` takes no signals, it follows incidents by itself");
                flaws.push(Flaw::new(path, message, "take it out of the pipeline".to_owned()));
            }
            Some(exporter) if lane.exporters.contains(exporter.destination()) => {}
            Some(exporter) => lane.exporters.push(exporter.destination().clone()),
        }
    }
}

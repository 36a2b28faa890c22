//! Checks pipelines: every name that they mention exists, and fits the signal.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_config::closest;
use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bellwether_exporters::Exporter;

use super::edits::Processor;
use super::hints::kind_of;
use super::receivers::Receiver;
use super::{Loading, processors as kinds, raw};

/// The checked way of one kind of signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipeline {
    /// Such as `traces` or `traces/second`.
    pub(crate) name: String,
    pub(crate) signal: Signal,
    /// The names of the receivers that its requests come from.
    pub(crate) receivers: BTreeSet<String>,
    /// What is done with them, in order.
    pub(crate) processors: Vec<Processor>,
    pub(crate) exporters: Vec<Destination>,
}

impl Pipeline {
    /// Says whether the health processor looks at its requests.
    pub(crate) fn is_observed(&self) -> bool {
        self.processors.contains(&Processor::Health)
    }
}

impl Loading<'_> {
    /// Checks the pipelines; without any, everything goes everywhere.
    pub(super) fn pipelines(
        &mut self,
        raw: &BTreeMap<String, raw::Pipeline>,
        receivers: &BTreeMap<String, Receiver>,
        processors: &BTreeMap<String, Processor>,
        exporters: &[Exporter],
    ) -> Vec<Pipeline> {
        if raw.is_empty() {
            let everything = |signal| everything(signal, receivers, exporters);
            return Signal::ALL.map(everything).into();
        }
        let mut pipelines = Vec::new();
        for (name, pipeline) in raw {
            let path = format!("service.pipelines.{name}");
            let Some(signal) = Signal::ALL.into_iter().find(|it| it.as_str() == kind_of(name))
            else {
                let message = format!("there is no signal `{}`", kind_of(name));
                let help = "a pipeline is called traces, metrics or logs, or like traces/second";
                self.flaw(&path, message, help);
                continue;
            };
            self.check_receivers(&path, pipeline, receivers);
            pipelines.push(Pipeline {
                name: name.clone(),
                signal,
                receivers: pipeline.receivers.iter().cloned().collect(),
                processors: self.check_processors(&path, pipeline, processors),
                exporters: self.check_exporters(&path, pipeline, exporters),
            });
        }
        self.note_what_is_idle(&pipelines, receivers, exporters);
        pipelines
    }

    fn check_receivers(
        &mut self,
        path: &str,
        pipeline: &raw::Pipeline,
        receivers: &BTreeMap<String, Receiver>,
    ) {
        let path = format!("{path}.receivers");
        let declared = self.names("receivers", receivers.keys());
        if pipeline.receivers.is_empty() {
            let help = format!("write [{}]", declared.join(", "));
            self.flaw(&path, "a pipeline without receivers gets nothing", help);
        }
        for (at, name) in pipeline.receivers.iter().enumerate() {
            if !declared.contains(name) {
                self.undeclared(&format!("{path}[{at}]"), "receiver", name, &declared);
            }
        }
    }

    fn check_processors(
        &mut self,
        path: &str,
        pipeline: &raw::Pipeline,
        processors: &BTreeMap<String, Processor>,
    ) -> Vec<Processor> {
        let declared = self.names("processors", processors.keys());
        let mut found = Vec::new();
        for (at, name) in pipeline.processors.iter().enumerate() {
            let path = format!("{path}.processors[{at}]");
            match kinds::taken(kind_of(name)) {
                Some(why) if !declared.contains(name) => {
                    self.note(&path, format!("`{name}` has no effect here: {why}"));
                }
                None if !declared.contains(name) => {
                    self.undeclared(&path, "processor", name, &declared);
                }
                // its own mistakes are told where it is declared
                _ => found.extend(processors.get(name).cloned()),
            }
        }
        found
    }

    fn check_exporters(
        &mut self,
        path: &str,
        pipeline: &raw::Pipeline,
        exporters: &[Exporter],
    ) -> Vec<Destination> {
        let declared = self.names("exporters", [].into_iter());
        let mut found = Vec::new();
        for (at, name) in pipeline.exporters.iter().enumerate() {
            let path = format!("{path}.exporters[{at}]");
            match exporters.iter().find(|it| it.destination().as_str() == name) {
                // its own mistakes are told where it is declared
                None if declared.contains(name) => {}
                None => self.undeclared(&path, "exporter", name, &declared),
                Some(exporter) if !exporter.takes_signals() => {
                    let message =
                        format!("`{name}` takes no signals, it follows incidents by itself");
                    self.flaw(&path, message, "take it out of the pipeline");
                }
                Some(exporter) if found.contains(exporter.destination()) => {}
                Some(exporter) => found.push(exporter.destination().clone()),
            }
        }
        found
    }

    /// Notes what is configured and does nothing.
    fn note_what_is_idle(
        &mut self,
        pipelines: &[Pipeline],
        receivers: &BTreeMap<String, Receiver>,
        exporters: &[Exporter],
    ) {
        for name in
            receivers.keys().filter(|it| !pipelines.iter().any(|p| p.receivers.contains(*it)))
        {
            let message = format!("no pipeline takes from `{name}`: it is not started");
            self.note(&format!("receivers.{name}"), message);
        }
        for exporter in exporters.iter().filter(|it| it.takes_signals()) {
            let name = exporter.destination();
            let is_used = pipelines.iter().any(|it| it.exporters.contains(name));
            if !is_used {
                let also =
                    if exporter.notice_policy().is_some() { "; incidents still do" } else { "" };
                let message = format!("no pipeline leads to `{name}`: no signals go there{also}");
                self.note(&format!("exporters.{name}"), message);
            }
        }
        if !pipelines.iter().any(|it| it.is_observed()) {
            let message =
                "no pipeline has the `health` processor: nothing is judged by what it carries";
            self.note("service.pipelines", message.to_owned());
        }
    }

    /// Returns the names that are declared in a part of the file, whether right or not, or else
    /// those that hold without being declared.
    fn names<'n>(&self, part: &str, standard: impl Iterator<Item = &'n String>) -> Vec<String> {
        let mut names: Vec<String> =
            self.declared(part).into_iter().map(|(name, _)| name.to_owned()).collect();
        for name in standard {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Tells of a name that is not declared, unless one that is nearly the same was declared with
    /// a kind that is not known: that is one mistake, and told already.
    fn undeclared(&mut self, path: &str, what: &str, name: &str, declared: &[String]) {
        let near = closest(name, declared.iter().map(String::as_str));
        if near.is_some_and(|near| self.unknown.contains(near)) {
            return;
        }
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if declared.is_empty() => format!("none is declared: see `{what}s`"),
            None => format!("declared are: {}", declared.join(", ")),
        };
        self.flaw(path, format!("there is no {what} `{name}`"), help);
    }
}

fn everything(
    signal: Signal,
    receivers: &BTreeMap<String, Receiver>,
    exporters: &[Exporter],
) -> Pipeline {
    let takers = exporters.iter().filter(|it| it.takes_signals());
    Pipeline {
        name: signal.as_str().to_owned(),
        signal,
        receivers: receivers.keys().cloned().collect(),
        processors: vec![Processor::Health],
        exporters: takers.map(|it| it.destination().clone()).collect(),
    }
}

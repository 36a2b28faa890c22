//! The configuration: read whole, checked whole, all mistakes at once.
//!
//! What belongs to a kind of receiver, exporter or rule is checked by that kind; this module only
//! puts the parts together.

mod alerting;
mod edits;
mod exporters;
mod extensions;
mod files;
mod health;
mod hints;
mod kinds;
mod outline;
mod pipelines;
mod probes;
mod processors;
mod raw;
mod receivers;
mod references;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::RandomState;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bellwether_alerts::Policy;
use bellwether_config::{Document, Place, Problems, Section};
use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_exporters::Exporter;
use bellwether_health::rules::Rule;
use bellwether_probes::Probes;

use crate::app::heartbeat::Beat;
pub(crate) use edits::{Actions, Processor};
pub use files::Files;
pub(crate) use outline::{Changes, Delta, Outline};
pub(crate) use pipelines::Pipeline;
pub(crate) use probes::PROBES;
use raw::Raw;
pub(crate) use receivers::{OWN, Otlp, Own, Receiver};
pub use schema::{Subject, schema_of};

/// How long a stop may take, unless set: less than the 10 s after which Docker kills.
const SHUTDOWN: Duration = Duration::from_secs(9);

/// The checked configuration.
pub struct Config {
    /// Those that a pipeline takes from, by name.
    pub(crate) receivers: BTreeMap<String, Receiver>,
    /// What is asked from outside.
    pub(crate) probes: Probes,
    /// Whether the journeys of the catalog are walked from here.
    pub(crate) walk_journeys: bool,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) exporters: Vec<Exporter>,
    /// Who is told of incidents.
    pub(crate) policy: Arc<Policy>,
    pub(crate) dashboard: bellwether_api::Config,
    pub(crate) storage: bellwether_history::Place,
    pub(crate) heartbeat: Option<Beat>,
    /// How the collector tells of itself, if a pipeline wants that.
    pub(crate) own: Option<Own>,
    pub(crate) evaluate_every: Duration,
    /// Whether what passes the health processor is told whose it is.
    pub(crate) enrich: bool,
    /// How long a stop may take.
    pub(crate) shutdown: Duration,
    pub(crate) catalog: Catalog,
    pub(crate) rules: Vec<Rule>,
    pub(crate) outline: Outline,
    notes: Vec<Note>,
}

impl Config {
    /// Returns the destinations.
    pub fn exporters(&self) -> &[Exporter] {
        &self.exporters
    }

    /// Says in a line what is configured.
    pub fn summary(&self) -> String {
        let names: Vec<&str> = self.exporters.iter().map(|it| it.destination().as_str()).collect();
        format!(
            "no mistakes: {} components, {} opportunities, {} rules, exporters: {}",
            self.catalog.components().count(),
            self.catalog.opportunities().len(),
            self.rules.len(),
            if names.is_empty() { "none".to_owned() } else { names.join(", ") },
        )
    }

    /// Returns what is no mistake and may surprise all the same.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Something in a configuration that is no mistake and may surprise all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it is written.
    pub place: Place,
    /// What it is.
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Reads and checks a configuration file with all files that it names; without a file, the
/// defaults hold.
///
/// # Errors
/// Returns every mistake with file, line and column.
pub fn load(file: Option<&Path>) -> Result<Config, Problems> {
    Source::new(file.map(Path::to_owned)).load().config
}

/// Where a configuration is read from, again and again.
#[derive(Clone, Debug)]
pub struct Source {
    file: Option<PathBuf>,
    digests: RandomState,
}

/// What was read.
pub struct Loaded {
    /// The configuration, or every mistake with file, line and column.
    pub config: Result<Config, Problems>,
    /// The files that it was read from.
    pub files: Files,
}

impl Source {
    /// Names a file; without one, the defaults hold.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file, digests: RandomState::new() }
    }

    /// Returns the file.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads and checks the file with all files that it names.
    pub fn load(&self) -> Loaded {
        let files = Files::new(self.digests.clone());
        Loaded { config: self.read(&files), files }
    }

    fn read(&self, files: &Files) -> Result<Config, Problems> {
        let file = self.file.as_deref();
        let folder = file.and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let document = match file {
            Some(file) => files.document(file, &folder)?,
            None => Document::parse("defaults", "", &files.lookup(&folder))?,
        };
        Loading::new(&document, &folder, files).load()
    }
}

/// Parses a file of another kind, such as tests of rules, with the same substitutions.
///
/// # Errors
/// Returns why it cannot be read, or is no YAML.
pub(crate) fn document(file: &Path) -> Result<Document, Problems> {
    Files::default().document(file, file.parent().unwrap_or(Path::new("")))
}

/// A configuration while it is read: goes on after a mistake, so that all are found.
struct Loading<'a> {
    document: &'a Document,
    folder: &'a Path,
    files: &'a Files,
    outline: Outline,
    probes: Probes,
    problems: Problems,
    /// Names that were declared with a kind that is not known.
    unknown: BTreeSet<String>,
    notes: Vec<Note>,
}

impl<'a> Loading<'a> {
    fn new(document: &'a Document, folder: &'a Path, files: &'a Files) -> Self {
        Self {
            document,
            folder,
            files,
            outline: Outline::default(),
            probes: Probes::default(),
            problems: Problems::default(),
            unknown: BTreeSet::new(),
            notes: Vec::new(),
        }
    }

    fn load(mut self) -> Result<Config, Problems> {
        let raw = self.raw();
        let extensions = self.extensions();
        let mut receivers = self.receivers(&extensions.authenticators, &raw.service.pipelines);
        let exporters = self.exporters();
        let flaws = self.problems.len();
        let (health, processors) = self.processors();
        let (catalog, rules) = self.health(&health);
        if self.problems.len() == flaws {
            self.check_references(&exporters, &catalog, &rules);
        }
        self.check_probes(&catalog);
        let policy = self.alerting(&exporters, &catalog);
        let evaluate_every = self.evaluate_every(&health);
        let pipelines = self.pipelines(&raw.service.pipelines, &receivers, &processors, &exporters);
        let dashboard = extensions.dashboard;
        self.check_listeners(&receivers, &dashboard, raw.service.allow_unauthenticated);
        self.check_extensions(&raw.service.extensions);
        if raw.service.telemetry.is_some() {
            let message = "`telemetry` has no effect: what the collector says of itself goes through \
                           pipelines that take from `self`";
            self.note("service.telemetry", message.to_owned());
        }
        let heartbeat = self.heartbeat(extensions.heartbeat.as_ref());
        let storage = self.storage(&extensions.storage);
        receivers.retain(|name, _| pipelines.iter().any(|it| it.receivers.contains(name)));
        self.notes.sort_by(|one, other| one.place.cmp(&other.place));
        self.outline.receivers.retain(|name, _| {
            name.rsplit_once('/').is_some_and(|(receiver, _)| receivers.contains_key(receiver))
        });
        let enrich = health.enrich.unwrap_or(true);
        let walk_journeys = health.journeys.unwrap_or(true);
        let own = match receivers.get(OWN) {
            Some(Receiver::Own(own)) => Some(own.clone()),
            _ => None,
        };
        let outline = Outline {
            pipelines: pipelines.clone(),
            enrich,
            walk_journeys,
            evaluate_every,
            dashboard: dashboard.clone(),
            heartbeat: extensions.heartbeat,
            own: own.clone(),
            storage: storage.clone(),
            ..self.outline
        };
        self.problems.or(Config {
            receivers,
            probes: self.probes,
            walk_journeys,
            pipelines,
            exporters,
            policy,
            dashboard,
            storage,
            heartbeat,
            own,
            evaluate_every,
            enrich,
            shutdown: raw.service.shutdown_timeout.map_or(SHUTDOWN, Duration::from),
            catalog,
            rules,
            outline,
            notes: self.notes,
        })
    }

    /// Reads the whole, and where that has mistakes the parts that have none, so that what
    /// they say is checked too.
    fn raw(&mut self) -> Raw {
        self.problems
            .take(self.document.read())
            .unwrap_or_else(|| Raw { service: self.part("service"), ..Raw::default() })
    }

    fn part<T: Default + serde::de::DeserializeOwned + schemars::JsonSchema>(
        &self,
        path: &str,
    ) -> T {
        // its mistakes were found when the whole was read
        self.document.section(path).and_then(|it| it.read().ok()).unwrap_or_default()
    }

    /// Returns what is declared in a part of the file, by name.
    fn declared(&self, part: &str) -> Vec<(&'a str, Section<'a>)> {
        self.document.section(part).map(|it| it.entries()).unwrap_or_default()
    }

    fn unknown_kind(&mut self, group: &hints::Group, part: &str, name: &str, known: &[&str]) {
        let unknown = hints::unknown(group, name, known);
        self.problems.push(unknown.at(self.document, &format!("{part}.{name}")));
        self.unknown.insert(name.to_owned());
    }

    /// Tells of a second one of a kind of which there is one.
    fn only_one(&mut self, part: &str, name: &str, kind: &str) {
        let what = part.trim_end_matches('s');
        let message = format!("there is one {kind} {what}, and its name is `{kind}`");
        let help = format!("write its settings under `{kind}`");
        self.flaw(&format!("{part}.{name}"), message, help);
    }

    fn flaw(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.document.problem(path, message, Some(help.into())));
    }

    fn note(&mut self, path: &str, message: String) {
        self.notes.push(Note { place: self.document.place_of(path), message });
    }
}

/// Gives flaws their places in the document that they were found in.
fn place(document: &Document, flaws: Vec<Flaw>) -> Vec<bellwether_config::Problem> {
    flaws.into_iter().map(|flaw| document.problem(&flaw.path, flaw.message, flaw.help)).collect()
}

#[cfg(test)]
mod tests;

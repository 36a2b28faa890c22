//! The configuration: read whole, checked whole, all mistakes at once.
//!
//! What belongs to a kind of exporter or rule is checked by that kind; this module only puts
//! the parts together.

mod files;
mod pipelines;
mod raw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bellwether_config::{Document, Problems};
use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::{Destination, RuleId};
use bellwether_core::ingest::Signal;
use bellwether_exporters::Exporter;
use bellwether_health::rules::{self, Rule};

pub(crate) use pipelines::Lane;
use raw::{Raw, RuleFile};

/// The checked configuration.
pub struct Config {
    pub(crate) grpc: Option<bellwether_receivers::grpc::Config>,
    pub(crate) http: Option<bellwether_receivers::http::Config>,
    pub(crate) dashboard: bellwether_api::Config,
    pub(crate) storage: PathBuf,
    pub(crate) evaluate_every: Duration,
    pub(crate) catalog: Catalog,
    pub(crate) rules: Vec<Rule>,
    pub(crate) exporters: Vec<Exporter>,
    pub(crate) lanes: BTreeMap<Signal, Lane>,
}

impl Config {
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
}

/// Reads and checks a configuration file with all files that it names; without a file, the
/// defaults hold.
///
/// # Errors
/// Returns every mistake with file, line and column.
pub fn load(file: Option<&Path>) -> Result<Config, Problems> {
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let document = match file {
        Some(file) => files::read(file, &folder)?,
        None => Document::parse("defaults", "", &files::lookup(&folder))?,
    };
    Loading { document: &document, folder: &folder, problems: Problems::default() }.load()
}

/// A configuration while it is read: goes on after a mistake, so that all are found.
struct Loading<'a> {
    document: &'a Document,
    folder: &'a Path,
    problems: Problems,
}

impl Loading<'_> {
    fn load(mut self) -> Result<Config, Problems> {
        let mut raw = self.raw();
        let otlp = &mut raw.receivers.otlp;
        otlp.protocols = std::mem::take(&mut otlp.protocols).or_both();
        let exporters = self.exporters();
        let catalog = raw.processors.health.catalog.as_deref().map(|file| self.catalog(file));
        let rules = match catalog {
            // rules can only be held against a catalog that is right
            Some(None) => Vec::new(),
            Some(Some(ref catalog)) => self.rules(&raw.processors.health.rules, catalog),
            None => self.rules(&raw.processors.health.rules, &Catalog::default()),
        };
        let catalog = catalog.flatten().unwrap_or_default();
        let declared = self.document.section("exporters").map(|it| it.entries());
        let declared: Vec<&str> = declared.iter().flatten().map(|(name, _)| *name).collect();
        let pipelines = pipelines::check(&raw.service.pipelines, &declared, &exporters);
        let lanes = self.flawless(pipelines).unwrap_or_default();
        self.check_listeners(&raw);
        let every = raw.processors.health.evaluate_every.map(Duration::from);
        if every == Some(Duration::ZERO) {
            let help = Some("write 1s, or leave it out".to_owned());
            let path = "processors.health.evaluate_every";
            self.problems.push(self.document.problem(path, "nothing is evaluated every 0s", help));
        }
        self.problems.or(Config {
            grpc: raw.receivers.otlp.protocols.grpc,
            http: raw.receivers.otlp.protocols.http,
            dashboard: raw.extensions.dashboard,
            storage: raw.extensions.storage.path.unwrap_or("bellwether-data".to_owned()).into(),
            evaluate_every: every.unwrap_or(Duration::from_secs(1)),
            rules: rules::with_defaults(rules, &catalog),
            catalog,
            exporters,
            lanes,
        })
    }

    /// Reads the whole, and where that has mistakes the parts that have none, so that what
    /// they say is checked too.
    fn raw(&mut self) -> Raw {
        self.problems.take(self.document.read()).unwrap_or_else(|| Raw {
            receivers: self.part("receivers"),
            processors: raw::Processors { health: self.part("processors.health") },
            exporters: BTreeMap::new(),
            extensions: self.part("extensions"),
            service: self.part("service"),
        })
    }

    fn part<T: Default + serde::de::DeserializeOwned + schemars::JsonSchema>(
        &self,
        path: &str,
    ) -> T {
        // its mistakes were found when the whole was read
        self.document.section(path).and_then(|it| it.read().ok()).unwrap_or_default()
    }

    fn flawless<T>(&mut self, checked: Result<T, Vec<Flaw>>) -> Option<T> {
        checked.map_err(|flaws| self.problems.extend(place(self.document, flaws))).ok()
    }

    /// Reads each exporter by its kind, the part of the name before the slash.
    fn exporters(&mut self) -> Vec<Exporter> {
        let document = self.document;
        let sections = document.section("exporters").map(|it| it.entries()).unwrap_or_default();
        let mut built = Vec::new();
        for (name, section) in sections {
            let path = format!("exporters.{name}");
            let kind = name.split('/').next().unwrap_or_default();
            let Some(known) = bellwether_exporters::kinds().iter().find(|it| it.name == kind)
            else {
                let names = bellwether_exporters::kinds().iter().map(|it| it.name);
                self.unknown_kind(document, &path, "exporter", kind, names);
                continue;
            };
            let checked = section.read_against(known.root_schema());
            let Some(settings) = self.problems.take(checked) else { continue };
            match bellwether_exporters::build(&Destination::new(name), settings) {
                Ok(exporter) => built.push(exporter),
                Err(error) => self.problems.extend(error.problems().into_iter().map(|it| {
                    let path = format!("{path}.{}", it.path);
                    document.refusal(path.trim_end_matches('.'), it.message)
                })),
            }
        }
        built
    }

    fn catalog(&mut self, file: &str) -> Option<Catalog> {
        let document = self.open("processors.health.catalog", file)?;
        let raw = self.problems.take(document.read())?;
        let checked = Catalog::check(raw);
        checked.map_err(|flaws| self.problems.extend(place(&document, flaws))).ok()
    }

    fn rules(&mut self, files: &[String], catalog: &Catalog) -> Vec<Rule> {
        let mut built: Vec<Rule> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let at = format!("processors.health.rules[{at}]");
            let Some(document) = self.open(&at, file) else { continue };
            let Some(rules) = self.problems.take(document.read::<RuleFile>()) else { continue };
            for (id, rule) in rules.rules {
                match self.rule(&document, &id, &rule, catalog) {
                    Some(rule) if built.iter().any(|it| it.id == rule.id) => {
                        let path = format!("rules.{id}");
                        let message = format!("another file has a rule `{id}` already");
                        self.problems.push(document.problem(&path, message, None));
                    }
                    rule => built.extend(rule),
                }
            }
        }
        built
    }

    fn rule(
        &mut self,
        document: &Document,
        id: &str,
        rule: &serde_json::Value,
        catalog: &Catalog,
    ) -> Option<Rule> {
        let path = format!("rules.{id}");
        let Some(kind) = rule.get("kind").and_then(|it| it.as_str()) else {
            let names: Vec<&str> = rules::KINDS.iter().map(|it| it.name).collect();
            let help = Some(format!("write `kind:` and one of {}", names.join(", ")));
            self.problems.push(document.problem(&path, "a rule needs a kind", help));
            return None;
        };
        let Some(known) = rules::Kind::find(kind) else {
            let names = rules::KINDS.iter().map(|it| it.name);
            self.unknown_kind(document, &format!("{path}.kind"), "rule", kind, names);
            return None;
        };
        let section = document.section(&path)?;
        let settings = self.problems.take(section.read_against((known.schema)()))?;
        let built = known.build(RuleId::new(id), settings, catalog);
        built.map_err(|flaw| self.problems.extend(place(document, vec![flaw]))).ok()
    }

    fn unknown_kind<'k>(
        &mut self,
        document: &Document,
        path: &str,
        what: &str,
        kind: &str,
        known: impl Iterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.collect();
        let near = known.iter().find(|it| strsim::jaro_winkler(it, kind) > 0.8);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        let message = format!("there is no kind of {what} `{kind}`");
        self.problems.push(document.problem(path, message, Some(help)));
    }

    /// Opens a file that the configuration names.
    fn open(&mut self, path: &str, file: &str) -> Option<Document> {
        match files::text(&self.folder.join(file)) {
            Ok(text) => {
                let name = self.folder.join(file).display().to_string();
                let parsed = Document::parse(&name, &text, &files::lookup(self.folder));
                self.problems.take(parsed)
            }
            Err(why) => {
                let help = Some("paths are relative to the file that names them".to_owned());
                self.problems.push(self.document.problem(path, why, help));
                None
            }
        }
    }

    /// Nobody has to prove who they are yet, so only this machine may come in unless it is said
    /// aloud.
    fn check_listeners(&mut self, raw: &Raw) {
        if raw.service.allow_unauthenticated {
            return;
        }
        let otlp = &raw.receivers.otlp.protocols;
        let listeners = [
            ("receivers.otlp.protocols.grpc.endpoint", otlp.grpc.as_ref().map(|it| &it.endpoint)),
            ("receivers.otlp.protocols.http.endpoint", otlp.http.as_ref().map(|it| &it.endpoint)),
            ("extensions.dashboard.endpoint", Some(&raw.extensions.dashboard.endpoint)),
        ];
        for (path, endpoint) in listeners {
            let Some(endpoint) = endpoint else { continue };
            if !endpoint.is_loopback() {
                let message =
                    format!("`{endpoint}` is open to other machines, without authentication");
                let help = "listen on 127.0.0.1, or say that it is meant: `service: { allow_unauthenticated: true }`";
                self.problems.push(self.document.problem(path, message, Some(help.to_owned())));
            }
        }
    }
}

/// Gives flaws their places in the document that they were found in.
fn place(document: &Document, flaws: Vec<Flaw>) -> Vec<bellwether_config::Problem> {
    flaws.into_iter().map(|flaw| document.problem(&flaw.path, flaw.message, flaw.help)).collect()
}

#[cfg(test)]
mod tests;

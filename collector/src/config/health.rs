//! The catalog and the rules: files that the health processor names.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_config::Document;
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::RuleId;
use bellwether_health::rules::{self, Rule};
use schemars::JsonSchema;
use serde::Deserialize;

use super::processors::Health;
use super::{Loading, hints, place};

/// A file with rules.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RuleFile {
    /// Rules by id; each is read by its kind.
    rules: BTreeMap<String, serde_json::Value>,
}

const RULES: &hints::Group = &hints::Group::of("rule");

impl Loading<'_> {
    /// Reads the catalog and the rules, with those that hold without being written.
    pub(super) fn health(&mut self, health: &Health) -> (Catalog, Vec<Rule>) {
        let catalog = match health.catalog.as_deref() {
            Some(file) => self.catalog(file),
            None => Some(Catalog::default()),
        };
        let rules = self.rules(&health.rules, catalog.as_ref());
        let catalog = catalog.unwrap_or_default();
        let rules = rules::with_defaults(rules, &catalog);
        (catalog, rules)
    }

    pub(super) fn evaluate_every(&mut self, health: &Health) -> Duration {
        let every = health.evaluate_every.map_or(Duration::from_secs(1), Duration::from);
        if every == Duration::ZERO {
            let help = Some("write 1s, or leave it out".to_owned());
            let path = "processors.health.evaluate_every";
            self.problems.push(self.document.problem(path, "nothing is evaluated every 0s", help));
        }
        every
    }

    fn catalog(&mut self, file: &str) -> Option<Catalog> {
        let document = self.open("processors.health.catalog", file)?;
        let raw = self.problems.take(document.read())?;
        let checked = Catalog::check(raw);
        checked.map_err(|flaws| self.problems.extend(place(&document, flaws))).ok()
    }

    fn rules(&mut self, files: &[String], catalog: Option<&Catalog>) -> Vec<Rule> {
        let mut built: Vec<Rule> = Vec::new();
        let mut documents: Vec<(Document, BTreeSet<RuleId>)> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let at = format!("processors.health.rules[{at}]");
            let Some(document) = self.open(&at, file) else { continue };
            let Some(rules) = self.problems.take(document.read::<RuleFile>()) else { continue };
            let before = built.len();
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
            documents.push((document, built.iter().skip(before).map(|it| it.id.clone()).collect()));
        }
        for (id, flaw) in catalog.map(|it| rules::circles(&built, it)).unwrap_or_default() {
            if let Some((document, _)) = documents.iter().find(|it| it.1.contains(&id)) {
                self.problems.extend(place(document, vec![flaw]));
            }
        }
        built
    }

    /// Reads a rule. Where the catalog is wrong its kind and its settings are still read, so that
    /// their mistakes are told at once too; it is held against nothing.
    fn rule(
        &mut self,
        document: &Document,
        id: &str,
        rule: &serde_json::Value,
        catalog: Option<&Catalog>,
    ) -> Option<Rule> {
        let path = format!("rules.{id}");
        let known: Vec<&str> = rules::KINDS.iter().map(|it| it.name).collect();
        let Some(kind) = rule.get("kind").and_then(|it| it.as_str()) else {
            let help = Some(format!("write `kind:` and one of {}", known.join(", ")));
            self.problems.push(document.problem(&path, "a rule needs a kind", help));
            return None;
        };
        let Some(found) = rules::Kind::find(kind) else {
            let problem = hints::unknown(RULES, kind, &known);
            self.problems.push(problem.at(document, &format!("{path}.kind")));
            return None;
        };
        let section = document.section(&path)?;
        let settings = self.problems.take(section.read_against((found.schema)()))?;
        let built = found.build(RuleId::new(id), settings, catalog?);
        built.map_err(|flaw| self.problems.extend(place(document, vec![flaw]))).ok()
    }

    /// Opens a file of the health plane that the configuration names.
    fn open(&mut self, path: &str, file: &str) -> Option<Document> {
        let place = self.folder.join(file);
        match self.files.text(&place) {
            Ok(text) => {
                let name = place.display().to_string();
                let parsed = Document::parse(&name, &text, &self.files.lookup(self.folder));
                let document = self.problems.take(parsed)?;
                let print = self.files.print(&document.whole().value());
                // files are opened in the same order, so that the same files come to the same
                self.outline.health = self.outline.health.rotate_left(7) ^ print;
                Some(document)
            }
            Err(why) => {
                let help = Some("paths are relative to the file that names them".to_owned());
                self.problems.push(self.document.problem(path, why, help));
                None
            }
        }
    }
}

//! A parsed file and its parts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::Path;
use crate::check::{Checked, Form, check};
use crate::excerpt::{Marks, Pieces, excerpt};
use crate::lookup::Lookup;
use crate::parse::parse;
use crate::problem::{Finding, Problem, Problems};
use crate::read::build;
use crate::refusal::Refusal;
use crate::schema::{schema, with_twins};
use crate::source::{Place, Source, Span};
use crate::tree::{Body, Node};

/// A YAML file whose values know their places.
#[derive(Debug)]
pub struct Document {
    source: Source,
    root: Node,
    /// Where the keys are, those that were not taken too.
    keys: Vec<Span>,
    lookup: Lookup,
    /// Mistakes found while parsing; they are reported by the first read that covers them.
    findings: Vec<Finding>,
    /// What the reads so far allow to be shown.
    marks: Mutex<Marks>,
}

impl Document {
    /// Parses a file and replaces its substitutions.
    ///
    /// `name` is how problems call the file. An empty text is an empty map.
    ///
    /// # Errors
    /// Returns the mistake when the text is not YAML. Mistakes that can be read past, such as
    /// a variable that is not set, are reported by [`Document::read`] along with all others.
    pub fn parse(name: &str, text: &str, lookup: &Lookup) -> Result<Self, Problems> {
        let source = Source::new(name, text);
        match parse(text, lookup) {
            Ok(parsed) => Ok(Self {
                source,
                root: parsed.root,
                keys: parsed.keys,
                lookup: lookup.clone(),
                findings: parsed.findings,
                marks: Mutex::default(),
            }),
            Err(broken) => {
                let pieces = Pieces::of_keys(broken.keys);
                Err(problem(&source, &pieces, broken.finding).into())
            }
        }
    }

    /// Reads the whole document as a type; see [`Section::read`].
    ///
    /// # Errors
    /// Returns every mistake.
    pub fn read<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, Problems> {
        self.whole().read()
    }

    /// Returns the part at a path such as `exporters.datadog/eu`, if the document has it.
    pub fn section(&self, path: &str) -> Option<Section<'_>> {
        self.section_at(&Path::parse(path))
    }

    /// Returns the part at a path, if the document has it.
    pub fn section_at(&self, path: &Path) -> Option<Section<'_>> {
        let (node, at) = self.root.find(path)?;
        Some(Section { document: self, node, at, path: path.clone() })
    }

    /// Returns the document as a section.
    pub fn whole(&self) -> Section<'_> {
        Section { document: self, node: &self.root, at: self.root.start(), path: Path::root() }
    }

    /// Returns the place of what a path leads to: of the value if it is a single one, else of
    /// its key; of the nearest key above when the document does not have it.
    pub fn place_of(&self, path: &str) -> Place {
        self.source.place(self.root.point(&Path::parse(path)).start)
    }

    /// Makes a problem of what a later check found wrong at a path.
    pub fn problem(&self, path: &str, message: impl Into<String>, help: Option<String>) -> Problem {
        self.refuse(&Refusal::exactly(Path::parse(path), message.into()), help)
    }

    /// Makes a problem of what a type refused somewhere at or below a path: at the one key or
    /// value that the message quotes (`` `30x` is not a duration ``), if there is one.
    pub fn refusal(&self, path: &str, message: impl Into<String>) -> Problem {
        self.refuse(&Refusal::new(&self.root, &Path::parse(path), message.into()), None)
    }

    fn refuse(&self, refusal: &Refusal, help: Option<String>) -> Problem {
        let found = refusal.finding(&self.root, &Path::root(), &self.marks());
        problem(&self.source, &self.pieces(), Finding { help, ..found })
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pieces(&self) -> Pieces {
        Pieces::of(&self.root, &self.keys, &self.marks())
    }

    fn allow(&self, marks: Marks) {
        let mut all = self.marks();
        all.shown.extend(marks.shown);
        all.secret.extend(marks.secret);
    }
}

/// A part of a document.
#[derive(Clone, Debug)]
pub struct Section<'d> {
    document: &'d Document,
    node: &'d Node,
    at: Span,
    path: Path,
}

impl<'d> Section<'d> {
    /// Reads the part as a type: holds it against the schema, then builds it.
    ///
    /// # Errors
    /// Returns every mistake: unknown and missing keys, wrong types, unknown words, failed
    /// substitutions, and what the type itself refuses.
    pub fn read<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, Problems> {
        let root = schema::<T>();
        let (value, mut checked) = self.check(&root, Form::Type);
        let built = build::<T>(value, self.node, &self.path, &root, &mut checked);
        match (built, self.problems(checked)) {
            (Some(built), problems) if problems.is_empty() => Ok(built),
            (_, problems) => Err(problems),
        }
    }

    /// Holds the part against the schema of a type that only its owner can build, and returns
    /// the value to build it from: substituted, typed, with secrets read from their files.
    /// It holds secrets in clear text. Texts are held against the schema's patterns.
    ///
    /// # Errors
    /// Returns every mistake but what the type itself refuses; hand that to
    /// [`Document::refusal`].
    pub fn read_against(&self, schema: schemars::Schema) -> Result<serde_json::Value, Problems> {
        let (value, checked) = self.check(&with_twins(schema.to_value()), Form::Schema);
        self.problems(checked).or(value)
    }

    fn check(&self, root: &serde_json::Value, form: Form) -> (serde_json::Value, Checked) {
        check(self.node, &self.at, &self.path, root, &self.document.lookup, form)
    }

    /// Makes problems of what was found, and of what parsing found in this part.
    fn problems(&self, checked: Checked) -> Problems {
        let document = self.document;
        document.allow(checked.marks);
        let early = document.findings.iter().filter(|found| self.path.contains(&found.path));
        let mut findings = early.cloned().chain(checked.findings).peekable();
        if findings.peek().is_none() {
            return Problems::default();
        }
        let pieces = document.pieces();
        findings.map(|found| problem(&document.source, &pieces, found)).collect()
    }

    /// Returns the part as YAML itself understands it: substituted, without defaults and without
    /// secrets from files. What it holds of secrets is in clear text.
    pub fn value(&self) -> serde_json::Value {
        crate::check::untyped(self.node)
    }

    /// Returns the path of the part from the top of the document.
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the place of the part's key.
    pub fn place(&self) -> Place {
        self.document.source.place(self.at.start)
    }

    /// Returns the keys of the part and what is below each, in the order of the file.
    pub fn entries(&self) -> Vec<(&'d str, Self)> {
        let Body::Map(entries) = &self.node.body else { return Vec::new() };
        let below = entries.iter().map(|entry| {
            let path = self.path.key(&entry.key);
            let at = entry.key_span.clone();
            let section = Self { document: self.document, node: &entry.value, at, path };
            (entry.key.as_str(), section)
        });
        below.collect()
    }
}

fn problem(source: &Source, pieces: &Pieces, found: Finding) -> Problem {
    Problem {
        place: source.place(found.span.start),
        excerpt: excerpt(source, pieces, &found.span),
        path: found.path,
        message: found.message,
        help: found.help,
    }
}

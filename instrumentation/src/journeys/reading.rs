//! Whether a journey can be walked as it is written: pure, and all mistakes at once.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::Journey;
use super::json_path::JsonPath;
use super::step::{Body, Step};
use super::template::{Template, is_name};

/// Says why a journey cannot be walked; comes from [`Journey::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidJourney {
    id: String,
    problems: Vec<String>,
}

impl InvalidJourney {
    /// Lists everything that is wrong, each with its place and without what may be secret.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

impl fmt::Display for InvalidJourney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the journey `{}` cannot be walked: {}", self.id, self.problems.join("; "))
    }
}

impl std::error::Error for InvalidJourney {}

/// Reads everything that the steps have written, and says what is wrong with it.
pub(super) fn verify(journey: &Journey) -> Result<(), InvalidJourney> {
    let mut reader = Reader {
        names: journey.credentials.iter().map(|(name, _)| name.as_str()).collect(),
        place: String::new(),
        problems: journey.unresolved.clone(),
    };
    for (name, _) in &journey.credentials {
        reader.place = format!("the credential {name}");
        reader.name(name);
    }
    if journey.steps.is_empty() {
        reader.problems.push("it has no steps".to_owned());
    }
    for (step, number) in journey.steps.iter().zip(1..) {
        reader.place = format!("step {number}, {}", step.name);
        reader.step(step);
    }
    match reader.problems {
        problems if problems.is_empty() => Ok(()),
        problems => Err(InvalidJourney { id: journey.id.clone(), problems }),
    }
}

struct Reader<'j> {
    /// What may stand between braces by now.
    names: BTreeSet<&'j str>,
    place: String,
    problems: Vec<String>,
}

impl<'j> Reader<'j> {
    fn problem(&mut self, what: impl fmt::Display) {
        self.problems.push(format!("{}: {what}", self.place));
    }

    fn step(&mut self, step: &'j Step) {
        let begins = |start: &&str| step.url.starts_with(*start);
        if !["http://", "https://", "/", "{{"].iter().any(begins) {
            self.problem("the URL begins with none of http://, https://, / and {{");
        }
        self.template("the URL", &step.url);
        for (name, value) in &step.headers {
            self.template(&format!("the header {name}"), value);
        }
        match &step.body {
            Body::Empty => {}
            Body::Json(document) => self.document(document),
            Body::Form(fields) => {
                for (name, value) in fields {
                    self.template(&format!("the field {name}"), value);
                }
            }
            Body::Text(text) => self.template("the body", text),
        }
        if !step.statuses.iter().all(|status| (100..600).contains(status)) {
            self.problem("a status is a number from 100 to 599");
        }
        let ways = step.wanted_json.iter().map(|(way, _)| way);
        for way in ways.chain(step.extract.iter().map(|(_, way)| way)) {
            if JsonPath::parse(way).is_none() {
                self.problem(format_args!(
                    "`{way}` leads nowhere: write `$` and then `.key`, `['any key']` or `[0]`"
                ));
            }
        }
        step.extract.iter().for_each(|(name, _)| self.name(name));
        self.names.extend(step.extract.iter().map(|(name, _)| name.as_str()));
    }

    fn name(&mut self, name: &str) {
        if !is_name(name) {
            self.problem("what steps use by name has a name of letters, digits and `_`");
        }
    }

    fn document(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.template("the JSON", text),
            Value::Array(items) => items.iter().for_each(|it| self.document(it)),
            Value::Object(entries) => entries.values().for_each(|it| self.document(it)),
            _ => {}
        }
    }

    fn template(&mut self, what: &str, text: &str) {
        match Template::parse(text) {
            Err(problem) => self.problem(format_args!("{what}: {problem}")),
            Ok(template) => {
                for name in template.names().filter(|name| !self.names.contains(name)) {
                    // Borrowed from the text, and so not secret: it is a name between braces.
                    let message = format!(
                        "{what}: nothing is called `{name}` here; give it as a credential, or extract it in an earlier \
                         step"
                    );
                    self.problems.push(format!("{}: {message}", self.place));
                }
            }
        }
    }
}

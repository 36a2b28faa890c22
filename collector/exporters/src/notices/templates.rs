//! The words of messages: the usual ones in one place, and a destination's own.

use std::sync::LazyLock;

use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};
use schemars::JsonSchema;
use serde::Deserialize;

use super::story::Story;
use crate::settings::Problem;

/// A template that does more than this goes round in circles.
const FUEL: u64 = 100_000;

/// The usual words, by name.
const USUAL: [(&str, &str); 3] = [
    ("headline", include_str!("templates/headline.jinja")),
    ("text", include_str!("templates/text.jinja")),
    ("html", include_str!("templates/html.jinja")),
];

/// Templates in the place of the usual words, in the language of Jinja.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "message_templates")]
pub struct TemplateSettings {
    /// What happened, in one line: the subject of a mail, the head of a message.
    pub headline: Option<String>,
    /// What happened, since when, what is at risk and for whom, and what is being done.
    pub text: Option<String>,
    /// The same for mail programs that show HTML; for e-mail only. What is filled in is escaped.
    pub html: Option<String>,
}

/// The words of a destination.
#[derive(Debug)]
pub(crate) struct Templates(Environment<'static>);

static USUALLY: LazyLock<Templates> = LazyLock::new(|| Templates(usual()));

/// Says to our own people, in the usual words, what, since when, what is at risk and for whom; what
/// must not be cut comes first.
pub(crate) fn message(change: Change, incident: &Incident) -> String {
    USUALLY.text(&Story::new(change, incident, ""))
}

impl Templates {
    /// Compiles templates, tries each on an incident that opens and one that is over, and complains
    /// about those that are wrong.
    pub(crate) fn new(settings: &TemplateSettings, problems: &mut Vec<Problem>) -> Self {
        let mut environment = usual();
        let own =
            [("headline", &settings.headline), ("text", &settings.text), ("html", &settings.html)];
        for (name, source) in own {
            let Some(source) = source else { continue };
            let wrong = |error: Error| Problem::new(format!("templates.{name}"), told(&error));
            match environment.add_template_owned(name, source.clone()) {
                Ok(()) => problems.extend(tried(&environment, name).map(wrong)),
                Err(error) => problems.push(wrong(error)),
            }
        }
        Self(environment)
    }

    /// Says that a destination has no HTML.
    pub(crate) fn without_html(settings: &TemplateSettings, problems: &mut Vec<Problem>) {
        if settings.html.is_some() {
            problems.push(Problem::new("templates.html", "is for e-mail only: leave it out"));
        }
    }

    /// Says what happened in one line.
    pub(crate) fn headline(&self, story: &Story) -> String {
        self.render("headline", story)
    }

    /// Says what happened.
    pub(crate) fn text(&self, story: &Story) -> String {
        self.render("text", story)
    }

    /// Says what happened, in HTML.
    pub(crate) fn html(&self, story: &Story) -> String {
        self.render("html", story)
    }

    /// Fills a template in. One that fails on what it was not tried on gives way to the usual one,
    /// so that people are told all the same.
    fn render(&self, name: &str, story: &Story) -> String {
        let usually = |error: Error| {
            tracing::warn!(
                template = name,
                error = told(&error),
                "template fails, the usual words are said"
            );
            fill(&USUALLY.0, name, story).unwrap_or_default()
        };
        fill(&self.0, name, story).unwrap_or_else(usually)
    }
}

/// Returns what templates are compiled in: they may not run without end and read nothing.
pub(crate) fn jinja() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    // a line that only decides leaves no empty one behind
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment
}

fn usual() -> Environment<'static> {
    let mut environment = jinja();
    for (name, source) in USUAL {
        // a test fills in each of them
        let _ = environment.add_template(name, source);
    }
    environment
}

fn fill(environment: &Environment<'_>, name: &str, story: &Story) -> Result<String, Error> {
    let filled = environment.get_template(name)?.render(Value::from(Serde(story)))?;
    Ok(filled.trim().to_owned())
}

/// Fills a template in for an incident that opens and for one that is over.
fn tried(environment: &Environment<'_>, name: &str) -> Option<Error> {
    [Change::Opened, Change::Resolved]
        .into_iter()
        .find_map(|change| fill(environment, name, &super::sample::story(change)).err())
}

fn told(error: &Error) -> String {
    format!("{}; what can be filled in is in docs/exporters.md", mistake(error))
}

/// Says what is wrong with a template, and in which of its lines.
pub(crate) fn mistake(error: &Error) -> String {
    let line = error.line().map(|line| format!("line {line} of the template: "));
    let detail = error.detail().map(|it| format!(": {it}")).unwrap_or_default();
    format!("{}{}{detail}", line.unwrap_or_default(), error.kind())
}

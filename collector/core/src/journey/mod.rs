//! Customer journeys: the ordered requests by which one customer gets what they pay for.
//!
//! Shapes and their check only; whoever walks them makes the requests.

mod check;
mod json_path;
mod raw;
mod template;

pub(crate) use check::check;
pub use json_path::{JsonPath, JsonPathError};
pub use raw::{Expect, RawJourney, RawRequest, RawStep, StatusCodes};
pub use template::{Template, TemplateError};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ids::{ComponentId, CustomerId, JourneyId};
use crate::settings::Secret;

/// A checked journey: every name that a step uses is there by then.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Its id.
    pub id: JourneyId,
    /// What people call it.
    pub name: String,
    /// Whose it is, if it is one customer's.
    pub customer: Option<CustomerId>,
    /// The components that it walks through, and that fail when it does.
    pub components: BTreeSet<ComponentId>,
    /// The one to which it leads.
    pub leads_to: Option<ComponentId>,
    /// How often it is walked.
    pub every: Duration,
    /// How long one step may take.
    pub timeout: Duration,
    /// What the steps may use, by name.
    pub credentials: BTreeMap<String, Secret>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step of a journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What people call it.
    pub name: String,
    /// What is asked.
    pub request: Request,
    /// What has to come back.
    pub expect: Expect,
    /// What later steps use of the JSON that came back, by name.
    pub extract: BTreeMap<String, JsonPath>,
}

/// A request with places where values come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method in capital letters.
    pub method: String,
    /// The whole address.
    pub url: Template,
    /// Headers by name.
    pub headers: BTreeMap<String, Template>,
    /// What is sent along.
    pub body: Body,
}

/// What a request sends along.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Empty,
    /// A JSON document, `application/json`.
    Json(Json),
    /// Fields of a form, `application/x-www-form-urlencoded`.
    Form(BTreeMap<String, Template>),
    /// A text as it is; its type is for the headers to say.
    Text(Template),
}

/// A JSON document in whose texts values come in.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// A text.
    Text(Template),
    /// A list.
    List(Vec<Json>),
    /// Keys with values.
    Object(BTreeMap<String, Json>),
    /// Anything else, as it is.
    Plain(serde_json::Value),
}

impl Json {
    /// Returns the document as it is written, `{{name}}` in its texts included. It may be secret.
    pub fn document(&self) -> serde_json::Value {
        match self {
            Self::Text(template) => template.text().into(),
            Self::List(items) => items.iter().map(Self::document).collect(),
            Self::Object(entries) => {
                entries.iter().map(|(key, it)| (key.clone(), it.document())).collect()
            }
            Self::Plain(plain) => plain.clone(),
        }
    }

    /// Puts values in; nothing when one has none. What comes out may be secret.
    pub fn render<'v>(
        &self,
        value: &impl Fn(&str) -> Option<&'v str>,
    ) -> Option<serde_json::Value> {
        Some(match self {
            Self::Text(template) => template.render(value)?.into(),
            Self::List(items) => {
                items.iter().map(|it| it.render(value)).collect::<Option<Vec<_>>>()?.into()
            }
            Self::Object(entries) => {
                let rendered =
                    entries.iter().map(|(key, it)| Some((key.clone(), it.render(value)?)));
                rendered.collect::<Option<serde_json::Map<_, _>>>()?.into()
            }
            Self::Plain(plain) => plain.clone(),
        })
    }
}

#[cfg(test)]
mod tests;

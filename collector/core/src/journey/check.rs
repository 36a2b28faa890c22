use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Body, Journey, Json, RawJourney, RawRequest, RawStep, Request, Step, Template};
use crate::catalog::Flaw;
use crate::ids::JourneyId;
use crate::settings::Secret;

/// Checks a journey on its own; whether its customer and components exist is the catalog's to
/// say. Without flaws what is returned is whole.
pub(crate) fn check(id: JourneyId, raw: RawJourney) -> (Journey, Vec<Flaw>) {
    let path = format!("journeys.{id}");
    let mut flaws = Vec::new();
    if raw.every.get() == Duration::ZERO {
        let help = "write 60s, or leave it out".to_owned();
        flaws.push(Flaw::new(format!("{path}.every"), "nothing is walked every 0s", help));
    }
    if raw.timeout.get() == Duration::ZERO {
        let help = "write 10s, or leave it out".to_owned();
        flaws.push(Flaw::new(format!("{path}.timeout"), "no step is done in 0s", help));
    }
    for (key, empty, message) in [
        ("steps", raw.steps.is_empty(), "a journey without steps leads nowhere"),
        ("components", raw.components.is_empty(), "a journey through no component tells nothing"),
    ] {
        if empty {
            flaws.push(Flaw::new(format!("{path}.{key}"), message, "name at least one".to_owned()));
        }
    }
    let mut names: BTreeSet<String> = raw.credentials.keys().cloned().collect();
    let mut steps = Vec::with_capacity(raw.steps.len());
    for (at, step) in raw.steps.into_iter().enumerate() {
        let mut reader = Reader { path: format!("{path}.steps[{at}]"), names: &names, flaws };
        let checked = reader.step(step);
        flaws = reader.flaws;
        names.extend(checked.extract.keys().cloned());
        steps.push(checked);
    }
    let journey = Journey {
        name: raw.name.unwrap_or_else(|| id.to_string()),
        id,
        customer: raw.customer,
        leads_to: raw.components.last().cloned(),
        components: raw.components.into_iter().collect(),
        every: raw.every.get(),
        timeout: raw.timeout.get(),
        credentials: raw.credentials,
        steps,
    };
    (journey, flaws)
}

/// Reads one step, given the names that there are by then.
struct Reader<'a> {
    path: String,
    names: &'a BTreeSet<String>,
    flaws: Vec<Flaw>,
}

impl Reader<'_> {
    fn step(&mut self, raw: RawStep) -> Step {
        if let Some(codes) = &raw.expect.status
            && !codes.codes().iter().all(|code| (100..600).contains(code))
        {
            let help = "write numbers from 100 to 599".to_owned();
            self.flaw("expect.status", "this is no status code of HTTP", help);
        }
        Step {
            name: raw.name,
            request: self.request(raw.request),
            expect: raw.expect,
            extract: raw.extract,
        }
    }

    fn request(&mut self, raw: RawRequest) -> Request {
        let method = raw.method.to_ascii_uppercase();
        if method.is_empty() || !method.chars().all(|c| c.is_ascii_alphabetic()) {
            let help = "write GET, POST or another method".to_owned();
            self.flaw("request.method", "this is no method of HTTP", help);
        }
        if !["http://", "https://", "{{"].iter().any(|it| raw.url.trim().starts_with(it)) {
            let help = "write it whole, such as `https://api.example/login`".to_owned();
            self.flaw("request.url", "this is no address of HTTP", help);
        }
        let bodies = [raw.json.is_some(), raw.form.is_some(), raw.body.is_some()];
        if bodies.iter().filter(|it| **it).count() > 1 {
            let message = "`json`, `form` and `body` cannot stand together";
            self.flaw("request", message, "keep one of them".to_owned());
        }
        Request {
            method,
            url: self.template("request.url", raw.url.trim()),
            headers: self.templates("request.headers", raw.headers),
            body: match (raw.json, raw.form, raw.body) {
                (Some(json), _, _) => Body::Json(self.json("request.json", json)),
                (_, Some(form), _) => Body::Form(self.templates("request.form", form)),
                (_, _, Some(text)) => Body::Text(self.template("request.body", &text)),
                _ => Body::Empty,
            },
        }
    }

    fn templates(
        &mut self,
        at: &str,
        texts: BTreeMap<String, Secret>,
    ) -> BTreeMap<String, Template> {
        let read = |(name, text): (String, Secret)| {
            let template = self.template(&format!("{at}.{name}"), text.expose());
            (name, template)
        };
        texts.into_iter().map(read).collect()
    }

    fn json(&mut self, at: &str, value: serde_json::Value) -> Json {
        match value {
            serde_json::Value::String(text) => Json::Text(self.template(at, &text)),
            serde_json::Value::Array(items) => Json::List(
                (0..).zip(items).map(|(n, it)| self.json(&format!("{at}[{n}]"), it)).collect(),
            ),
            serde_json::Value::Object(entries) => {
                let read = |(key, it)| {
                    let value = self.json(&format!("{at}.{key}"), it);
                    (key, value)
                };
                Json::Object(entries.into_iter().map(read).collect())
            }
            plain => Json::Plain(plain),
        }
    }

    fn template(&mut self, at: &str, text: &str) -> Template {
        match Template::parse(text) {
            Ok(template) => {
                let unknown: Vec<String> = template
                    .names()
                    .filter(|it| !self.names.contains(*it))
                    .map(str::to_owned)
                    .collect();
                for name in unknown {
                    let help = if self.names.is_empty() {
                        "declare it under `credentials`, or `extract` it in an earlier step"
                            .to_owned()
                    } else {
                        let known: Vec<&str> = self.names.iter().map(String::as_str).collect();
                        format!("there are {}", known.join(", "))
                    };
                    self.flaw(at, format!("nothing is called `{name}` here"), help);
                }
                template
            }
            Err(error) => {
                let help = "a value comes in as `{{name}}`".to_owned();
                self.flaw(at, error.to_string(), help);
                Template::default()
            }
        }
    }

    fn flaw(&mut self, at: &str, message: impl Into<String>, help: String) {
        self.flaws.push(Flaw::new(format!("{}.{at}", self.path), message, help));
    }
}

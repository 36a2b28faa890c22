//! The journeys of a catalog file, written as the collector reads them too.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::step::Body;
use super::{Journey, Step};
use crate::Secret;

/// Returns what a text refers to (`${env:NAME}`, `${file:path}`), or says what is not there.
pub(crate) type Resolve<'r> = &'r dyn Fn(&str) -> Result<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawJourney {
    name: Option<String>,
    customer: Option<String>,
    #[serde(default)]
    components: Vec<String>,
    #[serde(default, deserialize_with = "duration")]
    every: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    timeout: Option<Duration>,
    #[serde(default)]
    credentials: BTreeMap<String, String>,
    steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    name: String,
    request: RawRequest,
    #[serde(default)]
    expect: RawExpect,
    #[serde(default)]
    extract: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest {
    method: Option<String>,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    form: Option<BTreeMap<String, String>>,
    body: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawExpect {
    status: Option<OneOrMore<u16>>,
    headers: BTreeMap<String, OneOrMore<Value>>,
    body: Option<String>,
    json: BTreeMap<String, OneOrMore<Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> OneOrMore<T> {
    fn all(self) -> Vec<T> {
        match self {
            Self::More(all) => all,
            Self::One(one) => vec![one],
        }
    }
}

impl RawJourney {
    /// Makes the journey; what its texts refer to and is not there fails it when it is walked, not the reading of the
    /// file: a service may walk none of the journeys that it lists.
    pub(crate) fn journey(self, id: &str, resolve: Resolve<'_>) -> Journey {
        let mut texts = Texts { resolve, place: String::new(), unresolved: Vec::new() };
        let mut journey = Journey::new(id);
        (journey.name, journey.customer) = (self.name, self.customer);
        journey.components = self.components;
        journey.every = self.every.unwrap_or(journey.every);
        journey.timeout = self.timeout.unwrap_or(journey.timeout);
        for (name, text) in self.credentials {
            texts.place = format!("the credential {name}");
            journey.credentials.push((name, Secret::new(texts.read(text))));
        }
        for (raw, number) in self.steps.into_iter().zip(1..) {
            texts.place = format!("step {number}, {}", raw.name);
            journey.steps.push(raw.step(&mut texts));
        }
        journey.unresolved = texts.unresolved;
        journey
    }
}

impl RawStep {
    fn step(self, texts: &mut Texts<'_>) -> Step {
        let request = self.request;
        let method = request.method.as_deref().unwrap_or("GET");
        let mut step = Step::new(self.name, method, texts.read(request.url));
        step.headers = texts.pairs(request.headers);
        let mut bodies = Vec::new();
        bodies.extend(request.json.map(|it| Body::Json(texts.document(it))));
        bodies.extend(request.form.map(|it| Body::Form(texts.pairs(it))));
        bodies.extend(request.body.map(|it| Body::Text(texts.read(it))));
        if bodies.len() > 1 {
            texts.problem("json, form and body cannot stand together");
        }
        step.body = bodies.into_iter().next().unwrap_or(Body::Empty);
        let values = |it: BTreeMap<String, OneOrMore<Value>>| -> Vec<(String, Vec<Value>)> {
            it.into_iter().map(|(key, values)| (key, values.all())).collect()
        };
        step.statuses = self.expect.status.map(OneOrMore::all).unwrap_or_default();
        step.wanted_headers = values(self.expect.headers);
        step.wanted_text = self.expect.body.into_iter().collect();
        step.wanted_json = values(self.expect.json);
        step.extract = self.extract.into_iter().collect();
        step
    }
}

/// Resolves texts, and keeps what could not be.
struct Texts<'r> {
    resolve: Resolve<'r>,
    place: String,
    unresolved: Vec<String>,
}

impl Texts<'_> {
    fn problem(&mut self, what: &str) {
        self.unresolved.push(format!("{}: {what}", self.place));
    }

    fn read(&mut self, text: String) -> String {
        (self.resolve)(&text).unwrap_or_else(|problem| {
            self.problem(&problem);
            text
        })
    }

    fn pairs(&mut self, texts: BTreeMap<String, String>) -> Vec<(String, String)> {
        texts.into_iter().map(|(name, text)| (name, self.read(text))).collect()
    }

    fn document(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.read(text)),
            Value::Array(items) => items.into_iter().map(|it| self.document(it)).collect(),
            Value::Object(entries) => {
                entries.into_iter().map(|(key, it)| (key, self.document(it))).collect()
            }
            plain => plain,
        }
    }
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    let duration = parse(&text).filter(|it| !it.is_zero());
    duration.map(Some).ok_or_else(|| {
        let problem = format!("`{text}` is no duration: write `500ms`, `30s`, `1h30m` or `1d`");
        serde::de::Error::custom(problem)
    })
}

/// Reads a length of time as people write it; `None` when it is none.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit = match unit {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            "d" => Duration::from_secs(86_400),
            _ => return None,
        };
        total = total.checked_add(unit.checked_mul(number.parse().ok()?)?)?;
        rest = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in
            [("60s", 60_000), ("500ms", 500), ("1h30m", 5_400_000), (" 1d ", 86_400_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["60", "s", "1.5s", "-1s", "1y", "1 s", "99999999999999s9999999999d"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

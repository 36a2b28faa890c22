//! Walks a journey: one step after the other, until one does not get what it expects.

use std::fmt;

use serde_json::Value;

use super::jar::Jar;
use super::json_path::JsonPath;
use super::span::{self, StepSpan};
use super::step::{Body, shown};
use super::template::{Template, Values, encode};
use super::{Journey, Step, wanted};
use crate::checks::net::http::{Answer, Request, Url, advice};
use crate::checks::{CheckResult, NotPassed};

const CONTENT_TYPE: &str = "content-type";

/// Walks the whole journey; the error names the step, and no value that came in.
pub(super) async fn walk(journey: &Journey) -> CheckResult {
    span::describe(journey);
    journey.verify().map_err(|invalid| {
        NotPassed::from(invalid)
            .advice("correct the journey as it says; Journey::verify finds the same in a test")
            .error_type("invalid_journey")
    })?;
    let credentials = journey.credentials.iter();
    let mut walk = Walk {
        journey,
        values: credentials.map(|(name, it)| (name.clone(), it.expose().to_owned())).collect(),
        jar: Jar::default(),
    };
    let all = journey.steps.len();
    for (step, number) in journey.steps.iter().zip(1..) {
        let span = StepSpan::begin(journey, step);
        let asked = tokio::time::timeout(journey.timeout, walk.step(step, &span)).await;
        let result = asked.unwrap_or_else(|_elapsed| Err(walk.timed_out(step)));
        span.end(result.as_ref().err());
        result.map_err(|problem| NotPassed {
            message: format!("step {number} of {all}, {}: {}", step.name, problem.message),
            ..problem
        })?;
    }
    Ok(())
}

struct Walk<'j> {
    journey: &'j Journey,
    values: Values,
    jar: Jar,
}

impl Walk<'_> {
    async fn step(&mut self, step: &Step, span: &StepSpan) -> CheckResult {
        let (url, mut request) = self.request(step)?;
        self.jar.send(&url, &mut request);
        span.carry_on(&url, &mut request);
        let answer = self.ask(&request).await?;
        span.answered(answer.status.as_u16());
        self.jar.keep(&url, &answer, opentelemetry::time::now());
        let document = serde_json::from_slice(&answer.body).ok();
        judge(step, &answer, document.as_ref())?;
        for (name, way) in &step.extract {
            let value = extract(way, &answer, document.as_ref())?;
            self.values.insert(name.clone(), value);
        }
        Ok(())
    }

    #[cfg(feature = "axum")]
    async fn ask(&self, request: &Request) -> Result<Answer, NotPassed> {
        match &self.journey.router {
            Some(router) => request.answered_by(router).await,
            None => request.send().await,
        }
    }

    #[cfg(not(feature = "axum"))]
    async fn ask(&self, request: &Request) -> Result<Answer, NotPassed> {
        request.send().await
    }

    /// Writes the request of a step, with the values in it.
    fn request(&self, step: &Step) -> Result<(Url, Request), NotPassed> {
        let render = |text: &str| Template::parse(text).map(|it| it.render(&self.values));
        let mistake = |problem: &str| NotPassed::failed(problem).error_type("invalid_journey");
        let url = Template::parse(&step.url).map_err(mistake)?.render_url(&self.values);
        // A router of this process has no host; any will do.
        let url = if url.starts_with('/') { format!("http://localhost{url}") } else { url };
        let parsed = Url::parse(&url)?;
        let mut request = Request::get(url);
        request.method(&step.method);
        request.shown = Some(shown(&step.url));
        request.trust_pem.clone_from(&self.journey.trust_pem);
        request.redirects = step.redirects;
        for (name, value) in &step.headers {
            request.header(name, &render(value).map_err(mistake)?);
        }
        let has_type = step.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE));
        let (body, content_type) = match &step.body {
            Body::Empty => (String::new(), None),
            Body::Text(text) => (render(text).map_err(mistake)?, None),
            Body::Json(document) => {
                let mut document = document.clone();
                put_in(&mut document, &|text| render(text).map_err(mistake))?;
                (document.to_string(), Some("application/json"))
            }
            Body::Form(fields) => {
                let mut pairs = Vec::with_capacity(fields.len());
                for (name, value) in fields {
                    let value = render(value).map_err(mistake)?;
                    pairs.push(format!("{}={}", encode(name), encode(&value)));
                }
                (pairs.join("&"), Some("application/x-www-form-urlencoded"))
            }
        };
        request.body = body.into();
        if let Some(content_type) = content_type.filter(|_| !has_type) {
            request.header(CONTENT_TYPE, content_type);
        }
        Ok((parsed, request))
    }

    fn timed_out(&self, step: &Step) -> NotPassed {
        let (method, url, ms) = (&step.method, shown(&step.url), self.journey.timeout.as_millis());
        NotPassed::failed(format!("{method} {url}: no answer within the {ms} ms that a step has"))
            .advice("see whether the server is overloaded, or whether packets to it are dropped")
            .error_type("timeout")
    }
}

/// Puts values into every text of a JSON document.
fn put_in(
    value: &mut Value,
    render: &impl Fn(&str) -> Result<String, NotPassed>,
) -> Result<(), NotPassed> {
    match value {
        Value::String(text) => *text = render(text)?,
        Value::Array(items) => items.iter_mut().try_for_each(|it| put_in(it, render))?,
        Value::Object(entries) => entries.values_mut().try_for_each(|it| put_in(it, render))?,
        _ => {}
    }
    Ok(())
}

/// Holds an answer against what a step expects. What was found is not told: it may be a token.
fn judge(step: &Step, answer: &Answer, document: Option<&Value>) -> CheckResult {
    let status = answer.status;
    let as_expected = match step.statuses.as_slice() {
        [] => status.is_success(),
        statuses => statuses.contains(&status.as_u16()),
    };
    if !as_expected {
        let expected: Vec<String> = step.statuses.iter().map(u16::to_string).collect();
        let expected = if expected.is_empty() { "2xx".to_owned() } else { expected.join(" or ") };
        let still = match step.redirects {
            1.. if status.is_redirection() => {
                format!(", after {} redirects that were followed", step.redirects)
            }
            _ => String::new(),
        };
        return Err(answer
            .wrong(format_args!("answered {status} instead of {expected}{still}"))
            .advice(advice(status.as_u16()))
            .error_type(status.as_u16().to_string()));
    }
    for (name, values) in &step.wanted_headers {
        if !answer.header(name).is_some_and(|found| wanted::takes_text(values, found)) {
            let expected = wanted::shown(values);
            return unexpected(
                answer,
                "header",
                format_args!("the header {name} is not {expected}"),
            );
        }
    }
    let body = String::from_utf8_lossy(&answer.body);
    if let Some(text) = step.wanted_text.iter().find(|text| !body.contains(text.as_str())) {
        return unexpected(answer, "body", format_args!("the answer does not contain `{text}`"));
    }
    for (way, values) in &step.wanted_json {
        let Some(document) = document else { return unexpected(answer, "body", NO_JSON) };
        let found = JsonPath::parse(way).and_then(|it| it.find(document));
        if !found.is_some_and(|found| wanted::takes(values, found)) {
            let expected = wanted::shown(values);
            return unexpected(answer, "body", format_args!("`{way}` is not {expected}"));
        }
    }
    Ok(())
}

const NO_JSON: &str = "the answer is not JSON";

fn unexpected(answer: &Answer, part: &str, what: impl fmt::Display) -> CheckResult {
    Err(answer
        .wrong(what)
        .advice("see whether this is the server that was meant, and what it did")
        .error_type(format!("unexpected_{part}")))
}

/// Takes a value out of an answer for later steps.
fn extract(way: &str, answer: &Answer, document: Option<&Value>) -> Result<String, NotPassed> {
    let nothing = |what: String| {
        answer
            .wrong(what)
            .advice("correct the path, or see what the server answers")
            .error_type("nothing_to_extract")
    };
    let document = document.ok_or_else(|| nothing(NO_JSON.to_owned()))?;
    match JsonPath::parse(way).and_then(|it| it.find(document)) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
        Some(_) => Err(nothing(format!("`{way}` is no text, number or truth value"))),
        None => Err(nothing(format!("there is nothing at `{way}`"))),
    }
}
